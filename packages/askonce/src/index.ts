/**
 * `askonce`: a cache for the answers of language models, and what an application needs to use one.
 */
export {
  type CachedFunctionOptions,
  type CachedStream,
  type CallOptions,
  cachedFunction,
} from './adapters/function.ts';
export type {
  ValueFacts,
  ValueOptions,
  ValueQuestion,
  ValueReply,
  ValuesOptions,
  ValuesReply,
} from './adapters/values/contract.ts';
export { Cached, type CachedMethodDecorator, type CachedMethodOptions } from './adapters/values/method.ts';
export { askValue, askValues, deleteValue, getValue, setValue } from './adapters/values/values.ts';
export type { LiveBody } from './body/live-body.ts';
export { createCache } from './cache.ts';
export { type Clock, systemClock } from './clock.ts';
export type { AskOptions, Cache, CacheLedger, CacheOptions, CacheStatistics } from './contract.ts';
export { type CacheStatus, cacheStatusHeader, type Reply } from './engine/reply.ts';
export type { CacheTracing } from './engine/tracing.ts';
export type { Entry, EntryMeta, Recording, Usage } from './entry/entry.ts';
export { keyRing } from './entry/key-ring.ts';
export { AskonceError, type ErrorCode, errorCodes } from './errors.ts';
export type { Fallback, Provider, ProviderAnswer } from './flight/provider.ts';
export type { CacheRequest, CallerContext, Directives } from './identity/request.ts';
export type { DomainEvent } from './invalidation/domain-event.ts';
export type { SelectorInput } from './invalidation/selector.ts';
export type { MaintenanceKind } from './maintenance/kinds.ts';
export type { MaintenanceOptions, MaintenanceState } from './maintenance/maintenance.ts';
export type { MaintenanceReport } from './maintenance/report.ts';
export type { BypassReason, MissReason } from './observe/causes.ts';
export type { ObservedEvent, Observer } from './observe/events.ts';
export type { PageOptions } from './operations/browse.ts';
export type { Explanation } from './operations/explain.ts';
export type { Erasure } from './operations/invalidate.ts';
export type { Subscriber, Subscription } from './operations/subscribe.ts';
export type { Protocol, ProtocolName } from './protocol/contract.ts';
export type { Feedback, FeedbackResult } from './semantic/feedback.ts';
export type { SameAnswer, SemanticOptions } from './semantic/options.ts';
export type { SemanticExplanation, SemanticReport } from './semantic/report.ts';
export type { FlagChange, FlagName, FlagShares } from './settings/flags.ts';
export type { SettingsInput } from './settings/table.ts';
export type { Store, StoreStatistics, WalkedEntry } from './store/contract.ts';
export { type MemoryStoreOptions, memoryStore } from './store/memory/store.ts';
export { type TieredStoreOptions, tieredStore } from './store/stack/tiered.ts';
