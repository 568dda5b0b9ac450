/**
 * A read: it is answered from the cache, by a flight, or by the handlers behind the middleware.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { AskonceError } from '../../errors.ts';
import type { HeadReport, RunHandler } from '../endpoint/contract.ts';
import { textFields } from '../endpoint/run-headers.ts';
import { type Aside, putAside } from './aside.ts';
import type { Exchange } from './endpoint-request.ts';
import { type Sides, writeError, writeReply } from './reply.ts';

export async function answerRead<Raw>(exchange: Exchange<Raw>): Promise<void> {
  const { endpoint, asked, request, response, before, next } = exchange;
  const answered = Promise.withResolvers<void>();
  let isRun = false;
  let aside: Aside | undefined;
  /** A handler may begin while a stale reply is being written. */
  const sides: Sides = {
    real: (run) => (aside === undefined ? run() : aside.real(run)),
    handlers: (run) => (aside === undefined ? run() : aside.handlers(run)),
  };

  const run: RunHandler = async (signal, { behind, conditions }) => {
    // `next` goes on behind the handler that it has called last.
    if (isRun)
      throw new AskonceError(
        'provider_unreachable',
        'Express runs the handlers of a request once; ask again.',
      );
    isRun = true;
    if (behind) {
      await answered.promise;
      if (isReplaced(response) && !response.closed) await once(response, 'close', { signal });
    }
    signal.throwIfAborted();
    aside = putAside(request, response, { before, shared: { signal, conditions } });
    next();
    return aside.answer;
  };

  let head: HeadReport | undefined;
  try {
    const reply = await endpoint.answer(asked, run);
    const { cacheStatus } = reply;
    head = reply.head;
    // The handler may run once the client has left. The socket remembers the address that it has been asked for.
    if (cacheStatus.kind === 'hit' && cacheStatus.ttl < 0) void request.socket.remoteAddress;
    writeReply(response, reply, sides);
  } catch (error) {
    if (aside?.isBroken()) sides.real(() => response.destroy());
    else writeError(response, error, sides);
  } finally {
    head?.sent(sides.real(() => (response.headersSent ? textFields(response.getHeaders()) : undefined)));
    answered.resolve();
  }
}

/** Whether earlier middleware writes the response in its own way, and perhaps later: as compression and sessions do. */
function isReplaced(response: ServerResponse): boolean {
  return Object.hasOwn(response, 'write') || Object.hasOwn(response, 'end');
}
