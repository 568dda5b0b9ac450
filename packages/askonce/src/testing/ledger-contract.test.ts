/** The suite of ledgers accepts a store that keeps the contract, and finds those that break it. */
import { describe, expect, it } from 'vitest';
import { ledgerMemory, memoryLedger } from '../../../../test/support/memory-ledger.ts';
import type { LedgerStore } from '../ledger/contract.ts';
import { noDurations } from '../ledger/durations.ts';
import type { LedgerCaseContext } from './ledger-case.ts';
import { ledgerCases } from './ledger-cases.ts';
import { describeLedgerContract } from './ledger-contract.ts';
import { sampleBatch } from './sample-batch.ts';

describeLedgerContract({
  name: 'memory',
  runner: { describe, it, expect },
  capabilities: ['another', 'rows'],
  createStore() {
    const memory = ledgerMemory();
    return {
      store: memoryLedger(memory),
      another: () => memoryLedger(memory),
      rows: () => memory.rows.toSorted((one, other) => one.at - other.at),
    };
  },
  deviations: {
    'sums are exact beyond 2⁵³ nanodollars, as far as a number can show': 'it adds numbers',
  },
});

describeLedgerContract({
  name: 'plain memory',
  runner: { describe, it, expect },
  capabilities: [],
  createStore: () => ({ store: memoryLedger() }),
  deviations: {
    'sums are exact beyond 2⁵³ nanodollars, as far as a number can show': 'it adds numbers',
  },
});

/** Whether a case fails for a store that breaks the contract. */
async function fails(title: string, breaks: (store: LedgerStore) => Partial<LedgerStore>): Promise<boolean> {
  const memory = ledgerMemory();
  const broken = (): LedgerStore => {
    const store = memoryLedger(memory);
    return { ...store, ...breaks(store) };
  };
  const store = broken();
  let sequence = 0;
  const one = ledgerCases.find((each) => each.title === title);
  if (one === undefined) throw new Error('there is no such case');
  const context: LedgerCaseContext = {
    store,
    expect,
    write: (parts) => store.write(sampleBatch({ writer: 'suite', sequence: ++sequence, ...parts })),
    another: async () => broken(),
    rows: async () => memory.rows.toSorted((row, other) => row.at - other.at),
  };
  return one.run(context).then(
    () => false,
    () => true,
  );
}

describe('the contract suite of ledgers', () => {
  let number = 0;
  it.each<[string, (store: LedgerStore) => Partial<LedgerStore>, string]>([
    [
      'counts a repeated batch again',
      ({ write }) => ({ write: (batch) => write({ ...batch, writer: `${batch.writer}${number++}` }) }),
      'a batch that is written again with the same number changes nothing',
    ],
    [
      'forgets the numbers of other writers',
      ({ write }) => ({ write: (batch) => write({ ...batch, writer: 'one' }) }),
      'each writer has numbers of its own',
    ],
    [
      'includes the end of a range',
      ({ counters }) => ({ counters: (query) => counters({ ...query, to: query.to + 1 }) }),
      'sums by bucket are in ascending order, and `from` belongs to them and `to` does not',
    ],
    [
      'ignores filters',
      ({ counters }) => ({ counters: (query) => counters({ ...query, where: {} }) }),
      'a filter names the value of any dimensions, and an empty value is a value',
    ],
    [
      'has no limit',
      ({ counters }) => ({ counters: ({ limit: _limit, ...query }) => counters(query) }),
      'sums by a dimension are in descending order of requests, and no more than the limit',
    ],
    [
      'loses durations',
      ({ write }) => ({
        write: (batch) =>
          write({
            ...batch,
            counters: batch.counters.map((one) => ({ ...one, hitDurations: noDurations() })),
          }),
      }),
      'each figure and each class of durations is read as it was written',
    ],
    [
      'erases rows alone',
      ({ erase, patterns }) => ({
        erase: async (user, at) => (await erase(user, at)) - (await patterns({ where: {}, limit: 1 })).length,
      }),
      'an erasure removes all rows of the user and the texts of the questions, counts both, and nothing else',
    ],
    [
      'forgets that it has erased a user',
      ({ erase }) => ({ erase: (user) => erase(user, Number.NEGATIVE_INFINITY) }),
      'what a process reported before an erasure and writes after it is left out, but for its hits',
    ],
    [
      'never prunes questions',
      ({ prune }) => ({ prune: (retention) => prune({ ...retention, maxPatterns: 1_000 }) }),
      'beyond the bound on questions those with the fewest hits are removed',
    ],
    [
      'has no bound on bytes',
      ({ prune }) => ({ prune: (retention) => prune({ ...retention, maxBytes: Number.MAX_SAFE_INTEGER }) }),
      'beyond the bound on bytes the oldest rows are removed first, and counters and questions stay',
    ],
    [
      'goes on after it was closed',
      () => ({ close: async () => undefined }),
      'a second close does nothing, and a closed ledger rejects every call',
    ],
  ])('a ledger that %s fails', async (_what, breaks, title) => {
    expect(await fails(title, breaks)).toBe(true);
  });
});
