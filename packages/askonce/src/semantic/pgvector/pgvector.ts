/**
 * `askonce/pgvector`: vector indexes in PostgreSQL by the extension pgvector, for more vectors than a process can hold.
 *
 * The store is what is right: a row is written after its entry, read again with it, and may be lost. All processes that use
 * one store find what one of them has written.
 */
import type { VectorIndexesOpener } from '../indexes/contract.ts';
import type { DatabaseOptions } from './database.ts';
import { sharedIndexes } from './shared-indexes.ts';

export { inspectPgvector, type PgvectorState } from './inspection.ts';

export interface PgvectorOptions extends DatabaseOptions {
  /** How long a lookup waits for a search, in ms. After that it is a miss. Default 100. */
  readonly budgetMs?: number | undefined;
}

/**
 * Makes vector indexes of a PostgreSQL database (version 13 or newer, encoding UTF8) with pgvector 0.8 or newer, by the
 * package `pg`: give it as `semantic.index`. Opens nothing yet. In the background it makes the extension and the tables,
 * fills them from the store (`Store.vectors`), and connects again after trouble; a lookup that the database cannot answer in
 * time is a miss. Works through PgBouncer in transaction mode.
 *
 * Up to 4 000 vectors of a partition, frame and language are all compared; beyond that an HNSW index is searched, which may
 * miss some. Vectors lie there in the clear: a cache that encrypts its entries refuses this index.
 *
 * @throws AskonceError `invalid_settings` if the URL cannot be read.
 */
export function pgvectorIndexes(options: PgvectorOptions): VectorIndexesOpener {
  return sharedIndexes(options);
}
