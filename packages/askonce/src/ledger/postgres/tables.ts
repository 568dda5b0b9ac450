/** What the ledger's tables in PostgreSQL are called. */
import { quoted } from '../../postgres/names.ts';

/** Names of tables, each with its schema and in quotes. */
export interface Tables {
  /** As the catalogue has it, without quotes. */
  readonly schema: string;
  readonly statistics: string;
  readonly tags: string;
  readonly patterns: string;
  readonly events: string;
  readonly runs: string;
  readonly writers: string;
  readonly erasures: string;
}

export function tablesIn(schema: string): Tables {
  const inSchema = (name: string) => `${quoted(schema)}.${name}`;
  return {
    schema,
    statistics: inSchema('cache_statistics'),
    tags: inSchema('tag_statistics'),
    patterns: inSchema('query_pattern'),
    events: inSchema('cache_event'),
    runs: inSchema('maintenance_run'),
    writers: inSchema('ledger_writer'),
    erasures: inSchema('ledger_erasure'),
  };
}
