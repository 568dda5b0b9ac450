import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { LiveBody } from 'askonce';
import { jsonArray, jsonLines, serverSentEvents, socketMessages } from 'askonce/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { writeLive } from './live-reply.ts';

const pieces = ['data: one\n\n', 'data: two\n\n', 'data: three\n\n'];

/** All of it is there when it is subscribed to; then it ends, or fails. */
function atOnce(error: Error | undefined, sent: readonly string[] = pieces): LiveBody {
  return {
    subscribe(sink) {
      for (const piece of sent) sink.write(Buffer.from(piece));
      if (error === undefined) sink.end();
      else sink.fail(error);
      return { resume() {}, close() {} };
    },
    async *[Symbol.asyncIterator]() {},
  };
}

/** The bytes that come for so many requests over one connection, one request behind the other's answer. */
async function onTheWire(error: Error | undefined, requests: number): Promise<readonly string[]> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const stream = { ending: serverSentEvents.ending(), errorEvent: () => 'data: broken\n\n' };
    writeLive(response, { body: atOnce(error), stream, ended: () => {} });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = connect(port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const answers: string[] = [];
  for (let number = 0; number < requests; number++) {
    client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    let heard = '';
    while (!heard.includes('\r\n0\r\n\r\n')) heard += String((await once(client, 'data'))[0]);
    answers.push(heard.slice(heard.indexOf('\r\n\r\n') + 4));
  }
  return answers;
}

/** The text of a chunked body; undefined where what it ends with is not its end. */
function textOf(chunked: string): string | undefined {
  let text = '';
  let rest = chunked;
  while (rest !== '') {
    const from = rest.indexOf('\r\n') + 2;
    const length = Number.parseInt(rest, 16);
    if (length === 0) return rest === '0\r\n\r\n' ? text : undefined;
    text += rest.slice(from, from + length);
    rest = rest.slice(from + length + 2);
  }
  return undefined;
}

it.each([
  ['ends', undefined, pieces.join('')],
  ['fails', new Error('broken'), `${pieces.join('')}data: broken\n\n`],
] as const)(
  'a body that arrives in pieces and %s at once is written completely, and nothing after it',
  async (_, error, text) => {
    const answers = await onTheWire(error, 3);
    expect(answers.map(textOf)).toEqual([text, text, text]);
  },
);

it.each([
  ['server-sent events', serverSentEvents, 'data: 1\n\n', 'data: ', 'data: {"error":1}\n\n'],
  ['newline-delimited JSON', jsonLines, '{"a":1}\n', '{"b"', '{"error":1}\n'],
  ['a JSON array', jsonArray, '[{"a":1}', ',{"b"', ',{"error":1}]'],
  ['messages of a socket', socketMessages, 't1:a,', 't2:b', 't11:{"error":1},'],
] as const)(
  'a stream of %s ends with an error event after a complete event, and breaks off within one',
  async (_, framing, whole, part, last) => {
    const bodies = [[whole], [whole, part]];
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': framing.contentType });
      const stream = { ending: framing.ending(), errorEvent: () => framing.write('{"error":1}') };
      writeLive(response, { body: atOnce(new Error('broken'), bodies.shift()), stream, ended: () => {} });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    expect(await (await fetch(url)).text()).toBe(whole + last);
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  },
);
