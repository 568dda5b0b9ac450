/**
 * What the cache does with each handler, worked out when the handler is first called.
 */
import type { ExecutionContext } from '@nestjs/common';
import type { Cache } from '../../contract.ts';
import type { EndpointCache, EndpointOptions } from '../endpoint/contract.ts';
import { endpointCache } from '../endpoint/endpoints.ts';
import { eventsOf } from '../endpoint/triggers.ts';
import { type CachedOptions, optionsOf } from './options.ts';
import {
  interceptorsOf,
  nameOfMethod,
  type ReflectedRoute,
  reflectedRoute,
  versionedName,
} from './reflected.ts';
import { defaultName } from './tokens.ts';

/** Reads the key of a request, as `trackBy` of an interceptor does. */
export type TrackBy = (context: ExecutionContext) => unknown;

/** A route that an interceptor binds, and what that reads keys by, if not by the query. */
export interface Bound {
  readonly key: TrackBy | undefined;
}

export interface Plan {
  readonly endpoint: EndpointCache<object>;
  readonly route: ReflectedRoute;
  readonly key: TrackBy | undefined;
  /** What counts besides the client's own headers. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Has the name of a handler that has a version. A client's own header of this name does not count. */
const handlerHeader = 'askonce-nest-handler';

interface Given {
  readonly cache: Cache;
  /** Name of the cache: routes that name another are not its own. */
  readonly name: string;
  /** What holds for all routes that do not say otherwise. */
  readonly defaults: EndpointOptions<object>;
  /** The interceptors that bind all routes of the application. */
  global(): readonly unknown[];
  /** What an interceptor (its class, or an instance of it) says about the routes that it binds, if it is one of ours. */
  boundBy(interceptor: unknown): Bound | undefined;
}

/** Makes the function that returns the plan of a handler; undefined if its answers are not cached. */
export function routePlans({ cache, name, defaults, global, boundBy }: Given) {
  const plans = new WeakMap<object, WeakMap<object, { readonly plan: Plan | undefined }>>();

  function made(controller: { readonly prototype: object }, handler: object): Plan | undefined {
    const method = nameOfMethod(controller.prototype, handler);
    const route = reflectedRoute(controller, handler, method);
    const bound = [...global(), ...interceptorsOf(controller, handler)].map(boundBy).findLast(isPresent);
    const options = optionsOf(controller, method) ?? (bound === undefined ? undefined : {});
    if (!options || (options.cache ?? defaultName) !== name || route.bypass !== undefined) return undefined;
    const { key } = options;
    cache.declareEvents(eventsOf(options.invalidateOn));
    const versioned = versionedName(controller, handler);
    const endpoint = endpointOptions(defaults, options, route);
    return {
      headers: versioned === undefined ? {} : { [handlerHeader]: versioned },
      route,
      key: key === undefined ? bound?.key : keyOf(key),
      endpoint: endpointCache(
        cache,
        versioned === undefined ? endpoint : { ...endpoint, vary: [...(endpoint.vary ?? []), handlerHeader] },
      ),
    };
  }

  return (controller: { readonly prototype: object }, handler: object): Plan | undefined => {
    const ofController = plans.get(handler) ?? new WeakMap();
    plans.set(handler, ofController);
    const known = ofController.get(controller);
    if (known !== undefined) return known.plan;
    const plan = made(controller, handler);
    ofController.set(controller, { plan });
    return plan;
  };
}

function endpointOptions(
  defaults: EndpointOptions<object>,
  options: CachedOptions,
  { holdsResponse }: ReflectedRoute,
): EndpointOptions<object> {
  const { ttl, staleIfError, sharesCredentials, vary, ignoredParameters } = options;
  const { user, tenant, tags, invalidateOn } = options;
  const stale = options.staleWhileRevalidate ?? defaults.staleWhileRevalidate;
  return {
    ...defaults,
    ...(ttl !== undefined && { ttl }),
    ...(staleIfError !== undefined && { staleIfError }),
    ...(sharesCredentials !== undefined && { sharesCredentials }),
    ...(vary && { vary }),
    ...(ignoredParameters && { ignoredParameters }),
    // A handler that sets headers on the response of a request can't run again once that has been answered.
    ...(stale !== undefined && { staleWhileRevalidate: holdsResponse ? 0 : stale }),
    ...(user && { user: (raw) => called(user, raw) }),
    ...(tenant && { tenant: (raw) => called(tenant, raw) }),
    ...(tags && { tags: typeof tags === 'function' ? (raw) => called(tags, raw) : tags }),
    ...(invalidateOn && { invalidateOn }),
  };
}

function keyOf(key: NonNullable<CachedOptions['key']>): TrackBy {
  return (context) => (typeof key === 'string' ? key : called(key, context.switchToHttp().getRequest()));
}

/** What a function of an application's own says about a request. */
function called<Value>(given: (...args: never[]) => Value, raw: unknown): Value {
  return Reflect.apply(given, undefined, [raw]);
}

function isPresent<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
