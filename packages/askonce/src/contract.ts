/**
 * The cache as a caller sees it: what it is made with, and what it does.
 */
import type { Clock } from './clock.ts';
import type { Reply } from './engine/reply.ts';
import type { CacheTracing } from './engine/tracing.ts';
import type { Entry, Recording } from './entry/entry.ts';
import type { Fallback, Provider } from './flight/provider.ts';
import type { CacheRequest } from './identity/request.ts';
import type { DomainEvent } from './invalidation/domain-event.ts';
import type { SelectorInput } from './invalidation/selector.ts';
import type { MaintenanceOptions, MaintenanceState } from './maintenance/maintenance.ts';
import type { MaintenanceReport } from './maintenance/report.ts';
import type { BypassReason } from './observe/causes.ts';
import type { Observer } from './observe/events.ts';
import type { PageOptions } from './operations/browse.ts';
import type { Explanation } from './operations/explain.ts';
import type { Erasure } from './operations/invalidate.ts';
import type { Subscriber, Subscription } from './operations/subscribe.ts';
import type { Protocol } from './protocol/contract.ts';
import type { Feedback, FeedbackResult } from './semantic/feedback.ts';
import type { SemanticOptions } from './semantic/options.ts';
import type { SemanticReport, SemanticState } from './semantic/report.ts';
import type { FlagChange, FlagShares, Flags } from './settings/flags.ts';
import type { SettingsInput } from './settings/table.ts';
import type { BrowsedPage, LookedAt } from './store/browse.ts';
import type { Store, StoreStatistics, WalkedEntry } from './store/contract.ts';

export interface CacheOptions {
  /** Any part of the settings; each that is left out has its default. */
  readonly settings?: SettingsInput | undefined;
  /** Stores the entries; by default in memory (`memoryCacheSize`). The cache closes it. */
  readonly store?: Store | undefined;
  readonly clock?: Clock | undefined;
  /** Protocols of your own, each under its name, for `CacheRequest.protocol`. Built-in names are refused. */
  readonly protocols?: Readonly<Record<string, Protocol>> | undefined;
  /** Feature flags, if other parts of the program share them (`new Flags(settings)`). */
  readonly flags?: Flags | undefined;
  /** One observer or several, called with every event. What one throws or rejects with is dropped. */
  readonly observe?: Observer | readonly Observer[] | undefined;
  /** The semantic tier: answers to the same question in other words. Without it, there is none. */
  readonly semantic?: SemanticOptions | undefined;
  /** The durable account of what is asked and saved. The cache closes it. Without it, there is none. */
  readonly ledger?: CacheLedger | undefined;
  /** Traces requests (`askonce/opentelemetry`). Without it, nothing is traced. */
  readonly tracing?: CacheTracing | undefined;
}

/** A ledger as a cache uses it. No request waits for it. */
export interface CacheLedger {
  /** Listens to the cache. */
  readonly observe: Observer;
  /** Called, once, with the observer of the cache, to which the ledger reports its own trouble (`ledger-trouble`). */
  reportTo?(observe: Observer): void;
  /** Called with each entry that this process has stored; it has the text of the question, if text is stored (`keepText`). */
  stored(entry: Entry): void;
  /**
   * Removes what the ledger holds of one user, named by the keyed digest that events have (`userDigest`). Resolves with
   * the number of rows; rejects if it is not known that all are gone.
   */
  erase(userDigest: string): Promise<number>;
  /** Writes what is queued, and lets go of file or connections. */
  close(): Promise<void>;
}

