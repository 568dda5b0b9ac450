/** Runs of maintenance. */
import { type MaintenanceRun, storedRuns } from '../../ledger/contract.ts';
import type { LedgerCase } from '../ledger-case.ts';
import { firstBucket, sampleBatch, sampleRow } from '../sample-batch.ts';

const everything = {
  ...{ rowsSince: 0, countersSince: 0, patternsSince: 0 },
  ...{ maxBytes: 1_073_741_824, maxPatterns: 100_000 },
};

const run = (startedAt: number, own: Partial<MaintenanceRun> = {}): MaintenanceRun => ({
  ...{ startedAt, durationMs: 12.5, outcome: 'complete', looked: 1_000 },
  kinds: { expired: { count: 3, bytes: 300 }, defragment: { count: 0, bytes: 4_096 } },
  ...own,
});

export const runs: readonly LedgerCase[] = [
  {
    title: 'runs of maintenance are listed as they were written, the latest first',
    async run({ store, expect, write }) {
      const all = {
        expired: { count: 1, bytes: 2 },
        'low-value': { count: 3, bytes: 4 },
        'low-quality': { count: 5, bytes: 6 },
        defragment: { count: 0, bytes: 8_589_934_592 },
      };
      const written = [
        run(firstBucket + 1),
        run(firstBucket + 3, {
          outcome: 'lease-lost',
          looked: 0,
          kinds: { 'low-value': { count: 0, bytes: 0 } },
        }),
        run(firstBucket + 2, { kinds: all, durationMs: 60_000 }),
      ];
      await write({ runs: written.slice(0, 1), rows: [sampleRow()] });
      await write({ runs: written.slice(1) });
      expect(await store.runs(10)).toEqual([written[1], written[2], written[0]]);
      expect(await store.runs(1)).toEqual([written[1]]);
      expect(await store.runs(0)).toEqual([]);
    },
  },
  {
    title: 'a run of a batch that is written twice is listed once',
    async run({ store, expect, write }) {
      await write({ runs: [run(firstBucket)] });
      const again = sampleBatch({ writer: 'suite-again', sequence: 1, runs: [run(firstBucket + 1)] });
      await store.write(again);
      await store.write(again);
      expect((await store.runs(10)).map(({ startedAt }) => startedAt)).toEqual([
        firstBucket + 1,
        firstBucket,
      ]);
    },
  },
  {
    title: 'runs are pruned with the counters of their time',
    async run({ store, expect, write }) {
      await write({ runs: [0, 1, 2, 3].map((at) => run(firstBucket + at)) });
      expect(await store.prune({ ...everything, countersSince: firstBucket + 2 })).toBe(2);
      expect((await store.runs(10)).map(({ startedAt }) => startedAt)).toEqual([
        firstBucket + 3,
        firstBucket + 2,
      ]);
    },
  },
  {
    title: 'beyond the bound on runs the oldest are pruned',
    async run({ store, expect, write }) {
      for (let time = 0; time < 3; time++)
        await write({
          runs: Array.from({ length: storedRuns / 2 }, (_none, index) =>
            run(firstBucket + time * 1_000 + index),
          ),
        });
      expect(await store.prune(everything)).toBe(storedRuns / 2);
      const left = await store.runs(storedRuns * 2);
      expect(left.length).toBe(storedRuns);
      expect(left.at(-1)?.startedAt).toBe(firstBucket + 1_000);
    },
  },
  {
    title: 'runs with figures that are no numbers cost neither their batch nor themselves',
    async run({ store, expect, write }) {
      const none = Number.NaN;
      await write({
        runs: [
          run(firstBucket + 0.4, {
            ...{ durationMs: none, looked: none, outcome: 'a\0b' },
            kinds: { expired: { count: none, bytes: 1.4 } },
          }),
        ],
      });
      expect(await store.runs(1)).toEqual([
        run(firstBucket, {
          ...{ durationMs: 0, looked: 0, outcome: 'a\uFFFDb' },
          kinds: { expired: { count: 0, bytes: 1 } },
        }),
      ]);
    },
  },
];
