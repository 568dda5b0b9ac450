import { expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { Browse } from '../browse.ts';
import { fileBrowse } from './browse.ts';

/** A file in which so many rows are all of removed entries, as after an invalidation whose rows are not deleted yet. */
function removedRows(count: number) {
  let looked = 0;
  const reader = {
    heats(after: number, limit: number) {
      const rows = Math.min(limit, count - after);
      looked += rows;
      return { rows: [], looked: rows, next: rows < limit ? undefined : after + rows };
    },
  };
  const connection = { demand: (read: (from: typeof reader) => unknown) => read(reader) };
  const browse: Browse = Reflect.apply(fileBrowse, undefined, [
    { connection, clock: fakeClock(), keys: undefined, flush: async () => {}, heat: () => undefined },
  ]);
  return { browse, looked: () => looked };
}

it('a page ends after a bounded number of rows also where all are of removed entries, and the next one goes on behind them', async () => {
  const { browse, looked } = removedRows(1_000_000);
  const page = await browse.page('', { limit: 50, wants: () => true });
  expect(page).toEqual({ entries: [], next: '4096' });
  expect(looked()).toBe(4_096);
  expect(await browse.page('999900', { limit: 50, wants: () => true })).toEqual({
    entries: [],
    next: undefined,
  });
});
