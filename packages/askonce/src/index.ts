export { type CachedFunctionOptions, type CallOptions, cachedFunction } from './adapters/function.ts';
export { parseCacheControl } from './adapters/http/cache-control.ts';
export type { LiveBody, Sink, Subscription } from './body/live-body.ts';
export { createCache } from './cache.ts';
export { type Clock, systemClock } from './clock.ts';
export type { AskOptions, Cache, CacheOptions, CacheStatistics } from './contract.ts';
export { type CacheStatus, cacheStatusHeader, type Reply } from './engine/reply.ts';
export type { Entry, EntryMeta, EventMarks, Form, Recording, Usage } from './entry/entry.ts';
export { type KeyRing, keyRing, type Seal } from './entry/key-ring.ts';
export { AskonceError, type ErrorCode, errorCodes } from './errors.ts';
export type { Fallback, Provider, ProviderAnswer, ProviderFailure } from './flight/provider.ts';
export type { CacheRequest, CallerContext, Directives, HeaderFields } from './identity/request.ts';
export { maxContextLength, maxOwnTags, maxTagBytes } from './identity/request.ts';
export { tag, tagDigester } from './identity/tags.ts';
export { type DomainEvent, domainEventSchema } from './invalidation/domain-event.ts';
export { type SelectorInput, selectorSchema } from './invalidation/selector.ts';
export type { BypassReason, MissReason, ObservedEvent, Observer } from './observe/events.ts';
export { type OnTrouble, ReportedError, type StoreTrouble } from './observe/report.ts';
export type { Explanation } from './operations/explain.ts';
export type { BuiltInProtocolName, ErrorInfo, Protocol, ProtocolName } from './protocol/contract.ts';
export type { Framing, StreamEnding } from './protocol/framing.ts';
export {
  commonHeaders,
  type HeaderRule,
  type HeaderTable,
  headerRules,
  hopByHopHeaders,
} from './protocol/headers.ts';
export { documentedOrigins, protocols } from './protocol/protocols.ts';
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
  type Guard,
  guardedShared,
  type SharedCall,
} from './store/around.ts';
export {
  type BreakerChange,
  type BreakerOptions,
  type BreakerSide,
  type BreakerStore,
  breaker,
} from './store/breaker/breaker.ts';
export type { CircuitState } from './store/breaker/circuit.ts';
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
export { holdsClasses, type SizeClass, type TieredStoreOptions, tieredStore } from './store/stack/tiered.ts';
export { switched, wrapped } from './store/wrap.ts';
