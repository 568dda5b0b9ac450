/**
 * How a handler writes its answer: the methods of a response that send its head and its body.
 */
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { HandlerHead } from './handler-head.ts';
import type { Member, Overlay } from './overlay.ts';

export interface HandlerWritingOptions {
  readonly head: HandlerHead;
  readonly stream: Writable;
  readonly real: Overlay['real'];
  readonly hasBody: () => boolean;
  /** Called once the head is fixed. */
  readonly sent: (status: number) => void;
}

type Done = (error?: Error | null) => void;

export function handlerWriting(
  response: ServerResponse,
  { head, stream, real, hasBody, sent }: HandlerWritingOptions,
): Readonly<Record<string, Member>> {
  function writeHead(status: number, reason?: unknown, fields?: unknown): ServerResponse {
    const code = Math.trunc(Number(status));
    if (!(code >= 100 && code <= 999))
      throw Object.assign(new RangeError(`Invalid status code: ${String(status)}`), {
        code: 'ERR_HTTP_INVALID_STATUS_CODE',
      });
    head.send(typeof reason === 'string' ? fields : (fields ?? reason));
    response.statusCode = code;
    if (typeof reason === 'string') response.statusMessage = reason;
    sent(code);
    return response;
  }

  // By the response: middleware may have replaced the method, in order to add header fields at the last moment.
  function implyHead(): void {
    if (!head.isSent()) response.writeHead(response.statusCode);
  }

  function write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    const done = doneOf(encoding, callback);
    implyHead();
    if (stream.writableEnded || stream.destroyed || !hasBody()) {
      const error = stream.writableEnded ? afterEnd() : null;
      process.nextTick(done, error);
      return !stream.writableEnded;
    }
    return stream.write(chunk, encodingOf(encoding), done);
  }

  function end(chunk?: unknown, encoding?: unknown, callback?: unknown): ServerResponse {
    const done = typeof chunk === 'function' ? doneOf(chunk, undefined) : doneOf(encoding, callback);
    if (stream.writableEnded) {
      process.nextTick(done, afterEnd());
      return response;
    }
    implyHead();
    const isBody = typeof chunk !== 'function' && chunk !== undefined && chunk !== null && chunk !== '';
    if (isBody && hasBody() && !stream.destroyed) stream.write(chunk, encodingOf(encoding));
    stream.end(done);
    return response;
  }

  /** Interim answers (1xx) are for the client of this request alone; once its reply has begun there are none. */
  const interim = (name: string): Member => ({
    value(...given: unknown[]) {
      real(() => {
        const method: unknown = Reflect.get(response, name);
        if (!response.headersSent && !response.destroyed && typeof method === 'function')
          Reflect.apply(method, response, given);
        else
          for (const one of given)
            if (typeof one === 'function') process.nextTick(() => Reflect.apply(one, undefined, []));
      });
    },
  });

  return {
    writeHead: { value: writeHead },
    writeHeader: { value: writeHead },
    _implicitHeader: { value: implyHead },
    flushHeaders: { value: implyHead },
    write: { value: write },
    end: { value: end },
    // A recipient may discard trailers (RFC 9110, section 6.5.1), and an answer is shared without them.
    addTrailers: { value() {} },
    writeContinue: interim('writeContinue'),
    writeProcessing: interim('writeProcessing'),
    writeEarlyHints: interim('writeEarlyHints'),
    writeInformation: interim('writeInformation'),
  };
}

function doneOf(encoding: unknown, callback: unknown): Done {
  const done = typeof encoding === 'function' ? encoding : callback;
  return (error) => {
    if (typeof done === 'function') Reflect.apply(done, undefined, error ? [error] : []);
  };
}

function encodingOf(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}

function afterEnd(): Error {
  return Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' });
}
