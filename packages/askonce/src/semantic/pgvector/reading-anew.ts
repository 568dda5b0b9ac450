/**
 * Makes a table right by the store, whatever was missed: writes the vectors that it lacks, then removes the rows whose entries
 * are gone. In small steps, at a bounded rate.
 */
import type { Run } from '../../postgres/connections.ts';
import type { Store } from '../../store/contract.ts';
import type { StoredVector, Vectors } from '../../store/vectors.ts';
import { type Bringing, vectorsAtOnce } from './bringing.ts';
import type { IndexDatabase } from './database.ts';
import type { Searchable } from './searching.ts';
import { type VectorRows, vectorRows } from './vector-rows.ts';

export interface ReadingOptions {
  readonly database: IndexDatabase;
  readonly bringing: Bringing;
  readonly vectors: Vectors;
  readonly statistics: Store['statistics'];
  readonly embedder: string;
  readonly searchable: Searchable;
  /** Name of the store, as rows have it. */
  readonly storeName: string;
  /** Renews the right to do this; false if another process has it. */
  readonly renew: (run: Run) => Promise<boolean>;
  /** Called with keys whose rows have to be brought up to date. */
  readonly onChanged: (keys: readonly string[]) => void;
  readonly onWalked: (walked: number, of: number | undefined, skipped: number) => void;
}

/** Vectors that are written in a second, at most. */
const writtenPerSecond = 2_000;
const rowsOfPage = 500;
const pageRestMs = 50;

/** Yields after each step how long to rest, in ms. Throws if a step fails, or another process has taken over. */
export async function* readingAnew(options: ReadingOptions): AsyncGenerator<number, void> {
  yield* writeMissing(options);
  const { database, searchable, storeName, embedder } = options;
  for (const table of await database.transaction((run) => database.vectorTables(run))) {
    const isOwn = table.fingerprint === embedder;
    const { kind, rows } = searchable;
    const swept = isOwn ? rows : vectorRows(table, kind, rows.dimension, storeName);
    yield* sweep(options, swept, table.fingerprint);
  }
}

async function* writeMissing(options: ReadingOptions): AsyncGenerator<number, void> {
  const { bringing, vectors, embedder, searchable, onChanged, onWalked } = options;
  const { rows } = searchable;
  const { entries } = await options.statistics();
  const most = vectorsAtOnce(rows.dimension);
  let walked = 0;
  let skipped = 0;
  for await (const batch of vectors.walk()) {
    await hold(options);
    const own = batch.filter((vector) => vector.embedder === embedder);
    walked += batch.length;
    skipped += batch.length - own.length;
    onWalked(walked, entries, skipped);
    for (let from = 0; from < own.length; from += most) {
      const { written, changed } = await bringing.missing(rows, own.slice(from, from + most));
      onChanged(changed);
      yield (written * 1_000) / writtenPerSecond;
    }
  }
}

/** Looks at each row whether the store has its entry, with a vector of the table's embedder. */
async function* sweep(
  options: ReadingOptions,
  rows: VectorRows,
  fingerprint: string,
): AsyncGenerator<number, void> {
  const { database, vectors, onChanged, embedder } = options;
  for (let last = ''; ; ) {
    await hold(options);
    const page = await database.transaction((run) => rows.page(run, last, rowsOfPage));
    const keys = [...page.keys()];
    const end = keys.at(-1);
    if (end === undefined) return;
    last = end;
    const there = await vectors.getMany(keys);
    const isRight = (vector: StoredVector | undefined, key: string) =>
      vector?.embedder === fingerprint && vector.lease === page.get(key)?.lease;
    const wrong = keys.filter((key, index) => !isRight(there[index], key));
    if (fingerprint === embedder) onChanged(wrong);
    else if (wrong.length > 0) await database.transaction((run) => rows.remove(run, wrong));
    yield pageRestMs;
  }
}

async function hold({ database, renew }: ReadingOptions): Promise<void> {
  if (!(await database.transaction(renew))) throw new Error('another process reads the store anew by now');
}
