/** A case of the contract suite of ledgers, and the context that it runs in. */
import type { LedgerBatch, LedgerRow, LedgerStore } from '../ledger/contract.ts';
import type { TestRunner } from './store-wanted.ts';

/** What the suite can do with a store besides calling it. */
export type LedgerCapability = 'another' | 'rows';

export interface LedgerCaseContext {
  readonly store: LedgerStore;
  readonly expect: TestRunner['expect'];
  /** Writes the parts as the next batch of one writer. */
  write(parts: Partial<LedgerBatch>): Promise<void>;
  /** Another handle on the same data, as another process has it. Only with the capability `another`. */
  another(): Promise<LedgerStore>;
  /** The rows that are stored, in the order of their instants. Only with the capability `rows`. */
  rows(): Promise<readonly LedgerRow[]>;
}

export interface LedgerCase {
  readonly title: string;
  /** Only for stores with which the suite can do this. */
  readonly needs?: LedgerCapability;
  run(context: LedgerCaseContext): Promise<void>;
}
