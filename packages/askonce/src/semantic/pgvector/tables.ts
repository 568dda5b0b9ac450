/** The tables of the semantic index in PostgreSQL, and how they are made. Names, keys and digests; never text. */
import { hash } from 'node:crypto';
import { plainText, quoted } from '../../postgres/names.ts';
import type { VersionedTables } from '../../postgres/schema.ts';

export interface IndexTables extends VersionedTables {
  /** Which embedder has which table of vectors; with its schema and in quotes. */
  readonly embedders: string;
  /** Which process does what no two may do at once; with its schema and in quotes. */
  readonly tasks: string;
}

/** The table of one embedder's vectors. */
export interface VectorTable {
  /** Without schema and quotes. */
  readonly plain: string;
  readonly quoted: string;
}

/** The instant of the database's clock, in ms since the epoch: those of several gateways differ. */
export const instant = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** Name of the registry of embedders, without schema and quotes. */
export const registry = 'semantic_embedder';

export function indexTables(schema: string): IndexTables {
  const embedders = `${quoted(schema)}.${registry}`;
  const tasks = `${quoted(schema)}.semantic_task`;
  return {
    what: 'semantic index',
    schema,
    versions: 'semantic_schema',
    lock: 7_010_413_620_018,
    embedders,
    tasks,
    migrations: migrations(embedders, tasks),
  };
}

/** From version n to n + 1, one after another: a new database runs them all. Append only: a test holds what was released. */
function migrations(embedders: string, tasks: string): readonly string[] {
  return [
    `CREATE TABLE ${embedders} (
      fingerprint ${plainText} PRIMARY KEY,
      dimension integer NOT NULL,
      vectors ${plainText} NOT NULL UNIQUE,
      used_at bigint NOT NULL
    );
    COMMENT ON TABLE ${embedders} IS 'askonce: the table of vectors of each embedder. Instants are milliseconds since the epoch.';
    CREATE TABLE ${tasks} (
      name ${plainText} PRIMARY KEY,
      holder ${plainText} NOT NULL,
      held_until bigint NOT NULL,
      began bigint NOT NULL DEFAULT 0,
      completed bigint NOT NULL DEFAULT 0
    );
    COMMENT ON TABLE ${tasks} IS 'askonce: which gateway reads the store anew or prunes; completed is when the last completed run began.';`,
  ];
}

/** The table of an embedder's vectors: vectors of two embedders lie in two tables, so that none are compared. */
export function vectorTable(schema: string, fingerprint: string): VectorTable {
  const plain = `semantic_vector_${hash('sha256', fingerprint, 'hex').slice(0, 20)}`;
  return { plain, quoted: `${quoted(schema)}.${plain}` };
}
