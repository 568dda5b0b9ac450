/**
 * Faults of the connection: it hangs, breaks off, or carries something other than HTTP.
 */
import { streamOf, wholeBody } from './answers.ts';
import { deliver, deliverHead, type FaultAct, hangUp, peerGone, reset, writeRaw } from './wire.ts';

export const connectionFaults = {
  /** Receives the request and never answers. */
  'no-answer': ({ response }) => peerGone(response),
  /** Sends a head with status 200, then nothing. */
  'head-then-hang': async ({ response }) => {
    response.setHeader('content-type', 'application/json');
    await deliverHead(response);
    await peerGone(response);
  },
  /** Sends half of a body, then nothing. */
  'hang-in-body': async ({ request, response }) => {
    await half(request, response);
    await peerGone(response);
  },
  /** Sends the first words of a stream, then nothing. */
  'hang-in-stream': async ({ request, response }) => {
    await firstWords(request, response);
    await peerGone(response);
  },
  /** Resets the connection once the request is received. */
  'reset-before-head': async ({ response }) => reset(response),
  /** Resets the connection after half of a body. */
  'reset-in-body': async ({ request, response }) => {
    await half(request, response);
    reset(response);
  },
  /** Resets the connection after the first words of a stream. */
  'reset-in-stream': async ({ request, response }) => {
    await firstWords(request, response);
    reset(response);
  },
  /** Closes the connection in an orderly way once the request is received. */
  'closed-before-head': async ({ response }) => hangUp(response),
  /** Closes in mid-body: a chunked body without its last chunk. */
  'unterminated-body': async ({ request, response }) => {
    await half(request, response);
    hangUp(response);
  },
  /** Closes in mid-stream, without the last chunk. */
  'unterminated-stream': async ({ request, response }) => {
    await firstWords(request, response);
    hangUp(response);
  },
  /** A complete answer without the last chunk of its framing. */
  'whole-but-unterminated': async ({ request, response }) => {
    response.setHeader('content-type', 'application/json');
    await deliver(response, wholeBody(request));
    hangUp(response);
  },
  /** `content-length` announces 100 bytes more than are sent. */
  'content-length-too-long': async ({ request, response }) => {
    const body = wholeBody(request);
    response.setHeader('content-type', 'application/json');
    response.setHeader('content-length', Buffer.byteLength(body) + 100);
    await deliver(response, body);
    hangUp(response);
  },
  /** Bytes that are not HTTP. */
  'not-http': async ({ response }) => writeRaw(response, 'SSH-2.0-OpenSSH_9.9\r\n\u0000\u0001\u0002\r\n\r\n'),
  /** A status line without a number. */
  'malformed-head': async ({ response }) =>
    writeRaw(response, 'HTTP/1.1 fine OK\r\ncontent-length: 2\r\n\r\n{}'),
  /** A chunk whose size is not a number. */
  'malformed-chunk': async ({ response }) =>
    writeRaw(
      response,
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
    ),
  /** Two values of `content-length` that disagree. RFC 9112, section 6.3. */
  'two-lengths': async ({ response }) =>
    writeRaw(
      response,
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ',
    ),
  /** A head of 1 MB. */
  'huge-head': async ({ response }) =>
    writeRaw(response, `HTTP/1.1 200 OK\r\nx-padding: ${'a'.repeat(2 ** 20)}\r\ncontent-length: 2\r\n\r\n{}`),
} as const satisfies Record<string, FaultAct>;

type Call = Parameters<FaultAct>[0];

async function half(request: Call['request'], response: Call['response']): Promise<void> {
  const body = wholeBody(request);
  response.setHeader('content-type', 'application/json');
  await deliver(response, body.slice(0, body.length / 2));
}

async function firstWords(request: Call['request'], response: Call['response']): Promise<void> {
  const { opening, words } = streamOf(request);
  response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  for (const event of [...opening, ...words.slice(0, 3)]) await deliver(response, event);
}