export interface AskOptions {
  /** Aborted when the caller leaves: `ask` rejects, or the reply's body fails, with the signal's reason. Other callers do not notice. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Makes the answer when the provider fails and no stale entry can be served: a template, say. It is not stored.
   * If it makes none, or rejects, the caller gets the provider's failure.
   */
  readonly fallback?: Fallback | undefined;
  /** Neither joins nor waits for the call of another request; the answer is stored all the same. Default: false. */
  readonly alone?: boolean | undefined;
  /**
   * Rejects with `not_shared` if the request has waited for an answer that is for its leader alone (`Protocol.answers`), so
   * that the caller can ask anew for what it knows by then. Default: the request calls the provider for itself.
   */
  readonly rejectsUnshared?: boolean | undefined;
  /** The provider of refreshes behind a stale hit, for which no caller waits. Default: the same. */
  readonly refreshProvider?: Provider | undefined;
  /** Bypasses the cache for this reason, for callers that know what the request does not say. Default: the request decides. */
  readonly bypass?: BypassReason | undefined;
}

export interface CacheStatistics {
  readonly store: StoreStatistics;
  /** Generations in progress in this process. */
  readonly flights: number;
  /** Whether this process knows of every invalidation; while it does not, no entry is served. */
  readonly logIsCurrent: boolean;
  /** Answers that this process has not stored since it started, by reason: a rule of the write gate, or a result of the store. */
  readonly refused: Readonly<Record<string, number>>;
  /** Whether the semantic tier works, and what is wrong with it now. */
  readonly semantic: SemanticState;
}

