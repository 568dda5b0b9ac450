import { once } from 'node:events';
import { connect } from 'node:net';
import { recordedProtocols } from 'askonce/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type EchoProvider, startEchoProvider } from './support/echo-provider.ts';
import { cacheStatusHeader, startTestGateway, type TestGateway } from './support/gateway.ts';
import { vectorOf } from './support/meaning.ts';
import { isErrorBody } from './support/protocol-errors.ts';
import { question } from './support/questions.ts';

let provider: EchoProvider;
let gateway: TestGateway;

beforeAll(async () => {
  provider = await startEchoProvider({ vector: vectorOf });
  gateway = await startTestGateway(provider.url, { bodyLimit: 1024 * 1024 });
});

afterAll(async () => {
  // Whatever was sent, it has led to no unexpected error.
  expect(gateway.log.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
  await gateway.remove();
  await provider.close();
});

interface Raw {
  readonly status: number;
  readonly body: Buffer;
}

/** Sends bytes over a connection of its own, and resolves to what the server sends until it closes. */
async function raw(url: string, ...pieces: readonly (string | Uint8Array)[]): Promise<Raw> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const heard: Buffer[] = [];
  socket.on('data', (chunk) => heard.push(Buffer.from(chunk)));
  // A refusal may come while bytes are still on their way.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  for (const piece of pieces) socket.write(piece);
  await closed;
  const answer = Buffer.concat(heard);
  const end = answer.indexOf('\r\n\r\n');
  return { status: Number(answer.toString('latin1', 9, 12)), body: answer.subarray(end + 4) };
}

function head(path: string, lines: readonly string[] = []): string {
  return [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Authorization: Bearer sk-test',
    'Connection: close',
    ...lines,
    '',
    '',
  ].join('\r\n');
}

function post(path: string, body: Uint8Array, type = 'application/json'): [string, Uint8Array] {
  return [head(path, [`Content-Type: ${type}`, `Content-Length: ${body.length}`]), body];
}

/** The question with one more field at its front. */
const withField = (body: string, field: string) => body.replace('{', `{${field},`);
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const text = (value: string) => Buffer.from(value);

describe.each(recordedProtocols)('bodies that are no request (%s)', (protocol) => {
  const { path, body } = question(protocol, 'body', 'Are you well?');
  const field = { 'openai-completions': 'prompt', 'openai-embeddings': 'input', 'openai-responses': 'input' };
  const content = Object.entries(field).find(([name]) => name === protocol)?.[1] ?? 'messages';
  const whole = JSON.parse(body);

  it.each<[string, number, Uint8Array]>([
    ['no bytes', 400, text('')],
    ['white space', 400, text(' \n')],
    ['no JSON', 400, text('model=m&messages=x')],
    ['half of a body', 400, text(body.slice(0, body.length / 2))],
    ['two bodies', 400, text(body + body)],
    ['UTF-16', 400, Buffer.from(body, 'utf16le')],
    ['bytes that are no UTF-8', 400, Buffer.from(body.replace('well', '\xff\xfe'), 'latin1')],
    ['a surrogate in UTF-8', 400, Buffer.concat([text('{"x":"'), Buffer.of(0xed, 0xa0, 0x80), text('"}')])],
    ['100 000 lists in each other', 400, text(withField(body, `"x":${nested(100_000)}`))],
    ['100 000 objects in each other', 400, text(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)],
    ['lists that never end', 400, text('['.repeat(100_000))],
    ['more than the limit', 413, text(withField(body, `"x":"${'x'.repeat(1024 * 1024)}"`))],
  ])(
    'a body that is no request (%s) is refused with %i in the protocol’s shape, without a provider call',
    async (_what, status, bytes) => {
      const before = provider.calls;
      const answer = await raw(gateway.url, ...post(path, bytes));
      expect([answer.status, isErrorBody(protocol, answer.body)]).toEqual([status, true]);
      expect(provider.calls).toBe(before);
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/json; charset=utf-16',
    '',
    'application/xml',
  ])('a body of the content type "%s" that is not JSON is refused with 415', async (type) => {
    const answer = await raw(gateway.url, ...post(path, text('model=m&messages=x'), type));
    expect([answer.status, isErrorBody(protocol, answer.body)]).toEqual([415, true]);
  });

  it.each<[string, string]>([
    ['a byte order mark', `\ufeff${body}`],
    ['null for a body', 'null'],
    ['a list for a body', `[${body}]`],
    ['a text for a body', JSON.stringify(body)],
    ['a number for content', JSON.stringify({ ...whole, [content]: 7 })],
    ['null within content', JSON.stringify({ ...whole, [content]: [null] })],
    ['an object for content', JSON.stringify({ ...whole, [content]: { a: 1 } })],
    ['a number for a model', JSON.stringify({ ...whole, model: 7 })],
  ])('JSON that cannot be interpreted (%s) reaches the provider, which decides', async (_what, odd) => {
    const before = { calls: provider.calls, stored: gateway.count('stored') };
    const answer = await gateway.ask(path, odd);
    expect(cacheStatusHeader(answer)).toBe('askonce; fwd=bypass; detail="unrepresentable"');
    expect([provider.calls, gateway.count('stored')]).toEqual([before.calls + 1, before.stored]);
  });

  it.each<[string, string]>([
    ['a property given twice', withField(body, '"model":"other"')],
    ['2^53 + 1', withField(body, '"seed":9007199254740993')],
    ['1e400', withField(body, '"seed":1e400')],
    ['an escaped lone surrogate', withField(body, '"x":"\\ud800"')],
    ['__proto__ given twice', withField(body, '"__proto__":1,"__proto__":2')],
  ])(
    'a body with %s reaches the provider byte for byte, and its answer is not stored',
    async (_what, odd) => {
      const before = { calls: provider.calls, stored: gateway.count('stored') };
      for (const _ of [1, 2]) {
        const answer = await gateway.ask(path, odd);
        expect([answer.status, cacheStatusHeader(answer)]).toEqual([
          200,
          'askonce; fwd=bypass; detail="unrepresentable"',
        ]);
      }
      expect(provider.calls).toBe(before.calls + 2);
      expect(gateway.count('stored')).toBe(before.stored);
    },
  );

  it.each([
    '"__proto__":{"stream":true}',
    '"constructor":{"prototype":{"x":1}}',
    '"hasOwnProperty":1',
    '"toString":null',
    '"":""',
    '"seed":9007199254740992',
    '"x":"\\u0000"',
  ])('a body with %s counts as another question', async (extra) => {
    const odd = withField(body, extra);
    const first = await gateway.ask(path, odd);
    const second = await gateway.ask(path, odd);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect([cacheStatusHeader(first).includes('hit'), cacheStatusHeader(second).includes('hit')]).toEqual([
      false,
      true,
    ]);
    expect(second.body.equals(first.body)).toBe(true);
    expect(Reflect.ownKeys(Object.prototype)).not.toContain('stream');
  });

  it('an `Askonce-*` header with an invalid value is refused with 400', async () => {
    for (const [name, value] of Object.entries({
      'askonce-ttl': '-1',
      'askonce-stale-after': 'soon',
      'askonce-language': '!!',
      'askonce-tags': '=',
      'askonce-user': 'u'.repeat(300),
      'askonce-sensitive': 'perhaps',
      'askonce-confidence': '7',
    })) {
      const answer = await gateway.ask(path, body, { [name]: value });
      expect([name, answer.status, isErrorBody(protocol, answer.body)]).toEqual([name, 400, true]);
    }
  });
});

