/**
 * Numbered batches for ledgers in PostgreSQL, each of which changes every table, and what a ledger must say after them.
 */
import type { LedgerBatch, LedgerStore } from '../../packages/askonce/src/ledger/contract.ts';
import {
  bucketAt,
  sampleBatch,
  sampleCounter,
  samplePattern,
  sampleRow,
} from '../../packages/askonce/src/testing/sample-batch.ts';

/** How many of a writer's batches have been written, by writer. */
export type Written = Readonly<Record<string, number>>;

/** All writers change the same counters, tags and questions, each in another order. */
export function numberedBatch(writer: string, sequence: number): LedgerBatch {
  const places = [0, 1, 2].map((place) => (place + sequence + writer.length) % 3);
  return sampleBatch({
    writer,
    sequence,
    counters: places.map((place) =>
      sampleCounter({
        bucket: bucketAt(place),
        counts: { requests: 1, hits: sequence, savedNano: 1_000 * sequence },
        hitsTook: [place],
      }),
    ),
    tags: places.map((place) => ({
      bucket: bucketAt(0),
      tag: `tag ${place}`,
      requests: 1,
      hits: sequence,
      savedNano: sequence,
    })),
    patterns: places.map((place) =>
      samplePattern(`key ${place}`, { text: `question ${place}`, hits: sequence }),
    ),
    rows: [sampleRow({ requestId: `${writer} ${sequence}`, user: writer })],
  });
}

/** Sums of what a ledger reads. */
export async function sumsIn(store: LedgerStore) {
  const everything = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const counters = await store.counters({ ...everything, where: {}, by: 'bucket' });
  const tags = await store.tags({ ...everything, limit: 10 });
  const patterns = await store.patterns({ where: {}, limit: 10 });
  const { rows } = await store.size();
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    requests: sum(counters.map(({ counts }) => counts.requests)),
    hits: sum(counters.map(({ counts }) => counts.hits)),
    savedNano: sum(counters.map(({ counts }) => counts.savedNano)),
    durations: sum(counters.flatMap(({ hitDurations }) => [...hitDurations])),
    tagRequests: sum(tags.map(({ requests }) => requests)),
    tagHits: sum(tags.map(({ hits }) => hits)),
    patternHits: sum(patterns.map(({ hits }) => hits)),
    rows,
  };
}

/** The same, counted by hand: each writer's batches from 1 to its number, once each. */
export function sumsAfter(written: Written): Awaited<ReturnType<typeof sumsIn>> {
  let batches = 0;
  let numbers = 0;
  for (const last of Object.values(written)) {
    batches += last;
    numbers += (last * (last + 1)) / 2;
  }
  return {
    requests: 3 * batches,
    hits: 3 * numbers,
    savedNano: 3_000 * numbers,
    durations: 3 * batches,
    tagRequests: 3 * batches,
    tagHits: 3 * numbers,
    patternHits: 3 * numbers,
    rows: batches,
  };
}

/** Writes a batch until it is written, as a ledger does; resolves with the number of attempts that failed. */
export async function writeAtLast(store: LedgerStore, batch: LedgerBatch): Promise<number> {
  for (let failed = 0; failed < 1_000; failed++) {
    try {
      await store.write(batch);
      return failed;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`batch ${batch.sequence} of ${batch.writer} could not be written`);
}
