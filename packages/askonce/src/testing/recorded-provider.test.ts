import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { closedPort } from './loopback.ts';
import { answerOf, cutsEvery, type RecordedProvider, startRecordedProvider } from './recorded-provider.ts';

let provider: RecordedProvider | undefined;
afterEach(() => provider?.close());

const post = (url: string, body = '{}') => fetch(url, { method: 'POST', body });
const text = 'data: {"grüße": "🌍"}\n\ndata: [DONE]\n\n';

/** Everything the server writes to one request, as the pieces in which the socket brought it. */
async function piecesFrom(url: string): Promise<string[]> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const pieces: string[] = [];
  socket.on('data', (piece) => pieces.push(piece.toString('latin1')));
  socket.write('POST /v1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  await once(socket, 'close');
  return pieces;
}

test.each(['identity', 'gzip', 'br', 'deflate', 'zstd'] as const)(
  'with encoding %s, a client decodes the exact bytes in both framings',
  async (encoding) => {
    for (const framing of ['chunked', 'length'] as const) {
      provider = await startRecordedProvider({
        answer: () => ({ body: Buffer.from(text), encoding, framing, cuts: [1, 5, 9] }),
      });
      const response = await post(provider.url);
      expect(await response.text()).toBe(text);
      expect(response.headers.get('content-encoding')).toBe(encoding === 'identity' ? null : encoding);
      expect(response.headers.has('content-length')).toBe(framing === 'length');
      await provider.close();
    }
  },
);

test('each piece between two cuts is a separate chunk on the wire', async () => {
  const body = Buffer.from('abcdefgh');
  provider = await startRecordedProvider({ answer: () => ({ body, cuts: [5, 2, 2, 0, 99] }) });
  const wire = (await piecesFrom(provider.url)).join('');
  expect(wire.slice(wire.indexOf('\r\n\r\n') + 4)).toBe('2\r\nab\r\n3\r\ncde\r\n3\r\nfgh\r\n0\r\n\r\n');
});

test('a piece is on the wire before the next one is released', async () => {
  const gate = Promise.withResolvers<void>();
  provider = await startRecordedProvider({
    answer: () => ({
      body: Buffer.from('firstsecond'),
      cuts: [5],
      pauseBeforePiece: (index) => (index === 1 ? gate.promise : undefined),
    }),
  });
  const response = await post(provider.url);
  const reader = response.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toBe('first');
  gate.resolve();
  expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toBe('second');
});

test('the head waits for the pause to end', async () => {
  const gate = Promise.withResolvers<void>();
  provider = await startRecordedProvider({
    answer: ({ path }) => ({
      body: Buffer.from(path),
      ...(path === '/late' && { pauseBefore: gate.promise }),
    }),
  });
  const order: string[] = [];
  const late = post(`${provider.url}/late`).then(() => order.push('late'));
  await expect.poll(() => provider?.calls).toBe(1);
  order.push(await (await post(`${provider.url}/soon`)).text());
  gate.resolve();
  await late;
  expect(order).toEqual(['/soon', 'late']);
});

test('requests are counted, and the last thousand are recorded', async () => {
  provider = await startRecordedProvider({ answer: () => ({ body: Buffer.from('{}') }) });
  for (let round = 0; round < 11; round++) {
    const url = `${provider.url}/v1/x?round=${round}`;
    await Promise.all(
      Array.from({ length: 100 }, async () => (await post(url, `{"round":${round}}`)).text()),
    );
  }
  expect(provider.calls).toBe(1_100);
  expect(provider.requests).toHaveLength(1_000);
  expect(provider.requests[0]).toMatchObject({ method: 'POST', path: '/v1/x?round=1' });
  expect(provider.requests.at(-1)?.body.toString()).toBe('{"round":10}');
  expect(provider.requests.at(-1)?.headers['host']).toBe(new URL(provider.url).host);
});

test('status and headers are those of the answer, with separate cookies, and the answer may change', async () => {
  provider = await startRecordedProvider();
  expect((await post(provider.url)).status).toBe(501);
  provider.answerWith(() => ({
    body: Buffer.from('no'),
    status: 429,
    headers: { 'set-cookie': ['a=1', 'b=2'] },
  }));
  const response = await post(provider.url);
  expect(response.status).toBe(429);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test('a recording is sent with the content type of its form', async () => {
  provider = await startRecordedProvider({
    answer: () => answerOf({ body: Buffer.from(text), form: 'stream' }),
  });
  const response = await post(provider.url);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(answerOf({ body: Buffer.from('{}'), form: 'body' }).headers).toEqual({
    'content-type': 'application/json',
  });
});

test('a caller that leaves in the middle is counted as abandoned', async () => {
  const gate = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  provider = await startRecordedProvider({
    answer: () => ({
      body: Buffer.from('ab'),
      cuts: [1],
      pauseBeforePiece: (at) => (at === 1 ? gate.promise : undefined),
    }),
  });
  const caller = new AbortController();
  const response = await fetch(provider.url, { method: 'POST', body: '{}', signal: caller.signal });
  response.body?.getReader().closed.catch(() => gone.resolve());
  caller.abort();
  await gone.promise;
  const { url } = provider;
  await expect.poll(() => provider?.abandoned).toBe(1);
  gate.resolve();
  expect((await piecesFrom(url)).join('')).toContain('200 OK');
});

test('closing ends connections that hang, and may be done twice', async () => {
  provider = await startRecordedProvider({
    answer: () => ({ body: Buffer.from('x'), pauseBefore: new Promise(() => undefined) }),
  });
  const hanging = post(provider.url);
  await expect.poll(() => provider?.calls).toBe(1);
  await provider.close();
  await expect(hanging).rejects.toThrow();
  await expect(provider.close()).resolves.toBeUndefined();
});

test('cuts come after every step, never at the end', () => {
  expect(cutsEvery(1, 4)).toEqual([1, 2, 3]);
  expect(cutsEvery(2, 5)).toEqual([2, 4]);
  expect(cutsEvery(4, 4)).toEqual([]);
  expect(cutsEvery(4, 0)).toEqual([]);
});

test('a closed port refuses connections', async () => {
  const socket = connect({ host: '127.0.0.1', port: await closedPort() });
  await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