describe('input below the level of requests', () => {
  const { path, body } = question('openai-chat', 'body', 'Are you there?');

  it.each<[string, number, string]>([
    [
      'a thousand header lines',
      400,
      head(
        path,
        Array.from({ length: 1000 }, (_, index) => `X-${index}: 1`),
      ),
    ],
    ['200 KB of headers', 431, head(path, [`X-Long: ${'x'.repeat(200_000)}`])],
    ['no HTTP', 400, 'SSH-2.0-OpenSSH_9.9\r\n\r\n'],
    [
      'a chunk whose size is no number',
      400,
      `${head(path, ['Content-Type: application/json', 'Transfer-Encoding: chunked'])}zz\r\n{}\r\n`,
    ],
    [
      'two lengths',
      400,
      `${head(path, ['Content-Type: application/json', 'Content-Length: 2', 'Content-Length: 3'])}{} `,
    ],
    [
      'a length and chunks',
      400,
      `${head(path, ['Content-Length: 2', 'Transfer-Encoding: chunked'])}0\r\n\r\n`,
    ],
    ['a length that is none', 400, `${head(path, ['Content-Length: -1'])}`],
    ['a foreign host', 403, head(path).replace('Host: localhost', 'Host: example.test')],
    [
      'a page of another site',
      403,
      head(path, ['Origin: https://example.test', 'Sec-Fetch-Site: cross-site']),
    ],
    ['an unknown route', 404, head('/v2/chat/completions')],
    ['dots in the path', 400, head('/v1/../v1/chat/completions')],
    ['encoded dots in the path', 400, head('/v1/%2e%2e/chat/completions')],
    ['two slashes', 400, head('//v1/chat/completions')],
    ['a backslash', 400, head('/\\v1/chat/completions')],
    ['an absolute path', 400, head('http://example.test/v1/chat/completions')],
    ['a broken escape', 400, head('/v1/chat/completions%zz')],
  ])('a request with %s is refused with status %i', async (_what, status, bytes) => {
    const before = provider.calls;
    const answer = await raw(gateway.url, bytes);
    expect([answer.status, isErrorBody('openai-chat', answer.body)]).toEqual([status, true]);
    expect(provider.calls).toBe(before);
    expect((await gateway.ask(path, body)).status).toBe(200);
  });

  it('a body or a head that arrives too slowly is refused with 408, while other requests are answered', async () => {
    const slow = await startTestGateway(provider.url, { requestTimeoutMs: 200 });
    onTestFinished(() => slow.remove());
    const beginning = head(path, ['Content-Type: application/json', 'Content-Length: 100']);
    const late = [raw(slow.url, beginning, body.slice(0, 10)), raw(slow.url, beginning.slice(0, -2))];
    expect((await slow.ask(path, body)).status).toBe(200);
    for (const { status, body: error } of await Promise.all(late))
      expect([status, isErrorBody('openai-chat', error)]).toEqual([408, true]);
  });

  it('a body without a length is refused with 413 as soon as it exceeds the limit', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const lines = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
    const answer = await raw(gateway.url, head(path, lines), ...Array.from({ length: 17 }, () => chunk));
    expect([answer.status, isErrorBody('openai-chat', answer.body)]).toEqual([413, true]);
  });
});
