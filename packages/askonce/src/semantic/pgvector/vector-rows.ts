/** The rows of one embedder's vectors, of one store: every statement has the walls in its conditions. */
import type { Run } from '../../postgres/connections.ts';
import { plainText } from '../../postgres/names.ts';
import type { StoredVector } from '../../store/vectors.ts';
import type { Neighbour } from '../contract.ts';
import type { Searched } from '../indexes/place-table.ts';
import type { VectorTable } from './tables.ts';
import type { VectorKind } from './vector-kind.ts';

/** A stored vector with its components. */
export interface Placed extends Omit<StoredVector, 'vector' | 'embedder'> {
  readonly vector: Float32Array;
}

/** What tells whether a row is that of the store's entry. */
type Stamp = Pick<StoredVector, 'lease' | 'expires'>;

/** What is found in a place. */
interface Found {
  readonly neighbours: readonly Neighbour[];
  /** Vectors of the place that have not expired, and that were looked at. */
  readonly looked: number;
}

export interface VectorRows {
  readonly dimension: number;
  /** Whether large places have an index. */
  readonly isIndexed: boolean;
  /** The nearest of at most `most` vectors of a place. */
  scan(run: Run, asked: Asked, most: number): Promise<Found>;
  /** The nearest vectors of a place, by the index: some may be missed. */
  approximate(run: Run, asked: Asked): Promise<readonly Neighbour[]>;
  stamps(run: Run, keys: readonly string[]): Promise<ReadonlyMap<string, Stamp>>;
  /** Adds vectors; one whose row has a higher lease is left out. */
  write(run: Run, vectors: readonly Placed[]): Promise<void>;
  remove(run: Run, keys: readonly string[]): Promise<void>;
  /** Keys after `key`, in order, at most `count`, with their stamps. */
  page(run: Run, key: string, count: number): Promise<ReadonlyMap<string, Stamp>>;
  /** How many vectors the table has of this store; of a large table, about how many it has in all. */
  count(run: Run): Promise<number>;
}

/** Rows up to which a table is counted. */
const mostCounted = 100_000;

export interface Asked {
  readonly place: Searched;
  readonly vector: Float32Array;
  readonly count: number;
  /** Instant in ms since the epoch: what has expired by then is not found. */
  readonly now: number;
}

/** The statements that make a table of vectors. */
export function newTable(table: VectorTable, kind: VectorKind, dimension: number): string {
  const index = kind.index('embedding', dimension);
  return `
    CREATE TABLE ${table.quoted} (
      key ${plainText} NOT NULL,
      store ${plainText} NOT NULL,
      lease bigint NOT NULL,
      partition ${plainText} NOT NULL,
      frame ${plainText} NOT NULL,
      language ${plainText} NOT NULL,
      expires bigint NOT NULL,
      embedding ${kind.type(dimension)} NOT NULL,
      PRIMARY KEY (key, store)
    );
    ALTER TABLE ${table.quoted} ALTER COLUMN embedding SET STORAGE MAIN;
    COMMENT ON TABLE ${table.quoted} IS 'askonce: vectors of questions. They are read from the store, and may be removed at any time.';
    CREATE INDEX ${table.plain}_by_place ON ${table.quoted} (partition, frame, language);
    CREATE INDEX ${table.plain}_by_expiry ON ${table.quoted} (expires);
    ${index === undefined ? '' : `CREATE INDEX ${table.plain}_by_nearness ON ${table.quoted} ${index};`}`;
}

/**
 * @param store name of the store that the entries are in: a database may have the vectors of several
 */
