/**
 * How an instance gets the cache of its decorated methods: Nest injects it as a property, as it would for `InjectCache()`.
 * The property's setter refuses two classes whose methods would share answers.
 */
import { Inject } from '@nestjs/common';
import type { Cache } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import { handlesReads } from './reflected.ts';
import { cacheToken } from './tokens.ts';

/** A decorated method. */
export interface DecoratedMethod {
  readonly method: string | symbol;
  /** The prototype that declares it. */
  readonly prototype: object;
  /** Name of the cache. */
  readonly cache: string;
  /** The name that its `Cached` gives, if any. */
  readonly name: string | undefined;
  /** Whether its `Cached` says what of an instance counts, or by a name that nothing of it does. */
  readonly minds: boolean;
  /** Whether writes invalidate its answers. */
  readonly hasWrites: boolean;
  /** Types of domain events that invalidate its answers. */
  readonly events: readonly string[];
}

const caches = new WeakMap<object, Map<symbol, Cache>>();

/** The classes whose methods answer under a name, by cache. */
const owners = new WeakMap<Cache, Map<string, unknown>>();

/** Decorated methods, by the prototype that declares them and by slot. */
const declared = new WeakMap<object, Map<symbol, DecoratedMethod[]>>();

/**
 * The name that separates a method's answers from others. Methods that two classes inherit from one answer differently,
 * since they may use what the subclass has. A decorated method that another overrides, and calls by `super`, answers differently, too.
 */
export function answersName(instance: object, { method, prototype, name }: DecoratedMethod): string {
  const owner = instance.constructor;
  const nearest = decoratedOf(instance).find((one) => one.method === method);
  const isOverridden = nearest !== undefined && nearest.prototype !== prototype;
  const beneath = isOverridden ? `/${prototype.constructor.name}` : '';
  if (name === undefined) return `${owner.name}${beneath}.${String(method)}`;
  return owner === prototype.constructor ? name : `${owner.name}${beneath}/${name}`;
}

/** Makes an earlier decorator of a method without effect: a call within another of the same name would wait for itself. */
export function supersede(prototype: object, method: string | symbol): void {
  for (const methods of declared.get(prototype)?.values() ?? []) {
    const at = methods.findIndex((one) => one.method === method);
    if (at !== -1) methods.splice(at, 1);
  }
}

export function isSuperseded(decorated: DecoratedMethod): boolean {
  const { prototype, cache } = decorated;
  return declared.get(prototype)?.get(cacheToken(cache))?.includes(decorated) !== true;
}

/** Has Nest inject the cache of a decorated method into the instances of its class and of its subclasses. */
export function addSlot(added: DecoratedMethod): void {
  const { prototype } = added;
  const slot = cacheToken(added.cache);
  const slots = declared.get(prototype) ?? new Map<symbol, DecoratedMethod[]>();
  declared.set(prototype, slots);
  const methods = slots.get(slot);
  if (methods !== undefined) {
    methods.push(added);
    return;
  }
  const own = [added];
  slots.set(slot, own);
  Inject(slot)(prototype, slot);
  const inherited: unknown = Object.getPrototypeOf(prototype);
  Object.defineProperty(prototype, slot, {
    configurable: true,
    set(this: object, given: Cache) {
      // This setter hides that of a base class, whose methods answer under names of the subclass, too.
      if (typeof inherited === 'object' && inherited !== null && slot in inherited)
        Reflect.set(inherited, slot, given, this);
      for (const one of own) {
        // Answers of a route that reads are those of its path, whatever its class is called.
        if (!handlesReads(Reflect.get(this, one.method)))
          claim(given, answersName(this, one), this.constructor);
        given.declareEvents(one.events);
      }
      const held = caches.get(this) ?? new Map<symbol, Cache>();
      caches.set(this, held.set(slot, given));
    },
  });
}

/** The decorated methods of an instance, inherited ones included. */
export function decoratedOf(instance: object): readonly DecoratedMethod[] {
  const found: DecoratedMethod[] = [];
  for (let at: object | null = instance; at !== null; at = Object.getPrototypeOf(at))
    for (const methods of declared.get(at)?.values() ?? []) found.push(...methods);
  return found;
}

/** The cache that an instance was given; undefined if it was not made by Nest. */
export function cacheIn(instance: object, cache: string): Cache | undefined {
  return caches.get(instance)?.get(cacheToken(cache));
}

/** Gives the instance, which Nest did not make itself (`useFactory`, `useValue`), the cache of its decorated methods. */
export function fillSlot(instance: object, name: string, cache: Cache): void {
  const slot = cacheToken(name);
  if (slot in instance && cacheIn(instance, name) === undefined) Reflect.set(instance, slot, cache);
}

function claim(cache: Cache, name: string, owner: unknown): void {
  const claimed = owners.get(cache) ?? new Map<string, unknown>();
  owners.set(cache, claimed);
  const other = claimed.get(name);
  if (other !== undefined && other !== owner)
    throw new AskonceError(
      'invalid_settings',
      `Two classes have a cached method ${name}, and would share its answers; rename one, or give the method a name: Cached({ name }).`,
    );
  claimed.set(name, owner);
}
