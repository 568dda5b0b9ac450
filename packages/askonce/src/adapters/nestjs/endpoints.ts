/**
 * The routes of one cache in one application.
 */
import type { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { Cache } from '../../contract.ts';
import type { EndpointOptions } from '../endpoint/contract.ts';
import { endpointCache } from '../endpoint/endpoints.ts';
import { hasWriteTriggers } from './instances.ts';
import { type Adopter, AskonceInterceptor } from './interceptor.ts';
import { type Bound, type Plan, routePlans } from './plans.ts';
import { routeHandlersOf } from './reflected.ts';
import { routeInterceptor } from './routes.ts';
import { writesOf } from './writes.ts';

export interface Endpoints extends Adopter {
  /** Reads the decorators of all routes, so that what is wrong with one is known when the application starts. */
  look(): void;
}

export interface EndpointSettings extends Omit<EndpointOptions<object>, 'routes'> {
  /**
   * Whether writes that succeed invalidate. Default: if this application has a cached route, or a cached method that a write
   * invalidates. Say true if another application that shares the store has one.
   */
  readonly writes?: boolean | undefined;
}

interface Application {
  readonly config: ApplicationConfig;
  readonly host: HttpAdapterHost;
  readonly modules: ModulesContainer;
}

/**
 * Puts the cache in front of the application's routes. Interceptors of modules and those of `useGlobalInterceptors` are
 * added once all providers are made, so that this one is outside of them.
 */
export function openEndpoints(
  name: string,
  cache: Cache,
  { writes, ...defaults }: EndpointSettings,
  { config, host, modules }: Application,
): Endpoints {
  const adopted = new Map<unknown, AskonceInterceptor>();
  const planOf = routePlans({
    cache,
    name,
    defaults,
    global: () => config.getGlobalInterceptors(),
    boundBy: (interceptor) =>
      boundBy(interceptor instanceof AskonceInterceptor ? interceptor : adopted.get(interceptor)),
  });
  let isOutdatable = false;
  let looked = 0;
  /** Whether a write can make something outdated. It is looked for again once modules have been loaded lazily. */
  const look = () => {
    if (isOutdatable) return true;
    const size = sizeOf(modules);
    if (looked === size) return false;
    looked = size;
    isOutdatable = plansOf(modules, planOf).length > 0 || hasWriteTriggers(modules, name);
    return isOutdatable;
  };
  config.addGlobalInterceptor(
    routeInterceptor({
      adapter: () => host.httpAdapter,
      planOf,
      writes: writesOf(cache, endpointCache(cache, defaults), () => writes ?? look()),
    }),
  );
  return {
    adopt: (interceptor) => adopted.set(interceptor.constructor, interceptor),
    look: () => void look(),
  };
}

/** Number of providers and controllers. */
function sizeOf(modules: ModulesContainer): number {
  let size = 0;
  for (const { providers, controllers } of modules.values()) size += providers.size + controllers.size;
  return size;
}

function plansOf(modules: ModulesContainer, planOf: ReturnType<typeof routePlans>): readonly Plan[] {
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  return controllers.flatMap(({ metatype }) =>
    isClass(metatype)
      ? routeHandlersOf(metatype.prototype).flatMap((handler) => planOf(metatype, handler) ?? [])
      : [],
  );
}

/** An interceptor binds routes; its `trackBy` counts if it is not the default one. */
function boundBy(interceptor: AskonceInterceptor | undefined): Bound | undefined {
  if (interceptor === undefined) return undefined;
  const isOwn = interceptor.trackBy !== AskonceInterceptor.prototype.trackBy;
  return { key: isOwn ? (context) => interceptor.trackBy(context) : undefined };
}

function isClass(value: unknown): value is { readonly prototype: object } {
  return typeof value === 'function' && typeof value.prototype === 'object';
}
