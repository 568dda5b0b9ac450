/**
 * The response of a run as the cache reads it, and the cache's reply as the client's response.
 */
import type { Context } from 'hono';
import type { ProviderAnswer } from '../../flight/provider.ts';
import type { EndpointReply } from '../endpoint/contract.ts';
import { ownHeaders } from '../endpoint/run-headers.ts';
import { providerAnswer, webResponse } from '../endpoint/web-messages.ts';

type Fields = ProviderAnswer['headers'];

export interface RunAnswerOptions {
  readonly method: string;
  /** Aborts once nothing waits for the answer. */
  readonly signal: AbortSignal;
  /** What middleware before the cache has set for the client. */
  readonly before: Fields;
  /** Called once the body has ended, failed or been left. */
  readonly ended: () => void;
}

/** What a run rejects with whose handler has written to the server's own response: no other client can get that. */
export const alreadySent = new Error('The handler has written its answer to the response of the server.');

/**
 * The response of the handlers.
 * @throws Error if they gave none, as Hono reports it: its getter would make an empty one.
 */
export function answered(c: Context): Response {
  if (!c.finalized)
    throw new Error(
      'No handler has answered; return a Response from the handler, and await next() in middleware.',
    );
  return c.res;
}

export function runAnswer(response: Response, options: RunAnswerOptions): ProviderAnswer {
  const { method, signal, before, ended } = options;
  if (isAlreadySent(response)) {
    ended();
    throw alreadySent;
  }
  const { status, headers, body } = providerAnswer(response);
  const pieces = watched(body, ended);
  const leave = () => void pieces.return().catch(() => {});
  // Hono runs the handler of GET for HEAD, and leaves the body away afterwards.
  if (method === 'HEAD') leave();
  // A generator on the way would leave only with the next piece, which may never come.
  signal.addEventListener('abort', leave, { once: true });
  return { status, headers: ownHeaders(headers, before), body: { [Symbol.asyncIterator]: () => pieces } };
}

/** The mark by which a handler leaves the answer to `c.env.outgoing` (@hono/node-server). */
function isAlreadySent({ headers }: Response): boolean {
  return headers.has('x-hono-already-sent');
}

/** The reply as a response, with those headers from before the cache that it does not have itself. */
export function clientResponse(reply: EndpointReply, before: Fields): Response {
  const cookies = [before['set-cookie'] ?? [], reply.headers['set-cookie'] ?? []].flat();
  const headers = { ...before, ...reply.headers, 'set-cookie': [...new Set(cookies)] };
  return webResponse({ ...reply, headers });
}

/** The same pieces. Calls `ended` once there are no more; returning early ends them at once. */
function watched(body: ProviderAnswer['body'], ended: () => void) {
  const pieces = body[Symbol.asyncIterator]();
  const over: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let isLeft = false;
  return {
    async next(): Promise<IteratorResult<Uint8Array, undefined>> {
      try {
        const next = isLeft ? over : await pieces.next();
        if (!next.done) return next;
        ended();
        return over;
      } catch (error) {
        ended();
        throw error;
      }
    },
    async return(): Promise<IteratorReturnResult<undefined>> {
      isLeft = true;
      ended();
      await pieces.return?.();
      return over;
    },
  };
}
