/** The ledgers in SQLite and in PostgreSQL answer alike after any history of batches, erasures and prunings. */
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Dimensions,
  dimensionNames,
  type LedgerBatch,
  type LedgerStore,
} from '../packages/askonce/src/ledger/contract.ts';
import { postgresLedger, sqliteLedger } from '../packages/askonce/src/ledger/kit.ts';
import {
  bucketAt,
  firstBucket,
  sampleBatch,
  sampleCounter,
  samplePattern,
  sampleRow,
} from '../packages/askonce/src/testing/sample-batch.ts';
import { freshDatabase } from './support/postgres-server.ts';
import { describeWithService } from './support/service-suites.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const name = fc.constantFrom(
  '',
  'a',
  'B',
  'b',
  'é',
  'e\u0301',
  '🙂',
  "o'x",
  'a"b',
  '%_\\',
  '{1,2}',
  'z '.repeat(90),
);
const few = fc.integer({ min: 0, max: 5 });
/** Instants of questions: of two that are alike in hits and instant, a ledger may forget either. */
const instant = fc.integer({ min: 0, max: 1_000_000_000 });
const amount = fc.oneof(few, fc.integer({ min: 0, max: 2 ** 45 }));
const user = fc.constantFrom(undefined, 'u1', 'u2', 'u3');
const dimensions: fc.Arbitrary<Partial<Dimensions>> = fc.record({
  model: name,
  language: name,
  tenant: name,
});

const counter = fc
  .record({
    place: few,
    dimensions,
    amounts: fc.array(amount, { minLength: 4, maxLength: 4 }),
    took: fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { maxLength: 4 }),
  })
  .map(({ place, dimensions: own, amounts: [requests = 0, hits = 0, savedNano = 0, missMicros = 0], took }) =>
    sampleCounter({
      bucket: bucketAt(place),
      dimensions: own,
      counts: { requests, hits, savedNano, missMicros },
      hitsTook: took.slice(0, 2),
      missesTook: took.slice(2),
    }),
  );
const tag = fc
  .record({ place: few, tag: name, requests: few, hits: few, savedNano: amount })
  .map(({ place, ...change }) => ({ ...change, bucket: bucketAt(place) }));
const pattern = fc
  .record({
    key: name,
    text: fc.option(name, { nil: undefined }),
    user,
    hits: few,
    at: instant,
    language: name,
    category: name,
  })
  .map(({ key, at, ...own }) => samplePattern(key, { ...own, lastAsked: firstBucket + at }));
const row = fc
  .record({ at: few, user, requestId: name })
  .map(({ at, ...own }) => sampleRow({ ...own, at: firstBucket + at }));

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('write' as const),
      writer: fc.constantFrom('one', 'two'),
      sequence: fc.integer({ min: 1, max: 12 }),
      counters: fc.array(counter, { maxLength: 6 }),
      tags: fc.array(tag, { maxLength: 4 }),
      patterns: fc.array(pattern, { maxLength: 5 }),
      rows: fc.array(row, { maxLength: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('erase' as const),
      user: fc.constantFrom('u1', 'u2'),
      at: fc.oneof(few, instant),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('prune' as const),
      rows: few,
      counters: few,
      patterns: instant,
      most: few,
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(store: LedgerStore, taken: Step): Promise<number | undefined> {
  switch (taken.type) {
    case 'write': {
      const { type: _type, ...batch } = taken;
      const written: LedgerBatch = sampleBatch(batch);
      await store.write(written);
      return undefined;
    }
    case 'erase':
      return store.erase(taken.user, firstBucket + taken.at);
    case 'prune':
      return store.prune({
        rowsSince: firstBucket + taken.rows,
        countersSince: bucketAt(taken.counters),
        patternsSince: firstBucket + taken.patterns,
        maxPatterns: taken.most,
        maxBytes: Number.MAX_SAFE_INTEGER,
      });
  }
}

async function answersOf(store: LedgerStore) {
  const everything = { from: 0, to: Number.POSITIVE_INFINITY, where: {} } as const;
  const { bytes: _bytes, ...sizes } = await store.size();
  return {
    sizes,
    counters: await Promise.all(
      (['bucket', ...dimensionNames] as const).map((by) => store.counters({ ...everything, by })),
    ),
    some: await store.counters({
      from: bucketAt(1),
      to: bucketAt(4),
      where: { model: 'a', language: '' },
      by: 'tenant',
      limit: 2,
    }),
    tags: await store.tags({ from: bucketAt(0), to: bucketAt(5), limit: 4 }),
    patterns: await store.patterns({ where: {}, limit: 10 }),
    inLanguage: await store.patterns({ where: { language: 'b' }, limit: 3 }),
  };
}

describeWithService('postgres', 'both ledgers', () => {
  it('answer alike after any history', async () => {
    const { url } = await freshDatabase();
    const folder = temporaryFolder();
    let run = 0;
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 15 }), async (history) => {
        run += 1;
        const stores = [
          sqliteLedger({ path: join(folder, `${run}.db`) }),
          postgresLedger({ url, schema: `run${run}` }),
        ];
        try {
          for (const taken of history) {
            const [one, other] = await Promise.all(stores.map((store) => take(store, taken)));
            expect(other).toBe(one);
          }
          const [one, other] = await Promise.all(stores.map(answersOf));
          expect(other).toEqual(one);
          compared += one?.counters[0]?.length ?? 0;
        } finally {
          await Promise.all(stores.map((store) => store.close()));
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
    expect(compared).toBeGreaterThan(0);
  }, 60_000);
});
