/**
 * How much the tables hold, and how much of their files that takes. Small tables are counted. Of large ones the server's own
 * statistics say how many rows a page has, which is right within some per cent and reads next to nothing.
 */
import type { Run } from '../../postgres/connections.ts';
import type { Tables } from './tables.ts';

export type TableName = 'statistics' | 'tags' | 'patterns' | 'events' | 'writers' | 'erasures';

export interface Usage {
  readonly table: TableName;
  readonly rows: number;
  /** Whether counting takes more than some milliseconds. Then `rows` is an estimate, if the server has one. */
  readonly isLarge: boolean;
  /** Bytes of the files, with indexes: they include the space of removed rows, which new rows take. */
  readonly fileBytes: number;
  /** What the rows take of it, by the average size of some of them. */
  readonly usedBytes: number;
}

const names = [
  'statistics',
  'tags',
  'patterns',
  'events',
  'writers',
  'erasures',
] as const satisfies readonly TableName[];
const sampledRows = 1_000;
/** A row's entry in its page. */
const pointerBytes = 4;
/** Up to so many bytes a table is counted: some milliseconds. */
const countedBytes = 16 * 1024 * 1024;

/** Reads the size of each table's files, which takes no time. */
export async function fileBytes(run: Run, tables: Tables): Promise<number> {
  const sizes = names.map(
    (name) => `pg_total_relation_size('${tables[name].replaceAll("'", "''")}'::regclass)`,
  );
  const [[bytes] = []] = await run(`SELECT ${sizes.join(' + ')}`);
  return Number(bytes);
}

export async function usageOf(run: Run, tables: Tables): Promise<readonly Usage[]> {
  const found: Usage[] = [];
  for (const table of names) found.push(await usageOfTable(run, tables[table], table));
  return found;
}

async function usageOfTable(run: Run, name: string, table: TableName): Promise<Usage> {
  const [measured = []] = await run(
    `SELECT pg_total_relation_size(oid), pg_indexes_size(oid), pg_relation_size(oid), reltuples, relpages,
       current_setting('block_size'),
       (SELECT avg(pg_column_size(sampled)) FROM (SELECT * FROM ${name} LIMIT ${sampledRows}) AS sampled)
     FROM pg_class WHERE oid = $1::regclass`,
    [name],
  );
  const [total = 0, indexes = 0, heap = 0, tuples = 0, pages = 0, page = 0, average = 0] =
    measured.map(Number);
  const isLarge = heap > countedBytes;
  // As the planner does: rows per page when the table was last vacuumed or analysed, for the pages that there are now.
  const isKnown = tuples > 0 && pages > 0;
  const rows =
    isLarge && isKnown
      ? Math.round((tuples / pages) * (heap / page))
      : Number((await run(`SELECT count(*) FROM ${name}`))[0]?.[0]);
  const rowBytes = (average + pointerBytes) * (1 + indexes / Math.max(heap, 1));
  return { table, rows, isLarge, fileBytes: total, usedBytes: Math.min(total, rows * rowBytes) };
}
