/**
 * The engine: what all requests of one cache share. A feature is a function that takes the engine and owns its own state.
 */
import { randomBytes } from 'node:crypto';
import { type Access, credentialAccess } from '../access/credential-access.ts';
import { type Clock, systemClock } from '../clock.ts';
import { derivedRing, type KeyRing } from '../entry/key-ring.ts';
import { Flights } from '../flight/flights.ts';
import type { AnswerHeaders } from '../flight/plan.ts';
import { credentialReader, type Identified, identifier } from '../identity/identify.ts';
import type { CacheRequest, HeaderFields } from '../identity/request.ts';
import { type TagDigester, tagDigester, type ValueDigester, valueDigester } from '../identity/tags.ts';
import { type WallCheck, wallCheck } from '../identity/wall.ts';
import type { InvalidationLog } from '../invalidation/log.ts';
import { openInvalidationLog } from '../invalidation/open.ts';
import type { ObservedEvent, Observer } from '../observe/events.ts';
import { notify, observeTrouble } from '../observe/report.ts';
import type { FinishWords, Protocol } from '../protocol/contract.ts';
import { readFinishWords } from '../protocol/finish-words.ts';
import { type ProtocolTable, protocolTable } from '../protocol/protocols.ts';
import { Flags } from '../settings/flags.ts';
import { librarySettings } from '../settings/read.ts';
import type { Settings, SettingsInput } from '../settings/table.ts';
import type { Store } from '../store/contract.ts';
import { memoryStore } from '../store/memory/store.ts';
import type { SharedServices } from '../store/shared.ts';
import { type EntryHooks, entryHooks } from './entry-hooks.ts';
import { fallbackMark } from './fallback-mark.ts';
import { type Refusals, refusals } from './refusals.ts';
import type { CacheTracing } from './tracing.ts';

export interface Engine {
  readonly settings: Settings;
  readonly flags: Flags;
  readonly clock: Clock;
  /** Entries. */
  readonly store: Store;
  /** What processes share besides entries; each service is absent if the store has none. */
  readonly shared: SharedServices;
  readonly log: InvalidationLog;
  readonly flights: Flights;
  /** Which credentials may be served stored answers. */
  readonly access: Access;
  /** The hooks that notify derived data of entries. */
  readonly hooks: EntryHooks;
  readonly digestTag: TagDigester;
  /** The digests by which events name a caller. */
  readonly digestCaller: { readonly [Part in 'tenant' | 'user' | 'session']: ValueDigester };
  /** The built-in protocols, and the caller's own. */
  readonly protocols: ProtocolTable;
  /** The user's own finish words. */
  readonly finishWords: FinishWords;
  /** Reports an event to all observers that listen to its type; never throws. */
  readonly observe: Observer;
  readonly refusals: Refusals;
  /** Undefined if requests are not traced. */
  readonly tracing: CacheTracing | undefined;
  /** Whether the headers of an answer mark it as a fallback's. */
  readonly isFallback: (headers: AnswerHeaders) => boolean;
}

export interface EngineOptions {
  readonly settings?: SettingsInput | undefined;
  readonly store?: Store | undefined;
  readonly clock?: Clock | undefined;
  readonly protocols?: Readonly<Record<string, Protocol>> | undefined;
  readonly flags?: Flags | undefined;
  readonly observe?: Observer | readonly Observer[] | undefined;
  readonly tracing?: CacheTracing | undefined;
}

export interface OpenedEngine {
  readonly engine: Engine;
  readonly identify: (request: CacheRequest) => Identified;
  /** The credential of request headers, as an identity has it. */
  readonly credentialOf: (protocol: string, headers: HeaderFields) => string;
  /** The credential of a caller that may be served an answer by its key, as far as walls go. */
  readonly withinWall: WallCheck;
  /** Seals for one purpose, under a key that is derived from the secret. */
  readonly keysFor: (purpose: string) => KeyRing;
}

