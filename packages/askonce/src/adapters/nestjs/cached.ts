/**
 * `Cached`: the decorator of routes, controllers and any provider's methods, as Nest compiles decorators
 * (`experimentalDecorators`).
 */
import { AskonceError } from '../../errors.ts';
import { eventsOf, writeOf } from '../endpoint/triggers.ts';
import { cachedMethod } from './method.ts';
import { type CachedOptions, checkOptions, setOptions } from './options.ts';
import { copyMetadata, isFunction } from './reflected.ts';
import { addSlot, supersede } from './slot.ts';
import { defaultName } from './tokens.ts';

/**
 * Caches what a method answers.
 *
 * - On a route that reads (`@Get()`, `@Head()`, `@All()`), HTTP answers, as a shared HTTP cache does (RFC 9111). Guards run
 *   before; interceptors, pipes and the handler run only if there is no answer. On a controller, all of its routes that read.
 * - On any other method, values: its arguments are the question, and what it returns is the answer, as JSON has it. The
 *   method returns a promise (or a stream), also if it was synchronous.
 *
 * Concurrent calls for one answer are one call of the method. `Cached(false)` leaves a route of a cached controller uncached.
 * Of several on one method, as `applyDecorators` may bring one, the topmost counts.
 * @throws AskonceError `invalid_settings` on what is not a method or a class, under standard decorators, and for wrong options.
 */
export function Cached(options: CachedOptions | false = {}): MethodDecorator & ClassDecorator {
  if (options !== false) checkOptions(options);
  return (target: object, method?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (typeof method === 'object')
      throw wrongPlace(
        'is compiled as a standard decorator; set `experimentalDecorators`, or use that of askonce',
      );
    if (method === undefined) {
      setOptions(options, target, undefined);
      return;
    }
    const original: unknown = descriptor?.value;
    if (!isFunction(original) || typeof target === 'function')
      throw wrongPlace(`is on ${String(method)}, which is no method of an instance`);
    setOptions(options, target, method);
    supersede(target, method);
    if (options === false || descriptor === undefined) return;
    const { name, cache = defaultName, key, user, tenant, context } = options;
    const decorated = {
      method,
      prototype: target,
      name,
      cache,
      events: eventsOf(options.invalidateOn),
      hasWrites: options.invalidateOn?.some((trigger) => writeOf(trigger) !== undefined) ?? false,
      minds: [name, key, user, tenant].some((one) => one !== undefined) || isFunction(context),
    };
    const cached = cachedMethod(decorated, original, options);
    copyMetadata(original, cached);
    Object.defineProperty(cached, 'name', { value: original.name, configurable: true });
    Object.defineProperty(cached, 'length', { value: original.length, configurable: true });
    descriptor.value = cached;
    addSlot(decorated);
  };
}

function wrongPlace(what: string): AskonceError {
  return new AskonceError('invalid_settings', `Cached ${what}; put it on a method or a controller.`);
}
