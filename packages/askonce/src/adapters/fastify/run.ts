/**
 * A run of a route's handler for the cache: with the client's request, and a reply of its own. So a run neither ends when the
 * client leaves nor writes to it, the handler can run again behind a stale answer, and what hooks have set on the client's
 * reply stays there.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { ProviderAnswer } from '../../flight/provider.ts';
import type { HandlerCall } from '../endpoint/contract.ts';
import { ownHeaders, runHeaders } from '../endpoint/run-headers.ts';
import { caughtResponse } from './caught-response.ts';

/** What hooks have set on a reply before the handler runs. */
interface Before {
  readonly status: number;
  readonly headers: ReturnType<FastifyReply['getHeaders']>;
}

export interface RunOptions {
  readonly app: FastifyInstance;
  readonly handler: RouteHandlerMethod;
  readonly request: FastifyRequest;
  /** The client's own reply. */
  readonly reply: FastifyReply;
  readonly before: Before;
}

/** Resolves with the head of the answer; errors of the handler are answers, as the application's error handler has them. */
export async function runHandler(
  options: RunOptions,
  signal: AbortSignal,
  { conditions }: HandlerCall,
): Promise<ProviderAnswer> {
  const { app, handler, request, reply, before } = options;
  signal.throwIfAborted();
  const { headers: asked } = request.raw;
  const raw = standIn(request.raw, runHeaders(asked, conditions));
  // Fastify and the handler read the connection from here. The flight decides when it is over, and not the client alone.
  Object.defineProperty(request, 'raw', { value: raw, configurable: true, enumerable: true, writable: true });
  Object.defineProperty(request, 'signal', { value: signal, configurable: true });
  const { response, answer } = caughtResponse(raw);
  const own = replyLike(reply, response);
  own.headers(before.headers);
  if (before.status !== 200) own.code(before.status);

  const abort = () => {
    Object.assign(raw, { aborted: true, destroyed: true });
    response.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  response.once('close', () => {
    signal.removeEventListener('abort', abort);
    raw.emit('close');
  });

  start(app, handler, request, own);
  const { status, headers, body } = await answer;
  // What hooks read from now on is the client's again.
  raw.headers = asked;
  return { status, headers: ownHeaders(headers, before.headers), body };
}

/** Calls the handler as Fastify does. */
function start(
  app: FastifyInstance,
  handler: RouteHandlerMethod,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const fail = (thrown: unknown) => {
    if (reply.sent) reply.log.error({ err: thrown }, 'The handler failed after it had answered');
    else reply.send(asError(thrown));
  };
  const send = (payload: unknown) => {
    // An async handler that has called `send` itself, or has written to the raw response, returns nothing.
    if (payload === undefined && (reply.sent || reply.raw.headersSent)) return;
    try {
      reply.send(payload);
    } catch (error) {
      fail(error);
    }
  };
  try {
    const result: unknown = handler.call(app, request, reply);
    if (result === undefined) return;
    if (isThenable(result)) result.then(send, fail);
    else send(result);
  } catch (error) {
    fail(error);
  }
}

/** A reply of the same application that writes to `response`, with what hooks have put on the client's reply. */
function replyLike(reply: FastifyReply, response: FastifyReply['raw']): FastifyReply {
  // Each application has a constructor of its own, with its decorators.
  const own: FastifyReply = Reflect.construct(reply.constructor, [response, reply.request, reply.log]);
  for (const key of Reflect.ownKeys(reply)) {
    const fresh: unknown = Reflect.get(own, key);
    // Objects that a new reply has are parts of itself: the response, the request, its headers.
    if (typeof fresh === 'object' && fresh !== null) continue;
    if (typeof key === 'string' || Reflect.has(own, key)) Reflect.set(own, key, Reflect.get(reply, key));
  }
  return own;
}

/** The client's request with listeners of its own: what happens to the connection is not heard through it. */
function standIn(raw: IncomingMessage, headers: IncomingMessage['headers']): IncomingMessage {
  const own: IncomingMessage = Object.create(raw, {
    headers: { value: headers, writable: true, enumerable: true },
    aborted: { value: false, writable: true },
    destroyed: { value: false, writable: true },
  });
  // On an object made from another emitter, this gives it an empty list of listeners.
  EventEmitter.call(own);
  return own;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** What was thrown as an Error, which is what `reply.send` takes for a failure; its properties stay. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  if (typeof thrown !== 'object' || thrown === null)
    return new Error(`The handler threw ${typeof thrown}`, { cause: thrown });
  const error: Error = Object.create(Error.prototype, Object.getOwnPropertyDescriptors(thrown));
  return error;
}
