/**
 * `askonce/ledger`, the durable account of what a cache saves and spends: where it is stored, and what a store of one's own
 * needs.
 */
export { type Accounts, type AccountsOptions, openAccounts } from './accounts/accounts.ts';
export type { Gathered } from './accounts/books.ts';
export type { Totals } from './accounts/counters.ts';
export type { AccountLimits } from './accounts/limits.ts';
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
  type LedgerQueries,
  type LedgerRow,
  type LedgerSize,
  type LedgerStore,
  type MaintenanceRun,
  type Pattern,
  type PatternChange,
  type PatternQuery,
  patternDimensions,
  type Retention,
  type RunFigures,
  storedRuns,
  type TagChange,
  type TagQuery,
  withoutTexts,
} from './contract.ts';
export {
  addCounts,
  type CountName,
  type Counts,
  countColumns,
  countNames,
  countsOf,
  dollars,
  hitRateOf,
  netNano,
  noCounts,
  ownReasons,
  type SpendingReason,
  spendingReasons,
  spentNano,
} from './counts.ts';
export { addDuration, addDurations, durationClasses, noDurations, quantile } from './durations.ts';
export { type Ledger, type LedgerHealth, type LedgerOptions, openLedger } from './ledger.ts';
export { readPostgresLedger } from './postgres/snapshot.ts';
export { type PostgresLedgerOptions, postgresLedger } from './postgres/store.ts';
export type { Cost, PricedAnswer, PriceSource, Pricing } from './pricing/contract.ts';
export { type ThreadPricingOptions, threadPricing } from './pricing/lookup.ts';
export { checkedPrices, type OwnPrice } from './pricing/price-list.ts';
export { loadPricing, type PricingOptions, priceSourceOf } from './pricing/pricing.ts';
export { csvReport } from './report/csv.ts';
export { markdownReport } from './report/markdown.ts';
export {
  type ReportedGroup,
  type ReportedMonth,
  type SavingsReport,
  type SavingsReportOptions,
  savingsReport,
} from './report/report.ts';
export { type RetentionSettings, retentionDefaults } from './retention.ts';
export { readSqliteLedger, type SqliteSnapshotOptions } from './sqlite/snapshot.ts';
export { type SqliteLedgerOptions, sqliteLedger } from './sqlite/store.ts';
export {
  type Analytics,
  type AnalyticsQuery,
  analytics,
  type TopName,
  type TopTag,
} from './statistics/analytics.ts';
export { type PeriodName, periodNames } from './statistics/calendar.ts';
export type { ShownFigures, Times } from './statistics/figures.ts';
export { type TopQuestion, type TopQuestionsQuery, topQuestions } from './statistics/questions.ts';
export type { RangeQuery } from './statistics/range.ts';
export {
  type Statistics,
  type StatisticsOptions,
  type StatisticsQuery,
  type StatisticsRow,
  statistics,
} from './statistics/statistics.ts';
