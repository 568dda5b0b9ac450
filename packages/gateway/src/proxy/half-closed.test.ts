import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gatewayForTest, json, postTo } from '../../../../test/support/gateway.ts';
import { chatAnswer, chatRequest, startProvider } from '../../../../test/support/remembering-provider.ts';

interface Client {
  readonly socket: Socket;
  /** Everything that arrives until the gateway closes the connection. */
  readonly received: Promise<string>;
}

/** A client over a bare socket; `version` is that of its HTTP. */
function clientOf(
  port: number,
  body: string,
  { version = '1.1', path = '/v1/chat/completions' } = {},
): Client {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => {
    socket.destroy();
  });
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  const received = once(socket, 'close').then(() => Buffer.concat(pieces).toString('utf8'));
  socket.write(
    [
      `POST ${path} HTTP/${version}`,
      'Host: localhost',
      ...Object.entries(json).map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
  return { socket, received };
}

const eventStream = { 'content-type': 'text/event-stream' };
const events = (...texts: readonly string[]) =>
  texts.map((content) => {
    const choices = [{ index: 0, delta: { content }, finish_reason: null }];
    return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
  });
const end = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;

/** A provider that is met once it is called, and reports when its caller has left. */
async function startMeeting() {
  const called = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<string>();
  const left = Promise.withResolvers<void>();
  let head = () => {};
  const url = await startProvider((request, response) => {
    request.resume();
    response.on('close', () => left.resolve());
    head = () => {
      response.writeHead(200, eventStream);
      response.write(events('first')[0]);
    };
    called.resolve();
    void answered.promise.then((text) => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' });
      response.end(text);
    });
  });
  return { url, called: called.promise, answer: answered.resolve, begin: () => head(), left: left.promise };
}

describe('a client that ends its side once its request is sent', () => {
  it('gets a miss, and then a hit', async () => {
    const provider = await startMeeting();
    const gateway = await gatewayForTest(provider.url);
    const first = clientOf(gateway.port, chatRequest('x'));
    const ended = once(first.socket, 'finish');
    first.socket.end();
    await ended;
    await provider.called;
    provider.answer(chatAnswer('late'));
    expect(await first.received).toMatch(/^HTTP\/1\.1 200 OK.*fwd=miss.*late/s);
    const second = clientOf(gateway.port, chatRequest('x'));
    second.socket.end();
    expect(await second.received).toMatch(/^HTTP\/1\.1 200 OK.*hit.*late/s);
  });

  it('gets a stream that has not begun, and one that it follows', async () => {
    const provider = await startMeeting();
    const gateway = await gatewayForTest(provider.url);
    const leader = clientOf(gateway.port, chatRequest('x', { stream: true }));
    leader.socket.end();
    await provider.called;
    provider.begin();
    await once(leader.socket, 'data');
    const follower = clientOf(gateway.port, chatRequest('x', { stream: true }));
    follower.socket.end();
    await once(follower.socket, 'data');
    provider.answer(events('last').join('') + end);
    for (const client of [leader, follower])
      expect(await client.received).toMatch(/^HTTP\/1\.1 200 OK.*first.*last.*\[DONE\]/s);
  });

  it('gets an answer that passes through', async () => {
    const provider = await startMeeting();
    const gateway = await gatewayForTest(provider.url);
    const client = clientOf(gateway.port, '{}', { path: '/v1/moderations' });
    client.socket.end();
    await provider.called;
    provider.answer('{"results":[]}');
    expect(await client.received).toMatch(/^HTTP\/1\.1 200 OK.*\{"results":\[\]\}/s);
  });

  it('gets an answer that comes after it has been asked for a sign of life, over HTTP/1.1 and HTTP/1.0', async () => {
    const provider = await startMeeting();
    const gateway = await gatewayForTest(provider.url);
    const client = clientOf(gateway.port, chatRequest('x'));
    const older = clientOf(gateway.port, chatRequest('x'), { version: '1.0' });
    client.socket.end();
    older.socket.end();
    expect(String((await once(client.socket, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    provider.answer(chatAnswer('late'));
    expect(await client.received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK.*late/s);
    expect(await older.received).toMatch(/^HTTP\/1\.1 200 OK.*late/s);
  });
});

describe('a client that closes its connection', () => {
  it.each(['/v1/chat/completions', '/v1/moderations'])(
    'ends its call before an answer has begun (%s)',
    async (path) => {
      const provider = await startMeeting();
      const gateway = await gatewayForTest(provider.url, { abandoned: 'cancel' });
      const client = clientOf(gateway.port, chatRequest('x'), { path });
      await provider.called;
      client.socket.destroy();
      await provider.left;
      expect(await client.received).toBe('');
    },
  );

  it.each(['/v1/chat/completions', '/v1/moderations'])(
    'ends its call in the middle of an answer that is silent (%s)',
    async (path) => {
      const provider = await startMeeting();
      const gateway = await gatewayForTest(provider.url, { abandoned: 'cancel' });
      const client = clientOf(gateway.port, chatRequest('x', { stream: true }), { path });
      await provider.called;
      provider.begin();
      await once(client.socket, 'data');
      client.socket.destroy();
      await provider.left;
      expect(await client.received).toContain('first');
    },
  );

  it('leaves the gateway able to answer others', async () => {
    const provider = await startMeeting();
    const gateway = await gatewayForTest(provider.url);
    const client = clientOf(gateway.port, chatRequest('x'));
    await provider.called;
    client.socket.destroy();
    provider.answer(chatAnswer('for others'));
    expect(await (await postTo(gateway.url, chatRequest('x'))).text()).toContain('for others');
  });
});
