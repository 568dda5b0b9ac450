/** The messages between the ledger's thread and the thread of its file. */
import type { FileSettings, Opened, Refused } from '../../sqlite-file/open.ts';
import type {
  CounterQuery,
  LedgerBatch,
  LedgerSize,
  MaintenanceRun,
  Pattern,
  PatternQuery,
  Retention,
  TagChange,
  TagQuery,
} from '../contract.ts';
import type { PackedSums } from './packed-sums.ts';

export type { FileSettings };

/** One call. Erasing and pruning go in steps, so that a batch or a query comes in between. */
export type Call =
  /** Beyond `maxBytes` some room is made at once. */
  | { readonly type: 'write'; readonly batch: LedgerBatch; readonly maxBytes: number }
  | { readonly type: 'counters'; readonly query: CounterQuery }
  | { readonly type: 'tags'; readonly query: TagQuery }
  | { readonly type: 'patterns'; readonly query: PatternQuery }
  | { readonly type: 'runs'; readonly limit: number }
  | { readonly type: 'erase'; readonly user: string; readonly at: number }
  | { readonly type: 'prune'; readonly retention: Retention }
  | { readonly type: 'size' };

/** `more`: there is more to remove, by another step. */
export type Result =
  | { readonly type: 'written' }
  | { readonly type: 'counters'; readonly sums: PackedSums }
  | { readonly type: 'tags'; readonly tags: readonly Omit<TagChange, 'bucket'>[] }
  | { readonly type: 'patterns'; readonly patterns: readonly Pattern[] }
  | { readonly type: 'runs'; readonly runs: readonly MaintenanceRun[] }
  | { readonly type: 'removed'; readonly count: number; readonly more: boolean }
  | { readonly type: 'size'; readonly size: LedgerSize };

/** Why a call failed. `replaced`: the file is no longer the one that was opened. `refused`: a batch, for what it contains. */
export interface Failure {
  readonly type: 'failed';
  readonly reason: 'busy' | 'full' | 'denied' | 'damaged' | 'replaced' | 'refused' | 'failed';
  readonly message: string;
}

export type ToThread =
  | { readonly type: 'call'; readonly id: number; readonly call: Call }
  | { readonly type: 'close' };

export type FromThread =
  | Opened
  | Refused
  | { readonly type: 'reply'; readonly id: number; readonly result: Result | Failure };
