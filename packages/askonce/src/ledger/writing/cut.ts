/** Cuts what was gathered into batches of a size that no thread and no transaction is held up by. */
import type { Gathered } from '../accounts/books.ts';
import type { LedgerBatch } from '../contract.ts';

/** Most changes of each kind in one batch; handing them to another thread takes some 5 ms. */
const mostAtOnce = 500;

/** None if nothing was gathered. */
export function contentsOf({
  counters,
  tags,
  patterns,
  rows,
  runs = [],
}: Gathered): readonly Pick<LedgerBatch, 'counters' | 'tags' | 'patterns' | 'rows' | 'runs'>[] {
  const most = Math.max(counters.length, tags.length, patterns.length, rows.length, runs.length);
  return Array.from({ length: Math.ceil(most / mostAtOnce) }, (_none, index) => {
    const cut = <Change>(changes: readonly Change[]) =>
      changes.slice(index * mostAtOnce, (index + 1) * mostAtOnce);
    const cutRuns = cut(runs);
    return {
      ...{ counters: cut(counters), tags: cut(tags), patterns: cut(patterns), rows: cut(rows) },
      ...(cutRuns.length > 0 && { runs: cutRuns }),
    };
  });
}
