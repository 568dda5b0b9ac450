export { type CachedFunctionOptions, type CallOptions, cachedFunction } from './adapters/function.ts';
export type { LiveBody, Sink, Subscription } from './body/live-body.ts';
export { createCache } from './cache.ts';
export { type Clock, systemClock } from './clock.ts';
export type { AskOptions, Cache, CacheOptions, CacheStatistics } from './contract.ts';
export { type CacheStatus, cacheStatusHeader, type Reply } from './engine/reply.ts';
export type { Entry, EntryMeta, Recording, Usage } from './entry/entry.ts';
export { type KeyRing, keyRing } from './entry/key-ring.ts';
export { AskonceError, type ErrorCode, errorCodes } from './errors.ts';
export type { Fallback, Provider, ProviderAnswer } from './flight/provider.ts';
export type { CacheRequest, CallerContext, Directives, HeaderFields } from './identity/request.ts';
export type { DomainEvent } from './invalidation/domain-event.ts';
export type { SelectorInput } from './invalidation/selector.ts';
export type { BypassReason, MissReason, ObservedEvent, Observer } from './observe/events.ts';
export type { OnTrouble } from './observe/report.ts';
export type { Explanation } from './operations/explain.ts';
export type { BuiltInProtocolName, Protocol, ProtocolName } from './protocol/contract.ts';
export type { FlagChange, FlagName, FlagShares } from './settings/flags.ts';
export type { SettingsInput } from './settings/table.ts';
export type {
  EntryFilter,
  Found,
  FoundKeys,
  Scan,
  Store,
  StoreStatistics,
  TagIndex,
  WriteResult,
} from './store/contract.ts';
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './store/memory/store.ts';
export type {
  Following,
  LeaseGrant,
  Leases,
  LeaseTerms,
  LogReading,
  LogRow,
  LogStore,
  Marks,
  Notices,
  SharedServices,
} from './store/shared.ts';
export { type TieredStoreOptions, tieredStore } from './store/stack/tiered.ts';
