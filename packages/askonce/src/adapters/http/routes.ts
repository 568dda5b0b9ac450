/**
 * The routes whose answers are cached: one table for the gateway and for the caching fetch.
 */
import type { BuiltInProtocolName } from '../../protocol/contract.ts';

/** The kinds of provider; each serves the routes of its family. */
export type ProviderFamily = 'openai' | 'anthropic';

export interface CachedRoute {
  /** Path at the gateway. */
  readonly path: string;
  readonly protocol: BuiltInProtocolName;
  readonly family: ProviderFamily;
  /** Path below the provider's base URL. */
  readonly route: string;
}

export const cachedRoutes: readonly CachedRoute[] = [
  { path: '/v1/chat/completions', protocol: 'openai-chat', family: 'openai', route: '/chat/completions' },
  { path: '/v1/completions', protocol: 'openai-completions', family: 'openai', route: '/completions' },
  { path: '/v1/embeddings', protocol: 'openai-embeddings', family: 'openai', route: '/embeddings' },
  { path: '/v1/responses', protocol: 'openai-responses', family: 'openai', route: '/responses' },
  { path: '/v1/messages', protocol: 'anthropic-messages', family: 'anthropic', route: '/v1/messages' },
];

export interface RouteEnding {
  readonly protocol: BuiltInProtocolName;
  /** What the path of a call ends with. */
  readonly route: string;
}

/** Anthropic's base URL is written with and without `/v1`. */
const withoutVersion = (route: string) => route.replace(/^\/v1(?=\/)/, '');

const endings: readonly RouteEnding[] = cachedRoutes
  .flatMap(({ protocol, route }) =>
    [...new Set([route, withoutVersion(route)])].map((one) => ({ protocol, route: one })),
  )
  .toSorted((one, other) => other.route.length - one.route.length);

/** The cached route that a path ends with, whatever the base path before it. The longest ending wins. */
export function routeEnding(path: string): RouteEnding | undefined {
  return endings.find(({ route }) => path.endsWith(route));
}
