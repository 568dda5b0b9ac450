/**
 * `askonce/ledger`, the durable account of what a cache saves and spends: where it is stored, and what a store of one's own
 * needs.
 */
export {
  bucketMs,
  type CounterChange,
  type CounterQuery,
  type CounterSum,
  type Dimensions,
  type Durations,
  dimensionNames,
  type Figures,
  type LedgerBatch,
  type LedgerRow,
  type LedgerSize,
  type LedgerStore,
  type Pattern,
  type PatternChange,
  type PatternQuery,
  type Retention,
  type TagChange,
  type TagQuery,
} from './contract.ts';
export {
  type CountName,
  type Counts,
  countColumns,
  countNames,
  countsOf,
  type SpendingReason,
  spendingReasons,
} from './counts.ts';
export { addDuration, addDurations, durationClasses, noDurations, quantile } from './durations.ts';
export { type SqliteLedgerOptions, sqliteLedger } from './sqlite/store.ts';
