/** Batches: each counts once, however often it is repeated, and several handles add to the same ledger. */

import type { LedgerStore } from '../../ledger/contract.ts';
import type { LedgerCase } from '../ledger-case.ts';
import { sampleBatch, sampleCounter, samplePattern, sampleRow } from '../sample-batch.ts';
import { all } from './every-bucket.ts';

const full = (writer: string, sequence: number) =>
  sampleBatch({
    writer,
    sequence,
    counters: [sampleCounter({ counts: { requests: 1 }, hitsTook: [3] })],
    tags: [{ bucket: sampleCounter().bucket, tag: 'order', requests: 1, hits: 1, savedNano: 5 }],
    patterns: [samplePattern('k1')],
    rows: [sampleRow()],
  });

/** How often the batch was added, by each of its parts. */
async function times(store: LedgerStore) {
  const [counter] = await store.counters(all());
  const [tag] = await store.tags({ from: 0, to: Number.MAX_SAFE_INTEGER, limit: 10 });
  const [pattern] = await store.patterns({ where: {}, limit: 10 });
  const durations = counter?.hitDurations.reduce((sum, count) => sum + count, 0);
  const { rows } = await store.size();
  return [counter?.counts.requests, durations, tag?.hits, tag?.savedNano, pattern?.hits, rows];
}

const counted = (count: number) => [count, count, count, count * 5, count, count];

export const batches: readonly LedgerCase[] = [
  {
    title: 'a batch that is written again with the same number changes nothing',
    async run({ store, expect }) {
      for (let time = 0; time < 3; time++) await store.write(full('a', 1));
      expect(await times(store)).toEqual(counted(1));
      await store.write(full('a', 2));
      await store.write(full('a', 1));
      expect(await times(store)).toEqual(counted(2));
    },
  },
  {
    title: 'numbers may leave gaps, and a lower one than the last changes nothing',
    async run({ store, expect }) {
      for (const sequence of [5, 3, 4, 5, 9, 8]) await store.write(full('a', sequence));
      expect(await times(store)).toEqual(counted(2));
    },
  },
  {
    title: 'each writer has numbers of its own',
    async run({ store, expect }) {
      for (const writer of ['a', 'b', "c'%_"]) await store.write(full(writer, 1));
      expect(await times(store)).toEqual(counted(3));
      await store.write(full("c'%_", 1));
      expect(await times(store)).toEqual(counted(3));
    },
  },
  {
    title: 'batches of two writers that are written at once all count',
    async run({ store, expect }) {
      const numbers = Array.from({ length: 10 }, (_none, index) => index + 1);
      await Promise.all(
        ['a', 'b'].map(async (writer) => {
          for (const sequence of numbers) await store.write(full(writer, sequence));
        }),
      );
      expect(await times(store)).toEqual(counted(20));
    },
  },
  {
    title: 'a batch that is repeated by several calls at once counts once',
    async run({ store, expect }) {
      await Promise.all(Array.from({ length: 8 }, () => store.write(full('a', 1))));
      expect(await times(store)).toEqual(counted(1));
    },
  },
  {
    title: 'two handles add to one ledger, and each reads what the other wrote',
    needs: 'another',
    async run({ store, expect, another }) {
      const other = await another();
      const numbers = Array.from({ length: 10 }, (_none, index) => index + 1);
      await Promise.all(
        [store, other].map(async (handle, index) => {
          for (const sequence of numbers) await handle.write(full(`writer ${index}`, sequence));
        }),
      );
      expect(await times(store)).toEqual(counted(20));
      expect(await times(other)).toEqual(counted(20));
    },
  },
  {
    title: 'a batch that was written through another handle, since closed, is not added again',
    needs: 'another',
    async run({ store, expect, another }) {
      const other = await another();
      await other.write(full('a', 1));
      await other.close();
      await store.write(full('a', 1));
      expect(await times(store)).toEqual(counted(1));
    },
  },
  {
    title: 'the handles of a new ledger may all be opened and used at once',
    needs: 'another',
    async run({ store, expect, another }) {
      const handles = [store, await another(), await another()];
      await Promise.all(handles.map((handle, index) => handle.write(full(`writer ${index}`, 1))));
      expect(await times(store)).toEqual(counted(3));
    },
  },
  {
    title: 'an empty batch is written',
    async run({ store, expect, write }) {
      await write({});
      expect(await store.counters(all())).toEqual([]);
    },
  },
  {
    title: 'a second close does nothing, and a closed ledger rejects every call',
    async run({ store, expect }) {
      await store.write(full('a', 1));
      await store.close();
      await store.close();
      const calls = [
        () => store.write(full('a', 2)),
        () => store.counters(all()),
        () => store.size(),
        () => store.erase('u', 0),
      ];
      for (const call of calls) {
        const failed = await call().then(
          () => false,
          () => true,
        );
        expect(failed).toBe(true);
      }
    },
  },
];
