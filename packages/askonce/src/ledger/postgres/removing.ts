/**
 * Removes what is too old, too much, or a user's, in transactions of at most some thousand rows. What another process has
 * locked at the moment is left for the next time, so that pruning waits for nothing and no batch waits for long.
 */

import type { Run } from '../../postgres/connections.ts';
import { type Retention, rememberedWriters, shareFreed, shareWithoutHits, storedRuns } from '../contract.ts';
import { wholeNumber } from '../sound-batch.ts';
import { rememberErasure } from './erasures.ts';
import type { Tables } from './tables.ts';
import type { TableName, Usage } from './usage.ts';
import { textOf } from './values.ts';

/** Rows of one transaction. */
const rowsOfStep = 2_000;

/** One transaction, which removes at most as many rows as `rowsOfStep` or counts; resolves with their number. */
type Step = (run: Run) => Promise<number>;
export type RunStep = (step: Step) => Promise<number>;

/** Repeats a step until it removes less than it could. */
async function all(runStep: RunStep, step: Step): Promise<number> {
  let removed = 0;
  for (;;) {
    const count = await runStep(step);
    removed += count;
    if (count < rowsOfStep) return removed;
  }
}

export function remover(tables: Tables) {
  const { statistics, tags, patterns, events, runs, writers, erasures } = tables;
  /** Deletes the rows that a query names, but for those that are locked. */
  const deletion = (table: string, which: string) => async (run: Run, value: number) => {
    const rows = await run(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY (SELECT ctid FROM ${table} ${which} FOR UPDATE SKIP LOCKED))
       RETURNING 1`,
      [wholeNumber(value)],
    );
    return rows.length;
  };
  const oldRows = deletion(events, `WHERE at < $1 ORDER BY at LIMIT ${rowsOfStep}`);
  const oldCounters = deletion(statistics, `WHERE bucket < $1 ORDER BY bucket LIMIT ${rowsOfStep}`);
  const oldTags = deletion(tags, `WHERE bucket < $1 ORDER BY bucket LIMIT ${rowsOfStep}`);
  const oldPatterns = deletion(patterns, `WHERE last_asked < $1 LIMIT ${rowsOfStep}`);
  const oldRuns = deletion(runs, `WHERE started_at < $1 LIMIT ${rowsOfStep}`);
  const excessRuns = deletion(runs, `ORDER BY started_at DESC, id DESC LIMIT ${rowsOfStep} OFFSET $1`);
  const oldWriters = deletion(
    writers,
    `WHERE at < $1 AND writer NOT IN (SELECT writer FROM ${writers} ORDER BY at DESC LIMIT ${rememberedWriters})
     LIMIT ${rowsOfStep}`,
  );
  const oldErasures = deletion(erasures, `WHERE at < $1 LIMIT ${rowsOfStep}`);
  const someTexts = async (run: Run) => {
    const changed = await run(
      `UPDATE ${patterns} SET text = NULL, user_digest = NULL WHERE ctid = ANY (ARRAY
         (SELECT ctid FROM ${patterns} WHERE text IS NOT NULL LIMIT ${rowsOfStep} FOR UPDATE SKIP LOCKED)) RETURNING 1`,
    );
    return changed.length;
  };
  const firstRows = deletion(events, `ORDER BY at LIMIT least($1, ${rowsOfStep})`);
  // A bucket goes whole: what is left of its figures would be wrong.
  const firstTags = deletion(tags, `WHERE $1::bigint > 0 AND bucket = (SELECT min(bucket) FROM ${tags})`);
  const firstCounters = deletion(
    statistics,
    `WHERE $1::bigint > 0 AND bucket = (SELECT min(bucket) FROM ${statistics})`,
  );
  const makingRoom = (): readonly (readonly [TableName, typeof firstRows])[] => [
    ['events', firstRows],
    ['patterns', rarestPatterns()],
    ['tags', firstTags],
    ['statistics', firstCounters],
  ];

  /** Deletes the least asked questions. Each step begins where the one before ended, and reads none of the removed ones again. */
  function rarestPatterns() {
    let after: readonly [hits: string, lastAsked: string] = ['-9223372036854775808', '-9223372036854775808'];
    return async (run: Run, wanted: number) => {
      const rows = await run(
        `WITH rarest AS (
           SELECT ctid FROM ${patterns} WHERE (hits, last_asked) >= ($2, $3) ORDER BY hits, last_asked
           LIMIT least($1, ${rowsOfStep}) FOR UPDATE SKIP LOCKED),
         removed AS (DELETE FROM ${patterns} WHERE ctid = ANY (ARRAY (SELECT ctid FROM rarest)) RETURNING hits, last_asked)
         SELECT hits, last_asked FROM removed ORDER BY hits DESC, last_asked DESC`,
        [wholeNumber(wanted), ...after],
      );
      const [[hits, lastAsked] = after] = rows;
      after = [String(hits), String(lastAsked)];
      return rows.length;
    };
  }

  /** How many of the least asked questions are too much. */
  async function excessOf(run: Run, maxPatterns: number): Promise<number> {
    const [[all, unasked] = []] = await run(
      `SELECT count(*), count(*) FILTER (WHERE hits <= 0) FROM ${patterns}`,
    );
    const mostUnasked = Math.floor(maxPatterns * shareWithoutHits);
    return Math.max(Number(all) - maxPatterns, Number(unasked) - mostUnasked, 0);
  }

  return {
    async old(
      runStep: RunStep,
      { rowsSince, countersSince, patternsSince, maxPatterns, texts = true }: Retention,
    ) {
      let removed = texts ? 0 : await all(runStep, someTexts);
      removed += await all(runStep, (run) => oldRows(run, rowsSince));
      removed += await all(runStep, (run) => oldTags(run, countersSince));
      removed += await all(runStep, (run) => oldCounters(run, countersSince));
      removed += await all(runStep, (run) => oldPatterns(run, patternsSince));
      let excess = await runStep((run) => excessOf(run, maxPatterns));
      const removeRarest = rarestPatterns();
      while (excess > 0) {
        const wanted = excess;
        const count = await runStep((run) => removeRarest(run, wanted));
        if (count === 0) break;
        removed += count;
        excess -= count;
      }
      removed += await all(runStep, (run) => oldRuns(run, countersSince));
      removed += await all(runStep, (run) => excessRuns(run, storedRuns));
      await all(runStep, (run) => oldWriters(run, countersSince));
      // What another process reported before an erasure may be a row or the text of a question.
      await all(runStep, (run) => oldErasures(run, Math.min(rowsSince, patternsSince)));
      return removed;
    },

    /** Removes of what is oldest or least asked until the rows that are left take less than the bound. */
    async excess(runStep: RunStep, usages: readonly Usage[], maxBytes: number): Promise<number> {
      let used = usages.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
      if (used <= maxBytes) return 0;
      const target = maxBytes * (1 - shareFreed);
      let removed = 0;
      for (const [table, remove] of makingRoom()) {
        const usage = usages.find((one) => one.table === table);
        if (usage === undefined || usage.rows === 0) continue;
        const rowBytes = usage.usedBytes / usage.rows;
        while (used > target) {
          const wanted = Math.ceil((used - target) / rowBytes);
          const count = await runStep((run) => remove(run, wanted));
          if (count === 0) break;
          removed += count;
          used -= count * rowBytes;
        }
      }
      return removed;
    },

    /** Waits for rows that are locked: it must leave none. */
    async user(runStep: RunStep, user: string, at: number): Promise<number> {
      const digest = textOf(user);
      // First, so that what another process writes meanwhile is left out.
      await runStep(async (run) => {
        await rememberErasure(run, tables, user, at);
        return 0;
      });
      const rows = await all(runStep, async (run) => {
        const deleted = await run(
          `DELETE FROM ${events} WHERE id IN
             (SELECT id FROM ${events} WHERE user_digest = $1 ORDER BY id LIMIT ${rowsOfStep} FOR UPDATE) RETURNING 1`,
          [digest],
        );
        return deleted.length;
      });
      const texts = await all(runStep, async (run) => {
        const changed = await run(
          `UPDATE ${patterns} SET text = NULL, user_digest = NULL WHERE key IN
             (SELECT key FROM ${patterns} WHERE user_digest = $1 ORDER BY key LIMIT ${rowsOfStep} FOR UPDATE) RETURNING 1`,
          [digest],
        );
        return changed.length;
      });
      return rows + texts;
    },
  };
}