export interface Cache {
  /**
   * Answers a request: from the store, from a flight in progress, or from the provider. A live body must be read to its
   * end, left, or aborted by the signal: until then it holds its place in the flight. A JSON body that the protocol
   * cannot interpret goes to the provider unchanged and bypasses the cache (`unrepresentable`).
   * @throws AskonceError with the code that the gateway answers with; the signal's reason if that has aborted.
   */
  ask(request: CacheRequest, provider: Provider, options?: AskOptions): Promise<Reply>;
  /**
   * The entry of a request, fresh or stale, in whatever form it was recorded. A request that is answered in parts (a
   * batch of embeddings) has none of its own; its parts have.
   */
  get(request: CacheRequest): Promise<Entry | undefined>;
  /** One entry a request, in one round trip. */
  getMany(requests: readonly CacheRequest[]): Promise<readonly (Entry | undefined)[]>;
  /** Stores an answer from elsewhere, if it passes the write gate. True if it was stored. */
  set(request: CacheRequest, recording: Recording): Promise<boolean>;
  /** The same for several, in one call to the store; one answer each. */
  setMany(
    answers: readonly { readonly request: CacheRequest; readonly recording: Recording }[],
  ): Promise<readonly boolean[]>;
  /** Removes the entry of a request. True if there was one. */
  delete(request: CacheRequest): Promise<boolean>;
  /**
   * Walks all entries that may still be served, fresh or stale, in batches of at most 1 000: keys, metadata, and how often
   * and when last each was found, as far as the store counts. An entry that is written meanwhile may be missed or come twice.
   * @throws AskonceError `store_failed` if the store can't list its entries.
   */
  entries(): AsyncIterable<readonly WalkedEntry[]>;
  /**
   * One page of the entries that may still be served, and the position of the next. It may be short or empty and still have a
   * next one: a page is a bounded amount of work. An entry that is there throughout is in one of the pages; one that is
   * written again meanwhile may be in two.
   * @throws AskonceError `invalid_selector`; `invalid_request` for a position that is not known; `store_failed`.
   */
  page(options?: PageOptions): Promise<BrowsedPage>;
  /** The entry under a key, if it may still be served. Counts as no hit. @throws AskonceError `store_failed`. */
  look(key: string): Promise<LookedAt | undefined>;
  /**
   * The answer under a key (`Reply.key`), for a caller that has no question: the flight of this process that generates it,
   * from its first byte, else the replay of its entry, fresh or stale. A body is converted to a stream if its protocol can,
   * else served as it is. Undefined, a moment later, if there is no answer or the caller may not be served it: the caller's
   * credential and context must be those of a request that has the key, and the provider must have accepted the
   * credential recently. Counts as no request. As of `ask`, a live body must be read to its end, left or aborted.
   * @throws AskonceError `invalid_request` for a context beyond its limits, the provider's failure, `closed`; the signal's
   * reason if that has aborted.
   */
  subscribe(key: string, subscriber: Subscriber): Promise<Subscription | undefined>;
  /**
   * Explains how `ask` would take a request: its identity, its entry, and why that would be served or not. Calls no
   * provider. @throws AskonceError for a body that `ask` would refuse.
   */
  explain(request: CacheRequest): Promise<Explanation>;
  /**
   * Invalidates what a selector means, here and on every machine that shares the store: once this resolves, no lookup or
   * join that begins here is served it, and none elsewhere a second later. Resolves with the number of entries removed.
   * With `dryRun`, only counts.
   * @throws AskonceError `invalid_selector`; `invalidation_failed` if the shared store can't be reached (then this process's memory tier is cleared).
   */
  invalidate(selector: SelectorInput, options?: { readonly dryRun?: boolean | undefined }): Promise<number>;
  /**
   * Handles a domain event (`{ type: 'template.changed', template: 'greeting' }`): it invalidates what the settings'
   * table (`events`) maps it to, and the answers whose question or route names its type (`invalidateOn`). Resolves with the
   * number of entries removed.
   * @throws AskonceError `invalid_event`, also for a type that neither the settings list nor this process has declared;
   * `invalidation_failed`.
   */
  emit(event: DomainEvent): Promise<number>;
  /**
   * Makes `emit` take these types of domain events, which the settings need not list. What is tagged `event=TYPE` is
   * invalidated by events of that type. Adapters call it for what `invalidateOn` names.
   * @throws AskonceError `invalid_request` for a type beyond 1 to 64 characters.
   */
  declareEvents(types: readonly string[]): void;
  /**
   * Erases one user's data: every entry that this user led, from every tier, and the user's rows in the ledger. Resolves
   * with the number of entries once they are gone, which takes minutes where there are millions of entries.
   * @throws AskonceError `invalidation_failed` if it is not known that all are gone.
   */
  erase(user: string): Promise<number>;
  /**
   * As `erase`, but resolves within seconds, however many entries there are: once nothing of the user's is served any more
   * and the entries that an index names are gone, and the ledger's rows, if that does not take long. The result's `ledger`
   * and `thorough` are the rest: the rows of a slow ledger, and the look at every entry that follows.
   * @throws AskonceError `invalidation_failed` if the log, the store or the ledger fails.
   */
  beginErasure(user: string): Promise<Erasure>;
  /** The share of questions, in percent, for which each feature flag is on. */
  flags(): FlagShares;
  /**
   * Changes feature flags, on all machines that share the store: on, off, a percentage, or null for the settings' own.
   * @throws AskonceError `invalid_flags`, `store_failed`.
   */
  changeFlags(change: FlagChange): Promise<FlagShares>;
  /**
   * Takes a verdict on a semantic hit. *wrong* blocks the stored answer for the question, and the entry as a semantic
   * candidate, within a second and for as long as it lives; exact hits stay. *right* never makes the tier serve more.
   * @throws AskonceError `match_unknown`; `feedback_forbidden` if another credential got the hit.
   */
  feedback(feedback: Feedback): Promise<FeedbackResult>;
  /** What the semantic tier has learnt, and what it has kept apart. */
  semantic(): Promise<SemanticReport>;
  /**
   * Removes entries that are past their expiry, of low value or of low quality, and has the store give memory or disk back,
   * in small steps that hold up no request. Resolves with what it did once it has ended, which takes minutes where there are
   * millions of entries; the report says whether it was completed. With `dryRun`, only counts.
   * @throws AskonceError `maintenance_running` if it is running already, here or at another process that shares the store;
   * `invalid_request` for an unknown kind.
   */
  maintain(options?: MaintenanceOptions): Promise<MaintenanceReport>;
  /** The run of maintenance in progress at this process, and its last one. */
  maintenance(): MaintenanceState;
  statistics(): Promise<CacheStatistics>;
  /** Takes no new requests, waits for flights to end (at most `graceMs`, default 30 000), flushes and closes the store. */
  close(graceMs?: number): Promise<void>;
}
