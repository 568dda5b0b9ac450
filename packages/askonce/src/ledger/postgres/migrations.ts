/** What each version of the ledger's tables in PostgreSQL adds to the one before. */
import { plainText } from '../../postgres/names.ts';
import type { Tables } from './tables.ts';

const dimensionsOfVersion1 = ['provider', 'protocol', 'model', 'language', 'category', 'template', 'tenant']
  .map((name) => `${name} ${plainText} NOT NULL`)
  .join(', ');

/** Not `countColumns`, which may have more by now: tables that were made long ago have these. */
const countsOfVersion1 = [
  'requests',
  'hits',
  'semantic_hits',
  'stale_hits',
  'shared',
  'misses',
  'negative',
  'bypasses',
  'fallbacks',
  'calls',
  'errors',
  'stores',
  'refusals',
  'saved_tokens',
  'shared_tokens',
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'cache_write_tokens',
  'saved_nano',
  'shared_nano',
  'miss_nano',
  'bypass_nano',
  'refresh_nano',
  'abandoned_nano',
  'audit_nano',
  'embedding_nano',
  'verifying_nano',
  'prompt_cache_nano',
  'estimated_saved_nano',
  'estimated_spent_nano',
  'hit_micros',
  'miss_micros',
]
  .map((column) => `${column} bigint NOT NULL DEFAULT 0`)
  .join(', ');

/**
 * From version n to n + 1, one after another: a new database runs them all. Append only: a test holds what was released.
 * A figure that is added to `countColumns` needs a migration that adds its column (`bigint NOT NULL DEFAULT 0`).
 */
export const migrations: readonly ((tables: Tables) => string)[] = [
  ({ statistics, tags, patterns, events, writers, erasures }) => `
    CREATE TABLE ${statistics} (
      bucket bigint NOT NULL,
      dimensions bytea NOT NULL,
      ${dimensionsOfVersion1},
      ${countsOfVersion1},
      hit_durations bigint[] NOT NULL,
      miss_durations bigint[] NOT NULL,
      PRIMARY KEY (bucket, dimensions)
    ) WITH (fillfactor = 70);
    COMMENT ON TABLE ${statistics} IS 'askonce: counters in buckets of 15 minutes. Instants are milliseconds since the epoch, money is nanodollars, durations are histograms, dimensions is the digest of the seven names.';

    CREATE TABLE ${tags} (
      bucket bigint NOT NULL,
      tag ${plainText} NOT NULL,
      requests bigint NOT NULL,
      hits bigint NOT NULL,
      saved_nano bigint NOT NULL,
      PRIMARY KEY (bucket, tag)
    ) WITH (fillfactor = 70);

    CREATE TABLE ${patterns} (
      key ${plainText} PRIMARY KEY,
      text ${plainText},
      language ${plainText} NOT NULL,
      category ${plainText} NOT NULL,
      model ${plainText} NOT NULL,
      tenant ${plainText} NOT NULL,
      hits bigint NOT NULL,
      last_asked bigint NOT NULL,
      user_digest ${plainText}
    ) WITH (fillfactor = 70);
    CREATE INDEX query_pattern_by_user ON ${patterns} (user_digest) WHERE user_digest IS NOT NULL;

    CREATE TABLE ${events} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at bigint NOT NULL,
      request_id ${plainText} NOT NULL,
      event ${plainText} NOT NULL,
      outcome ${plainText} NOT NULL,
      kind ${plainText} NOT NULL,
      tier ${plainText} NOT NULL,
      duration_ms double precision NOT NULL,
      ${dimensionsOfVersion1},
      user_digest ${plainText},
      session_digest ${plainText},
      key ${plainText},
      saved_tokens bigint NOT NULL,
      saved_nano bigint NOT NULL,
      input_tokens bigint NOT NULL,
      output_tokens bigint NOT NULL,
      spent_nano bigint NOT NULL,
      estimated boolean NOT NULL,
      weight bigint NOT NULL
    );
    CREATE INDEX cache_event_by_age ON ${events} (at);
    CREATE INDEX cache_event_by_user ON ${events} (user_digest) WHERE user_digest IS NOT NULL;
    COMMENT ON TABLE ${events} IS 'askonce: lookups, stores and calls of providers; weight is the number of rows that a sampled row stands for.';

    CREATE TABLE ${erasures} (
      user_digest ${plainText} PRIMARY KEY,
      at bigint NOT NULL
    );
    COMMENT ON TABLE ${erasures} IS 'askonce: users who were erased, so that older rows which another process still holds are not added.';

    CREATE TABLE ${writers} (
      writer ${plainText} PRIMARY KEY,
      sequence bigint NOT NULL,
      at bigint NOT NULL
    ) WITH (fillfactor = 70);
    COMMENT ON TABLE ${writers} IS 'askonce: the last batch of each process, so that none is added twice.';`,

  // The least asked questions are removed without a look at all.
  ({ patterns }) => `CREATE INDEX IF NOT EXISTS query_pattern_by_hits ON ${patterns} (hits, last_asked);`,

  ({ statistics }) =>
    `ALTER TABLE ${statistics} ADD COLUMN IF NOT EXISTS warm_nano bigint NOT NULL DEFAULT 0;`,

  ({ runs }) => `
    CREATE TABLE IF NOT EXISTS ${runs} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      started_at bigint NOT NULL,
      duration_ms double precision NOT NULL,
      outcome ${plainText} NOT NULL,
      looked bigint NOT NULL,
      expired_entries bigint,
      expired_bytes bigint,
      low_value_entries bigint,
      low_value_bytes bigint,
      low_quality_entries bigint,
      low_quality_bytes bigint,
      defragment_entries bigint,
      defragment_bytes bigint
    );
    CREATE INDEX IF NOT EXISTS maintenance_run_by_age ON ${runs} (started_at);
    COMMENT ON TABLE ${runs} IS 'askonce: runs of maintenance; the figures of a kind that was not asked for are null.';`,
];
