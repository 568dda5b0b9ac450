/**
 * Methods of which an application has several instances: one for each request, for each consumer, or for each module.
 *
 * The state of an instance (its request, what its module injects) does not count, so that one would be given the answers of
 * another. Their answers are cached only if `Cached` says what of the instance counts, or gives a name.
 */
import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { Cache } from '../../contract.ts';
import { handlesReads } from './reflected.ts';
import { answersName, type DecoratedMethod, decoratedOf } from './slot.ts';

/** Names of methods whose answers are not cached, by cache. */
const uncached = new WeakMap<Cache, Set<string>>();

/** Whether several instances have the method, and nothing says which of them share answers. */
export function hasRivals(cache: Cache, name: string): boolean {
  return uncached.get(cache)?.has(name) ?? false;
}

/** Whether writes invalidate answers of methods in an application: of its instances, and of those that requests will make. */
export function hasWriteTriggers(modules: ModulesContainer, cacheName: string): boolean {
  for (const { instance } of instancesIn(modules))
    if (decoratedOf(instance).some(({ cache, hasWrites }) => hasWrites && cache === cacheName)) return true;
  return false;
}

/** Finds such methods in an application, and warns of each once. */
export function findRivals(modules: ModulesContainer, cacheName: string, cache: Cache): void {
  const found = uncached.get(cache) ?? new Set<string>();
  uncached.set(cache, found);
  const logger = new Logger('AskonceModule');
  const owners = new Map<string, object>();
  for (const { instance, isScoped } of instancesIn(modules)) {
    for (const decorated of decoratedOf(instance)) {
      if (decorated.cache !== cacheName || isIndependent(decorated, instance)) continue;
      const name = answersName(instance, decorated);
      const owner = owners.get(name) ?? instance;
      owners.set(name, owner);
      if ((!isScoped && owner === instance) || found.has(name)) continue;
      found.add(name);
      logger.warn(
        `${name} is not cached: it has several instances, whose state does not count. Say what counts by key, user or tenant, or give the method a name if nothing does.`,
      );
    }
  }
}

/** Instances that live as long as the application, and the prototypes of those that do not. */
function* instancesIn(
  modules: ModulesContainer,
): Generator<{ readonly instance: object; readonly isScoped: boolean }> {
  for (const { providers, controllers, injectables } of modules.values())
    for (const wrapper of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
      const isScoped = wrapper.isTransient || !wrapper.isDependencyTreeStatic();
      const instance: unknown = isScoped ? wrapper.metatype?.prototype : wrapper.instance;
      if (typeof instance === 'object' && instance !== null) yield { instance, isScoped };
    }
}

/** A route that reads answers requests, which have an identity of their own. */
function isIndependent({ minds, method }: DecoratedMethod, instance: object): boolean {
  return minds || handlesReads(Reflect.get(instance, method));
}
