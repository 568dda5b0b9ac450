/**
 * Faults in well-framed answers: bodies that contradict their status or headers.
 */
import { gzipSync } from 'node:zlib';
import { errorBody, wholeBody } from './answers.ts';
import { deliver, type FaultAct, hangUp } from './wire.ts';

const page = '<!doctype html><html><head><title>Gateway</title></head><body><h1>Try again</h1></body></html>';

export const bodyFaults = {
  /** No fault: a complete answer. */
  none: answering(200, ({ request }) => wholeBody(request)),
  /** A web page with status 200. */
  'html-200': answering(200, () => page, { 'content-type': 'text/html; charset=utf-8' }),
  /** A web page with status 502. */
  'html-502': answering(502, () => page, { 'content-type': 'text/html; charset=utf-8' }),
  /** Status 200, `content-type: application/json` and an empty body. */
  'empty-200': answering(200, () => ''),
  /** Status 204. */
  'no-content-204': async ({ response }) => {
    response.statusCode = 204;
    response.end();
  },
  /** Invalid JSON, labelled as JSON. */
  'invalid-json-200': answering(200, () => '{"id": "chatcmpl-fault", choices: oops'),
  /** The first half of an answer, framed as if it were complete. */
  'half-json-200': answering(200, ({ request }) => {
    const body = wholeBody(request);
    return body.slice(0, body.length / 2);
  }),
  /** JSON that is not an answer of the protocol. */
  'other-json-200': answering(200, () => '{"status":"ok"}'),
  /** OpenAI's error object with status 200, whatever the path. */
  'openai-error-200': answering(200, () => errorBody('openai', 'server_error', 'The model has failed.')),
  /** Anthropic's error object with status 200, whatever the path. */
  'anthropic-error-200': answering(200, () => errorBody('anthropic', 'api_error', 'The model has failed.')),
  /** A complete answer of 3 MB. */
  'answer-3-mb': large(3),
  /** A complete answer of 50 MB. */
  'answer-50-mb': large(50),
  /** JSON without an end, up to the provider's `endlessBytes`; then the connection is closed. */
  'endless-body': async ({ response, endlessBytes }) => {
    response.setHeader('content-type', 'application/json');
    await deliver(response, '{"id":"chatcmpl-fault","padding":"');
    const block = Buffer.alloc(64 * 1024, 'a');
    for (let sent = 0; sent < endlessBytes && !response.destroyed; sent += block.length) {
      await deliver(response, block);
    }
    hangUp(response);
  },
  /** A complete answer, byte by byte. */
  trickle: async ({ request, response }) => {
    response.setHeader('content-type', 'application/json');
    for (const byte of Buffer.from(wholeBody(request))) {
      if (response.destroyed) return;
      await deliver(response, Uint8Array.of(byte));
    }
    response.end();
  },
  /** `content-encoding: gzip` on bytes that are not gzip. */
  'broken-gzip': answering(200, ({ request }) => wholeBody(request), { 'content-encoding': 'gzip' }),
  /** The first half of a gzip stream, framed as if it were complete. */
  'half-gzip': answering(
    200,
    ({ request }) => {
      const bytes = gzipSync(wholeBody(request));
      return bytes.subarray(0, bytes.length / 2);
    },
    { 'content-encoding': 'gzip' },
  ),
  /** A content encoding that does not exist. */
  'unknown-encoding': answering(200, ({ request }) => wholeBody(request), {
    'content-encoding': 'x-unknown',
  }),
} as const satisfies Record<string, FaultAct>;

function answering(
  status: number,
  body: (call: Parameters<FaultAct>[0]) => string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): FaultAct {
  return async (call) => {
    const bytes = Buffer.from(body(call));
    call.response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': bytes.length,
      ...headers,
    });
    call.response.end(bytes);
  };
}

function large(megabytes: number): FaultAct {
  return answering(200, ({ request }) => wholeBody(request, 'a'.repeat(megabytes * 2 ** 20)));
}
