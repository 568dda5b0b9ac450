/**
 * What a store of your own is made of (`askonce/store`): the contract of entries, the shared services, and wrappers.
 */
export { type KeyRing, keyRing } from '../entry/key-ring.ts';
export type { RemovalCause } from '../observe/causes.ts';
export { type OnTrouble, ReportedError, type StoreTrouble } from '../observe/report.ts';
export { type CallWrapper, guardedShared, type SharedCall } from './around.ts';
export type { Browse, BrowsedEntry, BrowsedPage, LookedAt, PageTerms } from './browse.ts';
export type {
  DeletionOptions,
  EntryFilter,
  Found,
  FoundKeys,
  LeasedLook,
  LeasedLookTerms,
  LeaseName,
  LeaseToRelease,
  OnRemoved,
  Scan,
  SearchOptions,
  Store,
  StoreStatistics,
  TagIndex,
  WalkedEntry,
  WriteResult,
} from './contract.ts';
export type { DefragmentStep, StoreMaintenance, SurveyedEntry, SurveyPage } from './maintenance.ts';
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
} from './shared.ts';
export type { NewVector, StoredVector, Vectors } from './vectors.ts';
export { switched, wrapped } from './wrap.ts';
