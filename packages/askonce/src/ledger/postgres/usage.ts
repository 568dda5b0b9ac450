/** How much the tables hold, and how much of their files that takes. */
import type { Run } from './connections.ts';
import type { Tables } from './schema.ts';

export type TableName = 'statistics' | 'tags' | 'patterns' | 'events' | 'writers' | 'erasures';

export interface Usage {
  readonly table: TableName;
  readonly rows: number;
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

/** Reads the size of each table's files, which takes no time. */
export async function fileBytes(run: Run, tables: Tables): Promise<number> {
  const sizes = names.map(
    (name) => `pg_total_relation_size('${tables[name].replaceAll("'", "''")}'::regclass)`,
  );
  const [[bytes] = []] = await run(`SELECT ${sizes.join(' + ')}`);
  return Number(bytes);
}

/** Counts all rows. */
export async function usageOf(run: Run, tables: Tables): Promise<readonly Usage[]> {
  const found: Usage[] = [];
  for (const table of names) found.push(await usageOfTable(run, tables[table], table));
  return found;
}

async function usageOfTable(run: Run, name: string, table: TableName): Promise<Usage> {
  const [counted = []] = await run(
    `SELECT count(*), pg_total_relation_size($1::regclass), pg_indexes_size($1::regclass), pg_relation_size($1::regclass),
       (SELECT avg(pg_column_size(sampled)) FROM (SELECT * FROM ${name} LIMIT ${sampledRows}) AS sampled)
     FROM ${name}`,
    [name],
  );
  const [rows = 0, total = 0, indexes = 0, heap = 0, average = 0] = counted.map(Number);
  const rowBytes = (average + pointerBytes) * (1 + indexes / Math.max(heap, 1));
  return { table, rows, fileBytes: total, usedBytes: Math.min(total, rows * rowBytes) };
}
