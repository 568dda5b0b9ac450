/**
 * What a fail-over has lost: rows that are remembered here, and that the store's log does not have any more.
 */
import type { LogRow } from '../store/contract.ts';
import type { History } from './history.ts';

/**
 * Rows of `before` that `now` lacks. Rows up to the newest that both have are no matter. A row that somebody has
 * appended again has its id, and another number.
 */
export function lostRows(before: History, now: History): readonly LogRow[] {
  const there = new Map(now.rows.map((row) => [row.number, row.id]));
  const common = before.rows.findLast(({ number, id }) => there.get(number) === id)?.number ?? 0;
  const ids = new Set(now.rows.flatMap(({ number, id }) => (number > common ? [id] : [])));
  const lost = before.rows.filter(({ number, id }) => number > common && number >= now.floor && !ids.has(id));
  return [...lost, ...before.pending.filter(({ id }) => !ids.has(id))];
}
