/** Erasing one user, and the round trip of rows. */
import { clocksDifferMs } from '../../ledger/contract.ts';
import type { LedgerCase } from '../ledger-case.ts';
import { firstBucket, sampleCounter, samplePattern, sampleRow } from '../sample-batch.ts';
import { all } from './every-bucket.ts';

const rowsOf = (user: string | undefined, count: number) =>
  Array.from({ length: count }, (_none, index) => sampleRow({ user, requestId: `${user}-${index}` }));

export const erasure: readonly LedgerCase[] = [
  {
    title: 'a row is stored with each of its fields',
    needs: 'rows',
    async run({ expect, write, rows }) {
      const whole = sampleRow({
        at: firstBucket + 2,
        requestId: "r'1",
        event: 'call',
        outcome: 'leader',
        kind: 'stale',
        tier: 'redis',
        durationMs: 1_234.5,
        user: 'u1',
        session: 's1',
        key: 'k:{1}',
        savedTokens: 1,
        savedNano: 2 ** 52 + 1,
        inputTokens: 2,
        outputTokens: 3,
        spentNano: 4,
        estimated: true,
        weight: 17,
      });
      await write({ rows: [whole, sampleRow()] });
      expect(await rows()).toEqual([sampleRow(), whole]);
    },
  },
  {
    title:
      'an erasure removes all rows of the user and the texts of the questions, counts both, and nothing else',
    async run({ store, expect, write }) {
      await write({
        counters: [sampleCounter({ counts: { requests: 9 } })],
        rows: [...rowsOf('u1', 5), ...rowsOf('u2', 3), ...rowsOf(undefined, 2)],
      });
      await write({
        patterns: [
          samplePattern('k1', { text: 'mine', user: 'u1', hits: 3 }),
          samplePattern('k2', { text: 'other', user: 'u2', hits: 2 }),
          samplePattern('k3', { text: 'of no user', hits: 1 }),
        ],
      });
      expect(await store.erase('u1', firstBucket)).toBe(6);
      expect((await store.size()).rows).toBe(5);
      const questions = await store.patterns({ where: {}, limit: 10 });
      expect(questions.map(({ key, text, hits }) => [key, text, hits])).toEqual([
        ['k1', undefined, 3],
        ['k2', 'other', 2],
        ['k3', 'of no user', 1],
      ]);
      const [sum] = await store.counters(all());
      expect(sum?.counts.requests).toBe(9);
      expect(await store.erase('u1', firstBucket)).toBe(0);
    },
  },
  {
    title: 'a user without rows has none erased, whatever characters the name has',
    async run({ store, expect, write }) {
      await write({ rows: rowsOf('u1', 2) });
      for (const user of ['u', 'u%', '%', '_1', "u1' OR '1'='1", ''])
        expect(await store.erase(user, firstBucket)).toBe(0);
      expect((await store.size()).rows).toBe(2);
    },
  },
  {
    title: 'the text of a question goes with the user who asked it last',
    async run({ store, expect, write }) {
      await write({ patterns: [samplePattern('k1', { text: 'first', user: 'u1' })] });
      await write({ patterns: [samplePattern('k1', { text: 'second', user: 'u2' })] });
      expect(await store.erase('u1', firstBucket)).toBe(0);
      expect(await store.erase('u2', firstBucket)).toBe(1);
      const [found] = await store.patterns({ where: {}, limit: 1 });
      expect(found?.text).toBe(undefined);
    },
  },
  {
    title: 'more rows than one transaction takes are all erased',
    async run({ store, expect, write }) {
      for (let time = 0; time < 3; time++)
        await write({ rows: [...rowsOf('u1', 1_000), ...rowsOf('u2', 10)] });
      expect(await store.erase('u1', firstBucket)).toBe(3_000);
      expect((await store.size()).rows).toBe(30);
    },
  },
  {
    title: 'what a process reported before an erasure and writes after it is left out, but for its hits',
    async run({ store, expect, write }) {
      const erased = firstBucket + 100;
      const asked = async () =>
        (await store.patterns({ where: {}, limit: 9 })).map(({ key, text }) => [key, text]);
      await store.erase('u1', erased);
      await write({
        rows: [
          sampleRow({ user: 'u1', at: erased }),
          sampleRow({ user: 'u1', at: erased + 1 }),
          sampleRow({ at: 0 }),
        ],
        patterns: [
          samplePattern('k1', { text: 'before', user: 'u1', lastAsked: erased, hits: 3 }),
          samplePattern('k2', { text: 'after', user: 'u1', lastAsked: erased + clocksDifferMs + 1, hits: 2 }),
          samplePattern('k3', { text: 'of another', user: 'u2', lastAsked: erased, hits: 1 }),
        ],
      });
      expect((await store.size()).rows).toBe(2);
      expect(await asked()).toEqual([
        ['k1', undefined],
        ['k2', 'after'],
        ['k3', 'of another'],
      ]);
      // A text is as old as its report, however late the question was asked again, and clocks may differ.
      const late = erased + clocksDifferMs;
      await write({
        patterns: [
          samplePattern('k1', { text: 'old', user: 'u1', textAt: late, lastAsked: late + 9, hits: 1 }),
          samplePattern('k2', { text: 'new', user: 'u1', textAt: late + 1, lastAsked: late + 9, hits: 1 }),
        ],
      });
      expect(await asked()).toEqual([
        ['k1', undefined],
        ['k2', 'new'],
        ['k3', 'of another'],
      ]);
      // Of two erasures the later one holds.
      await store.erase('u1', erased + 50);
      await store.erase('u1', erased + 20);
      await write({
        rows: [sampleRow({ user: 'u1', at: erased + 40 }), sampleRow({ user: 'u1', at: erased + 60 })],
      });
      expect((await store.size()).rows).toBe(2);
    },
  },
  {
    title: 'an erasure is remembered for as long as questions are stored, and no longer',
    async run({ store, expect, write }) {
      const text = async () => (await store.patterns({ where: {}, limit: 1 }))[0]?.text;
      const late = { text: 'late', user: 'u1', textAt: firstBucket };
      const since = { rowsSince: firstBucket + 9, countersSince: 0, maxBytes: 2 ** 30, maxPatterns: 9 };
      await store.erase('u1', firstBucket);
      await store.prune({ ...since, patternsSince: firstBucket });
      await write({ patterns: [samplePattern('k1', { ...late, lastAsked: firstBucket + 10 })] });
      expect(await text()).toBe(undefined);
      await store.prune({ ...since, patternsSince: firstBucket + 9 });
      await write({ patterns: [samplePattern('k1', { ...late, lastAsked: firstBucket + 10 })] });
      expect(await text()).toBe('late');
    },
  },
];
