/**
 * Finds the cached route that a call is for, by the end of its URL.
 */
import type { CacheRequest } from '../../identity/request.ts';
import type { ProviderProtocolName } from '../../protocol/contract.ts';
import { documentedOrigins } from '../../protocol/protocols.ts';
import { routeEnding } from '../http/routes.ts';

export interface RouteFound extends Pick<CacheRequest, 'upstream' | 'route' | 'knownDefaults'> {
  readonly protocol: ProviderProtocolName;
}

export function findRoute(
  { origin, pathname }: URL,
  headers: Headers,
  upstreams: readonly string[] | undefined,
): RouteFound | undefined {
  const found = routeEnding(pathname);
  if (found === undefined) return undefined;
  const { route, protocol } = found;
  // OpenAI has `/messages`, too: those of a thread, which are created and not answered.
  if (protocol === 'anthropic-messages' && !headers.has('anthropic-version')) return undefined;
  const address = `${origin}${pathname}`;
  if (upstreams !== undefined && !upstreams.some((base) => isBelow(address, withoutSlash(base), route)))
    return undefined;
  const upstream = address.slice(0, -route.length);
  return { protocol, upstream, route, knownDefaults: origin === documentedOrigins[protocol] };
}

/** Whether a call is the route below `base`. A base of Azure's may hold the beginning of the route. */
function isBelow(address: string, base: string, route: string): boolean {
  if (!route.startsWith('/openai/')) return address === base + below(base, route);
  return address.startsWith(`${base}/`) && base.length >= address.length - route.length;
}

/** The route as it is below `base`: Anthropic's base URL is written with and without its version. */
function below(base: string, route: string): string {
  return route === '/v1/messages' && withoutSlash(base).endsWith('/v1') ? '/messages' : route;
}

function withoutSlash(base: string): string {
  return base.replace(/\/+$/, '');
}
