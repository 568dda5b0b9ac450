/**
 * The names under which Nest injects a cache and what belongs to it.
 */
import { Inject } from '@nestjs/common';

/** Name of the cache that `InjectCache()` and `Cached()` mean if they name none. */
export const defaultName = 'default';

/**
 * The injection token of a cache, for `inject` lists and for overriding it in tests. A cache that is not the default one
 * has the name that its module was given.
 */
export function cacheToken(name: string = defaultName): symbol {
  return Symbol.for(`askonce cache ${name}`);
}

/** The injection token of the interceptor that answers the routes of a cache. */
export function endpointsToken(name: string = defaultName): symbol {
  return Symbol.for(`askonce endpoints ${name}`);
}

/** Injects a cache (`Cache` of `askonce`) into a constructor's parameter or a property. */
export function InjectCache(name: string = defaultName): ParameterDecorator & PropertyDecorator {
  return Inject(cacheToken(name));
}
