/**
 * A response that no socket has: what a handler, or Fastify for it, writes becomes the answer of a run. It is written as
 * any other, with back-pressure, so that streams, hooks, serialisers and `reply.raw` need nothing of their own.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import { pushedBody } from '../../body/pushed-body.ts';
import { AskonceError } from '../../errors.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import { textFields } from '../endpoint/run-headers.ts';

export interface CaughtResponse {
  readonly response: ServerResponse;
  /** Resolves once the head is written; rejects if the response is destroyed before. */
  readonly answer: Promise<ProviderAnswer>;
}

type Chunk = string | Uint8Array;

export function caughtResponse(request: IncomingMessage): CaughtResponse {
  const response = new ServerResponse(request);
  const head = Promise.withResolvers<ProviderAnswer>();
  // A response that is destroyed while nothing waits for its head is no unhandled rejection.
  head.promise.catch(() => {});
  const native = {
    writeHead: response.writeHead.bind(response),
    destroy: response.destroy.bind(response),
  };
  let isPaused = false;
  const body = pushedBody({
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      response.emit('drain');
    },
    left: () => response.destroy(),
  });

  function writeHead(status: number, ...rest: readonly unknown[]): ServerResponse {
    const headers = rest.find((value) => typeof value === 'object' && value !== null);
    if (Array.isArray(headers)) {
      const pairs = headers.every(Array.isArray) ? headers : inPairs(headers);
      for (const [name, value] of pairs) response.appendHeader(String(name), value);
    } else {
      for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    }
    native.writeHead(status);
    head.resolve({ status, headers: textFields(response.getHeaders()), body: body.live });
    return response;
  }

  function push(chunk: unknown, encoding: unknown): void {
    if (!response.headersSent) response.writeHead(response.statusCode);
    if (!isChunk(chunk) || !hasBody(request, response)) return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, asEncoding(encoding)) : chunk;
    if (bytes.length > 0) body.write(bytes);
  }

  function write(chunk: unknown, ...rest: readonly unknown[]): boolean {
    if (response.writableEnded || response.destroyed) return false;
    push(chunk, rest[0]);
    callBack(rest);
    return !isPaused;
  }

  function end(...given: readonly unknown[]): ServerResponse {
    if (response.writableEnded || response.destroyed) return response;
    push(given[0], given[1]);
    response.finished = true;
    body.end();
    callBack(given);
    process.nextTick(() => {
      response.emit('finish');
      response.emit('close');
    });
    return response;
  }

  function destroy(error?: Error): ServerResponse {
    if (response.destroyed || response.writableEnded) return response;
    const failure =
      error ??
      new AskonceError(
        'provider_broke_off',
        'The handler ended its answer before it was complete; try again.',
      );
    head.reject(failure);
    body.fail(failure);
    return native.destroy(error);
  }

  const flushHeaders = () => {
    if (!response.headersSent) response.writeHead(response.statusCode);
  };
  Object.assign(response, { writeHead, write, end, destroy, flushHeaders });
  return { response, answer: head.promise };
}

function isChunk(value: unknown): value is Chunk {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function asEncoding(value: unknown): BufferEncoding {
  return typeof value === 'string' && Buffer.isEncoding(value) ? value : 'utf8';
}

/** Calls the callback that follows the chunk, if there is one, in a later turn as node:http does. */
function callBack(given: readonly unknown[]): void {
  const callback = given.find((value) => typeof value === 'function');
  if (callback !== undefined) process.nextTick(callback);
}

/** Answers that have no body, whatever is written (RFC 9110, section 6.4.1). */
function hasBody({ method }: IncomingMessage, { statusCode }: ServerResponse): boolean {
  return method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
}

function inPairs(flat: readonly unknown[]): [unknown, string][] {
  return flat.flatMap((name, at): [unknown, string][] =>
    at % 2 === 0 ? [[name, String(flat[at + 1])]] : [],
  );
}
