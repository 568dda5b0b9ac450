/**
 * Which calls are for a route whose answers are kept.
 */
import type { CacheRequest } from '../../identity/request.ts';
import type { BuiltInProtocolName } from '../../protocol/contract.ts';
import { documentedOrigins } from '../../protocol/protocols.ts';

export interface RouteFound extends Pick<CacheRequest, 'upstream' | 'route' | 'knownDefaults'> {
  readonly protocol: BuiltInProtocolName;
}

/** Ends of paths, the longer before the shorter that they end with. */
const routes: readonly (readonly [route: string, protocol: BuiltInProtocolName])[] = [
  ['/chat/completions', 'openai-chat'],
  ['/completions', 'openai-completions'],
  ['/embeddings', 'openai-embeddings'],
  ['/responses', 'openai-responses'],
  ['/v1/messages', 'anthropic-messages'],
  ['/messages', 'anthropic-messages'],
];

export function findRoute(
  { origin, pathname }: URL,
  headers: Headers,
  upstreams: readonly string[] | undefined,
): RouteFound | undefined {
  const found = routes.find(([route]) => pathname.endsWith(route));
  if (found === undefined) return undefined;
  const [route, protocol] = found;
  // OpenAI has messages, too: those of a thread, which are made and not answered.
  if (protocol === 'anthropic-messages' && !headers.has('anthropic-version')) return undefined;
  const address = `${origin}${pathname}`;
  if (
    upstreams !== undefined &&
    !upstreams.some((base) => address === withoutSlash(base) + below(base, route))
  )
    return undefined;
  const upstream = address.slice(0, -route.length);
  return { protocol, upstream, route, knownDefaults: origin === documentedOrigins[protocol] };
}

/** The route as it is below `base`: Anthropic's base URL is written with and without its version. */
function below(base: string, route: string): string {
  return route === '/v1/messages' && withoutSlash(base).endsWith('/v1') ? '/messages' : route;
}

function withoutSlash(base: string): string {
  return base.replace(/\/+$/, '');
}
