/**
 * Plain handlers of the Fetch standard behind the cache, as Bun, Deno, Workers and Next.js have them.
 */
import type { Cache } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import type { EndpointOptions, RunHandler } from './contract.ts';
import { endpointError } from './endpoint-reply.ts';
import { endpointCache } from './endpoints.ts';
import {
  endpointRequest,
  handlerRequest,
  providerAnswer,
  webResponse,
  writtenHeaders,
} from './web-messages.ts';
import { writtenResponse } from './written-response.ts';

/**
 * Makes a handler that answers from the cache what `handler` has answered before (RFC 9111). The handler is called with a
 * request of the same class where one can be made, else a standard `Request`, whose conditions are left out; it is called again,
 * after a stale answer was served, to refresh that. Further arguments are passed on as they are.
 *
 * A handler has no patterns: name them in `options.routes` (`GET /users/:id`), else the first segment of a path is its route.
 * A write whose invalidation fails is answered 503.
 */
export function cachedHandler<Rest extends readonly unknown[]>(
  cache: Cache,
  handler: (request: Request, ...rest: Rest) => Response | Promise<Response>,
  options: EndpointOptions<Request> = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  const endpoints = endpointCache<Request>(cache, options);

  return async (request, ...rest) => {
    const asked = endpointRequest(request);
    const role = endpoints.roleOf(asked);
    if (role === 'passes') return await handler(request, ...rest);
    if (role === 'reads') {
      const run: RunHandler = async (signal, call) =>
        providerAnswer(await handler(handlerRequest(request, signal, call), ...rest));
      const { signal, stop } = untilAnswered(request.signal);
      try {
        return webResponse(await endpoints.answer({ ...asked, signal }, run));
      } finally {
        stop();
      }
    }
    const response = await handler(request, ...rest);
    const written = { status: response.status, headers: writtenHeaders(response) };
    try {
      return await writtenResponse(response, () => endpoints.wrote(asked, written));
    } catch (error) {
      if (!AskonceError.isInstance(error)) throw error;
      return webResponse(endpointError(error));
    }
  };
}

/** A client that leaves before there is an answer. One that leaves later ends the body that it is sent, which is no failure of that. */
function untilAnswered(client: AbortSignal): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const leave = () => controller.abort(client.reason);
  if (client.aborted) leave();
  else client.addEventListener('abort', leave, { once: true });
  return { signal: controller.signal, stop: () => client.removeEventListener('abort', leave) };
}
