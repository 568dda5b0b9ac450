/**
 * Methods of which an application has several instances: one for each request, for each consumer, for each module, or for
 * each call of `ModuleRef.create`.
 *
 * The state of an instance (its request, what its module injects) does not count, so that one would be given the answers of
 * another. Their answers are cached only if `Cached` says what of the instance counts, or gives a name.
 */
import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { Cache } from '../../contract.ts';
import { handlesReads } from './reflected.ts';
import { answersName, type DecoratedMethod, decoratedOf } from './slot.ts';

interface Application {
  readonly modules: ModulesContainer;
  /** The name that the cache has there. */
  readonly cacheName: string;
}

/** What is known about the instances that have a cache. */
interface Known {
  /** Names of methods whose answers are not cached. */
  readonly uncached: Set<string>;
  /** Instances that are their application's only one. */
  readonly single: WeakSet<object>;
  /** The first instance of middleware that has a method, by the method's name. */
  readonly middleware: Map<string, object>;
  readonly applications: Set<Application>;
}

const knownByCache = new WeakMap<Cache, Known>();

function knownOf(cache: Cache): Known {
  const known = knownByCache.get(cache) ?? {
    uncached: new Set(),
    single: new WeakSet(),
    middleware: new Map(),
    applications: new Set(),
  };
  knownByCache.set(cache, known);
  return known;
}

/**
 * Whether several instances have the method, and nothing says which of them share answers. Instances that a module has made
 * that was loaded lazily, or `ModuleRef.create`, are looked at when they are first called.
 */
export function hasRivals(cache: Cache, name: string, instance: object, decorated: DecoratedMethod): boolean {
  const known = knownOf(cache);
  if (decorated.minds) return false;
  if (known.uncached.has(name)) return true;
  if (known.single.has(instance) || known.applications.size === 0) return false;
  const rivals = rivalsOf(instance, name, known);
  if (rivals === undefined) known.single.add(instance);
  else refuse(known, name, rivals);
  return rivals !== undefined;
}

/** What other instances the method has; undefined if this is the only one of its application. */
function rivalsOf(instance: object, name: string, { applications, middleware }: Known): string | undefined {
  let hasOthers = false;
  for (const { modules, cacheName } of applications) {
    const instances = [...instancesIn(modules)].map((one) => one.instance);
    const others = instances.filter((one) => one !== instance && answersUnder(one, name, cacheName));
    hasOthers ||= others.length > 0;
    if (instances.includes(instance)) return others.length > 0 ? several : undefined;
  }
  if (hasOthers) return several;
  if (!isMiddleware(instance)) return created;
  // Nest makes middleware outside of its modules: an instance for each module that applies it.
  const first = middleware.get(name) ?? instance;
  middleware.set(name, first);
  return first === instance ? undefined : several;
}

function answersUnder(instance: object, name: string, cacheName: string): boolean {
  return decoratedOf(instance).some(
    (decorated) => decorated.cache === cacheName && answersName(instance, decorated) === name,
  );
}

/** Whether writes invalidate answers of methods in an application: of its instances, and of those that requests will make. */
export function hasWriteTriggers(modules: ModulesContainer, cacheName: string): boolean {
  for (const { instance } of instancesIn(modules))
    if (decoratedOf(instance).some(({ cache, hasWrites }) => hasWrites && cache === cacheName)) return true;
  return false;
}

/** Watches the instances of an application. */
export interface Watch {
  /** Finds such methods among all that the application has made by now, and warns of each once. */
  look(): void;
  /** Forgets the application. */
  end(): void;
}

/** Has the methods of each instance that an application makes checked when one of them is first called. */
export function watchRivals(modules: ModulesContainer, cacheName: string, cache: Cache): Watch {
  const known = knownOf(cache);
  const application = { modules, cacheName };
  known.applications.add(application);
  return {
    look: () => findRivals(application, known),
    end: () => void known.applications.delete(application),
  };
}

function findRivals({ modules, cacheName }: Application, known: Known): void {
  const owners = new Map<string, object>();
  for (const { instance, wrapper } of instancesIn(modules)) {
    const decoratedMethods = decoratedOf(instance);
    if (decoratedMethods.length === 0) continue;
    const isScoped = wrapper.isTransient || !wrapper.isDependencyTreeStatic();
    if (!isScoped) known.single.add(instance);
    for (const decorated of decoratedMethods) {
      if (decorated.cache !== cacheName || isIndependent(decorated, instance)) continue;
      const name = answersName(instance, decorated);
      const owner = owners.get(name) ?? instance;
      owners.set(name, owner);
      if (isScoped || owner !== instance) refuse(known, name, several);
    }
  }
}

const several = 'several instances';
const created = 'an instance that is no provider, as ModuleRef.create makes them';

function refuse({ uncached }: Known, name: string, instances: string): void {
  if (uncached.has(name)) return;
  uncached.add(name);
  new Logger('AskonceModule').warn(
    `${name} is not cached: it has ${instances}, whose state does not count. Say what counts by key, user or tenant, or give the method a name if nothing does.`,
  );
}

/**
 * Instances that live as long as the application, and the placeholders or prototypes of those that do not, or that are still to
 * be made. What a wrapper depends on must not be asked before that is known: Nest remembers its answer.
 */
function* instancesIn(modules: ModulesContainer) {
  for (const { providers, controllers, injectables } of modules.values())
    for (const wrapper of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
      const instance: unknown = wrapper.instance ?? wrapper.metatype?.prototype;
      if (typeof instance === 'object' && instance !== null) yield { instance, wrapper };
    }
}

function isMiddleware(instance: object): boolean {
  return 'use' in instance && typeof instance.use === 'function';
}

/** A route that reads answers requests, which have an identity of their own. */
function isIndependent({ minds, method }: DecoratedMethod, instance: object): boolean {
  return minds || handlesReads(Reflect.get(instance, method));
}