/** @throws AskonceError `invalid_settings`, naming the setting. */
export function openEngine(options: EngineOptions): OpenedEngine {
  const settings = librarySettings(options.settings);
  const clock = options.clock ?? systemClock;
  const refused = refusals(clock);
  const observe = toAll([refused.observe, ...[options.observe ?? []].flat()]);
  const store: Store = options.store ?? memoryStore({ maxBytes: settings.memoryCacheSize, clock });
  const shared = store.shared ?? {};
  const protocols = protocolTable(options.protocols);
  const secret = settings.secret ?? randomBytes(32).toString('hex');
  const hooks = entryHooks(store);
  if (isObserved({ observe }, 'removed'))
    hooks.onRemoved((keys, cause) => observe({ type: 'removed', cause, entries: keys.length }));
  const digestTag = tagDigester(secret);
  const engine: Engine = {
    settings,
    flags: options.flags ?? new Flags(settings),
    clock,
    store,
    shared,
    log: openInvalidationLog({
      store: { name: store.name, shared, ...reportedSweep(store, hooks) },
      clock,
      observe,
      onLost: hooks.forget,
      toleranceMs: settings.logToleranceMs,
    }),
    flights: new Flights(),
    access: credentialAccess({
      marks: shared.marks,
      hours: settings.credentialHours,
      budgetMs: settings.storeBudgetMs,
      clock,
      onTrouble: (error) => observeTrouble({ store, observe }, 'marks', error),
    }),
    hooks,
    digestTag,
    digestCaller: {
      tenant: valueDigester('tenant', digestTag),
      user: valueDigester('user', digestTag),
      session: valueDigester('session', digestTag),
    },
    protocols,
    finishWords: readFinishWords(settings.finishWords),
    observe,
    refusals: refused,
    tracing: options.tracing,
    isFallback: fallbackMark(settings.fallbackHeaders),
  };
  return {
    engine,
    identify: identifier({ settings, secret, clock, protocols, digestTag }),
    credentialOf: credentialReader({ settings, secret, protocols }),
    withinWall: wallCheck({ settings, secret, protocols }),
    keysFor: (purpose) => derivedRing(secret, purpose),
  };
}

/** The store's sweep of entries that were invalidated elsewhere, reported to the hooks. */
function reportedSweep(store: Store, hooks: EntryHooks): Pick<Store, 'sweep'> {
  if (store.sweep === undefined) return {};
  return {
    async sweep(isDead) {
      const keys: string[] = [];
      const swept = await store.sweep?.((found) => {
        const dead = isDead(found);
        if (dead) keys.push(found.entry.key);
        return dead;
      });
      hooks.removed(keys, 'invalidated', 'another');
      return swept ?? 0;
    },
  };
}

/**
 * One observer that reports to all of them, each by the types that it listens to. An observer that throws costs neither the
 * request nor the other observers anything.
 */
export function toAll(observe: Observer | readonly Observer[] | undefined): Observer {
  const observers = typeof observe === 'function' ? [observe] : (observe ?? []);
  /** The observers of each type that has been reported. */
  const byType = new Map<ObservedEvent['type'], readonly Observer[]>();
  const listenersOf = (type: ObservedEvent['type']) => {
    const listeners = observers.filter((observer) => listensTo(observer, type));
    byType.set(type, listeners);
    return listeners;
  };
  const report = (event: ObservedEvent) => {
    for (const observer of byType.get(event.type) ?? listenersOf(event.type)) notify(observer, event);
  };
  const types = observers.some((observer) => observer.types === undefined)
    ? undefined
    : new Set(observers.flatMap((observer) => [...(observer.types ?? [])]));
  return Object.assign(report, { types });
}

/** Whether an observer listens to events of a type. */
export function isObserved({ observe }: Pick<Engine, 'observe'>, type: ObservedEvent['type']): boolean {
  return listensTo(observe, type);
}

function listensTo({ types }: Observer, type: ObservedEvent['type']): boolean {
  return types?.has(type) !== false;
}
