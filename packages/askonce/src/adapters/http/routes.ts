/**
 * The routes whose answers are cached: one table for the gateway and for the caching fetch.
 */
import type { ProviderProtocolName } from '../../protocol/contract.ts';

/** The kinds of provider; each serves the routes of its family. */
export type ProviderFamily = 'openai' | 'anthropic' | 'azure';

export interface CachedRoute {
  /** Path at the gateway. */
  readonly path: string;
  readonly protocol: ProviderProtocolName;
  readonly family: ProviderFamily;
  /** Path below the provider's base URL; absent if that is the request's own path. */
  readonly route?: string | undefined;
}

const openaiRoutes = [
  ['openai-chat', '/chat/completions'],
  ['openai-completions', '/completions'],
  ['openai-embeddings', '/embeddings'],
  ['openai-responses', '/responses'],
] as const;

/** Azure's paths: below a deployment, below `/openai` (responses with an `api-version`), and those of its v1 API. */
const azureRoutes: readonly CachedRoute[] = openaiRoutes.flatMap(([protocol, ending]) =>
  ['/openai/deployments/:deployment', '/openai/v1', '/openai'].map(
    (base): CachedRoute => ({ path: `${base}${ending}`, protocol, family: 'azure' }),
  ),
);

export const cachedRoutes: readonly CachedRoute[] = [
  ...openaiRoutes.map(
    ([protocol, route]): CachedRoute => ({ path: `/v1${route}`, protocol, family: 'openai', route }),
  ),
  { path: '/v1/messages', protocol: 'anthropic-messages', family: 'anthropic', route: '/v1/messages' },
  ...azureRoutes,
];

export interface RouteEnding {
  readonly protocol: ProviderProtocolName;
  /** What the path of a call ends with. */
  readonly route: string;
}

/** Anthropic's base URL is written with and without `/v1`. */
const withoutVersion = (route: string) => route.replace(/^\/v1(?=\/)/, '');

const endings: readonly RouteEnding[] = cachedRoutes
  .flatMap(({ protocol, route }) =>
    route === undefined
      ? []
      : [...new Set([route, withoutVersion(route)])].map((one) => ({ protocol, route: one })),
  )
  .toSorted((one, other) => other.route.length - one.route.length);

const ofDeployment = /\/openai\/deployments\/[^/]+\/.*$/;

/**
 * The cached route that a path ends with, whatever the base path before it. The longest ending wins; the deployment that
 * a path of Azure's names is part of the route, since it names the model.
 */
export function routeEnding(path: string): RouteEnding | undefined {
  const found = endings.find(({ route }) => path.endsWith(route));
  const [route] = found === undefined ? [] : (ofDeployment.exec(path) ?? []);
  return found === undefined || route === undefined ? found : { protocol: found.protocol, route };
}