export function vectorRows(
  { quoted: table }: VectorTable,
  kind: VectorKind,
  dimension: number,
  store: string,
): VectorRows {
  const type = kind.type(dimension);
  const keys = 'SELECT jsonb_array_elements_text($2::jsonb)';

  /** The conditions on a place, and their values: `$1` is the vector, `$2` the store, `$3` the instant. */
  function within({ place, vector, now }: Asked) {
    const { partition, frame, language } = place;
    const values: (string | number)[] = [textOf(vector), store, now, partition];
    let where = 'store = $2 AND expires > $3 AND partition = $4';
    if (frame !== undefined) where += ` AND frame = $${values.push(frame)}`;
    if (language !== undefined) where += ` AND language = $${values.push(language)}`;
    return { values, where, distance: kind.distance('embedding', `$1::${type}`) };
  }

  return {
    dimension,
    isIndexed: kind.index('embedding', dimension) !== undefined,
    async scan(run, asked, most) {
      const { values, where, distance } = within(asked);
      // The limit inside keeps the server from looking at more, whichever way it goes.
      const rows = await run(
        `SELECT key, distance, count(*) OVER ()
         FROM (SELECT key, ${distance} AS distance FROM ${table} WHERE ${where} LIMIT ${most}) AS looked
         ORDER BY distance, key LIMIT ${asked.count}`,
        values,
      );
      return { neighbours: rows.map(neighbourOf), looked: Number(rows[0]?.[2] ?? 0) };
    },
    async approximate(run, asked) {
      const { values, where, distance } = within(asked);
      const rows = await run(
        `SELECT key, ${distance} FROM ${table} WHERE ${where} ORDER BY ${distance} LIMIT ${asked.count}`,
        values,
      );
      return rows.map(neighbourOf);
    },
    async stamps(run, wanted) {
      const rows = await run(
        `SELECT key, lease, expires FROM ${table} WHERE store = $1 AND key IN (${keys})`,
        [store, JSON.stringify(wanted)],
      );
      return stampsOf(rows);
    },
    async write(run, vectors) {
      const rows = vectors.map(({ vector, ...place }) => ({ ...place, embedding: textOf(vector) }));
      await run(
        `INSERT INTO ${table} AS present (key, store, lease, partition, frame, language, expires, embedding)
         SELECT key, $1, lease, partition, frame, language, expires, embedding::${type}
         FROM jsonb_to_recordset($2::jsonb) AS given
           (key text, lease bigint, partition text, frame text, language text, expires bigint, embedding text)
         ON CONFLICT (key, store) DO UPDATE SET lease = excluded.lease, partition = excluded.partition,
           frame = excluded.frame, language = excluded.language, expires = excluded.expires,
           embedding = excluded.embedding
         WHERE excluded.lease >= present.lease`,
        // In the order of their keys, in which every process locks them.
        [store, JSON.stringify(rows.sort((one, other) => (one.key < other.key ? -1 : 1)))],
      );
    },
    async remove(run, gone) {
      await run(
        `DELETE FROM ${table} WHERE ctid IN
           (SELECT ctid FROM ${table} WHERE store = $1 AND key IN (${keys}) ORDER BY key FOR UPDATE)`,
        [store, JSON.stringify(gone)],
      );
    },
    async page(run, key, count) {
      const rows = await run(
        `SELECT key, lease, expires FROM ${table} WHERE store = $1 AND key > $2 ORDER BY key LIMIT ${count}`,
        [store, key],
      );
      return stampsOf(rows);
    },
    async count(run) {
      const [[rows] = []] = await run(
        `SELECT CASE WHEN reltuples > ${mostCounted} THEN reltuples
           ELSE (SELECT count(*) FROM ${table} WHERE store = $1) END FROM pg_class WHERE oid = $2::regclass`,
        [store, table],
      );
      return Math.round(Number(rows ?? 0));
    },
  };
}

/** Removes some rows that had expired by an instant, of all stores. Resolves with their number: `most`, if there may be more. */
export async function removeExpired(
  run: Run,
  { quoted: table }: VectorTable,
  until: number,
  most: number,
): Promise<number> {
  const removed = await run(
    `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE expires <= $1
       LIMIT ${most} FOR UPDATE SKIP LOCKED) RETURNING 1`,
    [until],
  );
  return removed.length;
}

/** Removes the rows of these keys, of all stores. */
export async function removeEverywhere(
  run: Run,
  { quoted: table }: VectorTable,
  keys: readonly string[],
): Promise<void> {
  await run(`DELETE FROM ${table} WHERE key IN (SELECT jsonb_array_elements_text($1::jsonb))`, [
    JSON.stringify(keys),
  ]);
}

function neighbourOf([key, distance]: readonly unknown[]): Neighbour {
  return { id: String(key), similarity: 1 - Number(distance) };
}

function stampsOf(rows: readonly (readonly unknown[])[]): ReadonlyMap<string, Stamp> {
  return new Map(
    rows.map(([key, lease, expires]) => [String(key), { lease: Number(lease), expires: Number(expires) }]),
  );
}

/** As pgvector reads a vector; half a float has three digits. */
function textOf(vector: Float32Array): string {
  let text = '[';
  for (const component of vector) text += `${text === '[' ? '' : ','}${Math.round(component * 1e6) / 1e6}`;
  return `${text}]`;
}
