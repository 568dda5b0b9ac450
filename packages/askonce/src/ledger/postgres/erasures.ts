/**
 * Users who were erased, and until when. Another process may still hold what it reported of such a user before: that is left
 * out when it is written.
 */

import type { Run } from '../../postgres/connections.ts';
import { clocksDifferMs, type LedgerBatch } from '../contract.ts';
import { wholeNumber } from '../sound-batch.ts';
import type { Tables } from './tables.ts';
import { textOf } from './values.ts';

/**
 * Waits until every batch that may have looked before this has ended, and lets later ones look only once this is
 * committed: so a batch leaves out what was erased, or has stored it before the deletion that follows.
 */
export async function rememberErasure(
  run: Run,
  { erasures }: Tables,
  user: string,
  at: number,
): Promise<void> {
  // Each batch that looks holds the weakest lock of the table until it ends; this one is all that excludes it.
  await run(`LOCK TABLE ${erasures} IN ACCESS EXCLUSIVE MODE`);
  await run(
    `INSERT INTO ${erasures} AS present (user_digest, at) VALUES ($1, $2)
     ON CONFLICT (user_digest) DO UPDATE SET at = greatest(present.at, excluded.at)`,
    [textOf(user), wholeNumber(at)],
  );
}

/** The batch without the rows and texts of users who were erased after these were reported. */
export async function withoutErased(
  run: Run,
  { erasures }: Tables,
  batch: LedgerBatch,
): Promise<LedgerBatch> {
  const users = new Set<string>();
  for (const { user } of [...batch.rows, ...batch.patterns]) if (user !== undefined) users.add(textOf(user));
  if (users.size === 0) return batch;
  const found = await run(
    `SELECT user_digest, at FROM ${erasures}
     WHERE user_digest IN (SELECT jsonb_array_elements_text($1::jsonb))`,
    [JSON.stringify([...users])],
  );
  if (found.length === 0) return batch;
  const erasedUntil = new Map(found.map(([user, at]) => [String(user), Number(at)]));
  const isErased = (user: string | undefined, at: number) =>
    user !== undefined && at <= (erasedUntil.get(textOf(user)) ?? Number.NEGATIVE_INFINITY);
  return {
    ...batch,
    rows: batch.rows.filter(({ user, at }) => !isErased(user, at)),
    patterns: batch.patterns.map((change) => {
      const { text: _text, user, ...anonymous } = change;
      return isErased(user, (change.textAt ?? change.lastAsked) - clocksDifferMs) ? anonymous : change;
    }),
  };
}
