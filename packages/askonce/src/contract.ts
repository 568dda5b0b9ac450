/**
 * What a cache offers, and what it is made of.
 */
import type { Clock } from './clock.ts';
import type { Reply } from './engine/reply.ts';
import type { Entry, Recording } from './entry/entry.ts';
import type { Fallback, Provider } from './flight/provider.ts';
import type { CacheRequest } from './identity/request.ts';
import type { DomainEvent } from './invalidation/domain-event.ts';
import type { SelectorInput } from './invalidation/selector.ts';
import type { Observer } from './observe/events.ts';
import type { Explanation } from './operations/explain.ts';
import type { Protocol } from './protocol/contract.ts';
import type { FlagChange, FlagShares, Flags } from './settings/flags.ts';
import type { SettingsInput } from './settings/table.ts';
import type { Store, StoreStatistics } from './store/contract.ts';

export interface CacheOptions {
  /** Any part of the settings; what is left out has its default. */
  readonly settings?: SettingsInput | undefined;
  /** Where entries are kept; by default in memory (`memoryCacheSize`). The cache closes it. */
  readonly store?: Store | undefined;
  readonly clock?: Clock | undefined;
  /** Protocols of your own, each under its name, for `CacheRequest.protocol`. Built-in names are refused. */
  readonly protocols?: Readonly<Record<string, Protocol>> | undefined;
  /** Feature flags, where others are to share them (`new Flags(settings)`). */
  readonly flags?: Flags | undefined;
  /** Told of everything that happens. What it throws or rejects with is dropped. */
  readonly observe?: Observer | undefined;
}

export interface AskOptions {
  /** Tells that the caller has left: `ask` rejects, or the reply's body fails, with the signal's reason. The others who wait do not notice. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What to answer with where the provider fails and nothing kept can stand in: a template, say. It is not kept.
   * Undefined, or a rejection: the provider's failure is told as it is.
   */
  readonly fallback?: Fallback | undefined;
}

export interface CacheStatistics {
  readonly store: StoreStatistics;
  /** Generations under way in this process. */
  readonly flights: number;
  /** Whether this process knows of everything that was taken back; while it does not, nothing kept is served. */
  readonly logIsCurrent: boolean;
}

export interface Cache {
  /**
   * Answers a request: from the store, from a flight under way, or from the provider. A live body must be read,
   * left, or aborted by the signal: until then its place is kept.
   * @throws AskonceError with the code that the gateway answers with; the signal's reason where that has aborted.
   */
  ask(request: CacheRequest, provider: Provider, options?: AskOptions): Promise<Reply>;
  /**
   * The entry that is kept for a request, fresh or stale, in whatever form it was recorded. A request that is
   * answered in parts (a batch of embeddings) has none of its own; its parts have.
   */
  get(request: CacheRequest): Promise<Entry | undefined>;
  /** One answer a request, in one round trip. */
  getMany(requests: readonly CacheRequest[]): Promise<readonly (Entry | undefined)[]>;
  /** Keeps an answer that was come by elsewhere, if the write gate lets it pass. True where it was kept. */
  set(request: CacheRequest, recording: Recording): Promise<boolean>;
  /** The same for several, in one call to the store; one answer each. */
  setMany(
    answers: readonly { readonly request: CacheRequest; readonly recording: Recording }[],
  ): Promise<readonly boolean[]>;
  /** Removes the entry of a request. True where there was one. */
  delete(request: CacheRequest): Promise<boolean>;
  /**
   * Says how `ask` would take a request: what it is known by, what is kept for it, and why that would be served or
   * not. Asks nobody. @throws AskonceError for a body that `ask` would refuse.
   */
  explain(request: CacheRequest): Promise<Explanation>;
  /**
   * Takes back what a selector means, here and on every machine that shares the store: once this resolves, no lookup
   * or join that begins here is served it, and none elsewhere a second later. Answers with the number of entries.
   * With `dryRun`, only counts.
   * @throws AskonceError `invalid_selector`; `invalidation_failed` where the shared store can't be reached (then what is kept in memory here is cleared).
   */
  invalidate(selector: SelectorInput, options?: { readonly dryRun?: boolean | undefined }): Promise<number>;
  /**
   * Tells of a domain event (`{ type: 'template.changed', template: 'greeting' }`), which takes back what the settings'
   * table (`events`) maps it to. Answers with the number of entries.
   * @throws AskonceError `invalid_event`; `invalidation_failed`.
   */
  tell(event: DomainEvent): Promise<number>;
  /**
   * Removes every entry that this user led, from every tier. Answers with their number once they are gone.
   * @throws AskonceError `invalidation_failed` where it is not known that all are gone.
   */
  erase(user: string): Promise<number>;
  /** The share of questions, in percent, for which each feature flag is on. */
  flags(): FlagShares;
  /**
   * Changes feature flags, on all machines that share the store: on, off, a percentage, or null for the settings' own.
   * @throws AskonceError `invalid_flags`, `store_failed`.
   */
  changeFlags(change: FlagChange): Promise<FlagShares>;
  statistics(): Promise<CacheStatistics>;
  /** Takes no new requests, waits for flights to end (at most `graceMs`, default 30 000), flushes and closes the store. */
  close(graceMs?: number): Promise<void>;
}
