export { type CachedFunctionOptions, type CallOptions, cachedFunction } from './adapters/function.ts';
export type { AskOptions, Cache, CacheOptions, CacheStatistics } from './asking/contract.ts';
export type { Explanation } from './asking/explain.ts';
export { createCache } from './cache.ts';
export { type Clock, systemClock } from './clock.ts';
export type { Entry, EntryMeta, Usage } from './entry/entry.ts';
export { type KeyRing, keyRing, type Seal } from './entry/key-ring.ts';
export type { EventMarks, Form, Recording } from './entry/recording.ts';
export { AskonceError, type ErrorCode, errorCodes } from './errors.ts';
export type { LiveBody, Sink, Subscription } from './flight/live-body.ts';
export type { Fallback, Provider, ProviderAnswer, ProviderFailure } from './flight/provider.ts';
export { parseCacheControl } from './identity/cache-control.ts';
export { maxContextLength } from './identity/context.ts';
export type { CacheRequest, CallerContext, Directives, HeaderFields } from './identity/request.ts';
export { maxOwnTags, maxTagBytes, tag, tagDigester } from './identity/tags.ts';
export { type DomainEvent, domainEventSchema } from './invalidation/domain-event.ts';
export { type SelectorInput, selectorSchema } from './invalidation/selector.ts';
export type { BypassReason, MissReason, ObservedEvent, Observer } from './observe/events.ts';
export type { ErrorInfo, Protocol, ProtocolName } from './protocol/contract.ts';
export { documentedOrigins } from './protocol/documented-origins.ts';
export {
  commonHeaders,
  type HeaderRule,
  type HeaderTable,
  headerRules,
  hopByHopHeaders,
} from './protocol/headers.ts';
export { protocols } from './protocol/protocols.ts';
export { type CacheTold, cacheStatus, type Reply } from './reply.ts';
export { type FlagChange, type FlagName, type FlagShares, Flags, flagNames } from './settings/flags.ts';
export { librarySettings, readSettings, type SettingSources } from './settings/read.ts';
export {
  type Setting,
  type SettingName,
  type Settings,
  type SettingsInput,
  settingsTable,
} from './settings/table.ts';
export {
  type BreakerChange,
  type BreakerOptions,
  type BreakerSide,
  type BreakerStore,
  breaker,
} from './store/breaker.ts';
export type { CircuitState } from './store/circuit.ts';
export type {
  EntryFilter,
  Following,
  Found,
  FoundKeys,
  LeaseGrant,
  Leases,
  LeaseTerms,
  LogReading,
  LogRow,
  LogStore,
  Marks,
  Notices,
  Scan,
  Store,
  StoreCapability,
  StoreStatistics,
  TagIndex,
  WriteResult,
} from './store/contract.ts';
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './store/memory.ts';
export { holdsClasses, type SizeClass } from './store/size-class.ts';
export { switched } from './store/switched.ts';
export { type TieredStoreOptions, tieredStore } from './store/tiered.ts';
export { type OnTrouble, type StoreTrouble, ToldTrouble } from './store/trouble.ts';
export { wrapped } from './store/wrapped.ts';
