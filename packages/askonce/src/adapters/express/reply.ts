/**
 * Writes the cache's reply as an HTTP response, no faster than the client reads.
 */
import type { ServerResponse } from 'node:http';
import type { LiveBody } from '../../body/live-body.ts';
import { AskonceError } from '../../errors.ts';
import type { EndpointReply } from '../endpoint/contract.ts';
import { endpointError } from '../endpoint/endpoint-reply.ts';
import { answerFields } from '../endpoint/run-headers.ts';

/** Runs code that is to see the real response, and the handler's code from within it. */
export interface Sides {
  real<Result>(run: () => Result): Result;
  handlers<Result>(run: () => Result): Result;
}

type Answer = Pick<EndpointReply, 'status' | 'headers' | 'body'>;

export function writeReply(response: ServerResponse, { status, headers, body }: Answer, sides: Sides): void {
  sides.real(() => {
    // What earlier middleware said of the answer is in the reply, or was replaced by the handler.
    for (const name of answerFields)
      if (headers[name] === undefined && response.hasHeader(name)) {
        response.removeHeader(name);
        // Node then sends none of its own either.
        if (name === 'date') response.sendDate = true;
      }
    for (const [name, value] of Object.entries(headers)) {
      const own = name === 'set-cookie' ? response.getHeader(name) : undefined;
      response.setHeader(name, own === undefined ? value : [own, value].flat().map(String));
    }
    const hasBody = status !== 204 && status !== 304 && status >= 200;
    if (body instanceof Uint8Array && hasBody) response.setHeader('content-length', body.byteLength);
    if (!hasBody) response.removeHeader('content-length');
    response.writeHead(status);
    if (body === null || !hasBody) response.end();
    else if (body instanceof Uint8Array) response.end(body);
  });
  if (body === null || body instanceof Uint8Array) return;
  if (status === 204 || status === 304) body.subscribe({ write: () => true, end() {}, fail() {} });
  else writeLive(response, body, sides);
}

function writeLive(response: ServerResponse, body: LiveBody, { real, handlers }: Sides): void {
  let begun = false;
  let open = true;
  /** Compression holds bytes back; an event must reach its reader at once. */
  const flush = real(() => {
    const isEvents = String(response.getHeader('content-type')).startsWith('text/event-stream');
    const method: unknown = isEvents ? Reflect.get(response, 'flush') : undefined;
    return typeof method === 'function' ? method : undefined;
  });

  function close(): boolean {
    if (!open) return false;
    open = false;
    real(() => response.off('drain', resume).off('close', left));
    return true;
  }

  const subscription = body.subscribe({
    write(bytes) {
      begun = true;
      return real(() => {
        const goesOn = response.write(bytes);
        if (flush !== undefined) Reflect.apply(flush, response, []);
        return goesOn;
      });
    },
    end() {
      if (close()) real(() => response.end());
    },
    fail(error) {
      // The client must see the connection break, or it would take the part for the whole answer.
      if (close()) real(() => response.destroy(error));
    },
  });

  function resume(): void {
    handlers(() => subscription.resume());
  }

  function left(): void {
    if (close()) subscription.close();
  }

  if (!open) return;
  if (real(() => response.destroyed)) {
    left();
    return;
  }
  real(() => response.on('drain', resume).on('close', left));
  // The client may need the head long before the first byte of the body arrives.
  setImmediate(() => {
    if (open && !begun) real(() => response.flushHeaders());
  });
}

/** Answers with an error of the cache's own; does nothing if the reply has begun. */
export function writeError(response: ServerResponse, thrown: unknown, sides: Sides): void {
  if (sides.real(() => response.headersSent || response.destroyed)) return;
  const error = AskonceError.isInstance(thrown) ? thrown : unexpected(thrown);
  writeReply(response, endpointError(error), sides);
}

function unexpected(cause: unknown): AskonceError {
  return new AskonceError('internal', 'Unexpected error in askonce; its log has more.', { cause });
}
