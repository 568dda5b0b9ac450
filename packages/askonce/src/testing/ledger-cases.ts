/** All cases of the contract suite of ledgers. A title is the promise that its case asserts. */
import type { LedgerCase } from './ledger-case.ts';
import { batches } from './ledger-cases/batches.ts';
import { counters } from './ledger-cases/counters.ts';
import { erasure } from './ledger-cases/erasure.ts';
import { patterns } from './ledger-cases/patterns.ts';
import { retention } from './ledger-cases/retention.ts';
import { runs } from './ledger-cases/runs.ts';
import { tags } from './ledger-cases/tags.ts';
import { unclean } from './ledger-cases/unclean.ts';

export const ledgerCases: readonly LedgerCase[] = [
  ...batches,
  ...counters,
  ...tags,
  ...patterns,
  ...runs,
  ...erasure,
  ...retention,
  ...unclean,
];
