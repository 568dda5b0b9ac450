/**
 * Which cached route a question is asked on.
 */
import { type CachedRoute, cachedRoutes, type ProviderProtocolName } from 'askonce/gateway-kit';
import type { ConfiguredProvider } from '../settings/providers.ts';

export interface WarmRoute {
  readonly protocol: ProviderProtocolName;
  /** Path at the gateway. */
  readonly path: string;
  readonly family: CachedRoute['family'];
}

/** The routes whose path names no deployment. */
const routes: readonly WarmRoute[] = cachedRoutes.flatMap(({ protocol, path, family }) =>
  path.includes(':') || family === 'azure' ? [] : [{ protocol, path, family }],
);

const usual = { openai: 'openai-chat', anthropic: 'anthropic-messages' } as const;

/** The route that the entry names, else that of the model's family; undefined for a name that is no route. */
export function warmRoute(
  { protocol, path }: { readonly protocol?: string | undefined; readonly path?: string | undefined },
  family: 'openai' | 'anthropic',
): WarmRoute | undefined {
  const wanted = protocol ?? path ?? usual[family];
  const found = routes.find((one) => one.protocol === wanted || one.path === wanted);
  return path === undefined || found?.path === path ? found : undefined;
}

/** The route of a path. */
export function cachedRouteOf(path: string): CachedRoute | undefined {
  return cachedRoutes.find((one) => one.path === path);
}

/** Tells the family of a model by its provider in the settings, else by its name. */
export function modelFamilies(
  providers: readonly ConfiguredProvider[],
): (model: string) => 'openai' | 'anthropic' {
  return (model) => {
    const provider = providers.find(({ models }) =>
      models.some((rule) => ('name' in rule ? rule.name === model : model.startsWith(rule.prefix))),
    );
    return provider?.protocol ?? (/^claude/i.test(model) ? 'anthropic' : 'openai');
  };
}
