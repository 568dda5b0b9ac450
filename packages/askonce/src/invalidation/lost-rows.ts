/**
 * What a fail-over has lost: rows that are remembered here, and that the store's log does not have any more.
 */
import type { LogRow } from '../store/contract.ts';
import type { History } from './history.ts';
import { originOf } from './row-id.ts';

/**
 * Rows of `before` that `now` lacks, also under another number: somebody may have appended them again. Rows up to the
 * newest that both have are no matter.
 */
export function lostRows(before: History, now: History): readonly LogRow[] {
  const there = new Map(now.rows.map((row) => [row.number, row.id]));
  const common = before.rows.findLast(({ number, id }) => there.get(number) === id)?.number ?? 0;
  const origins = new Set(now.rows.flatMap(({ number, id }) => (number > common ? [originOf(id)] : [])));
  const isLost = ({ id }: LogRow) => !origins.has(originOf(id));
  const read = before.rows.filter(({ number }) => number > common && number >= now.floor);
  return [...read, ...before.pending].filter(isLost);
}
