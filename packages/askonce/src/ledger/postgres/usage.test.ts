/** What a ledger in PostgreSQL says of its size, without reading its large tables. */
import { expect, it, onTestFinished } from 'vitest';
import { freshDatabase } from '../../../../../test/support/postgres-server.ts';
import { describeWithService } from '../../../../../test/support/service-suites.ts';
import type { Run } from '../../postgres/connections.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { postgresLedger } from './store.ts';
import { tablesIn } from './tables.ts';
import { usageOf } from './usage.ts';

const megabyte = 1024 * 1024;

/** A server whose tables have so large a heap, with rows of 496 bytes, each of which takes 500 in a page. */
function serverWith(heap: number, tuples: number, pages: number) {
  const counted: string[] = [];
  const run: Run = async (statement) => {
    if (!/count\(/.test(statement)) return [[2 * heap, heap, heap, tuples, pages, 8_192, 496]];
    counted.push(statement);
    return [['7']];
  };
  return { run, counted };
}

it('small tables are counted, and large ones are not', async () => {
  const small = serverWith(megabyte, 1_000, 10);
  const [first] = await usageOf(small.run, tablesIn('public'));
  expect(first).toMatchObject({ rows: 7, isLarge: false, usedBytes: 7 * 500 * 2 });
  expect(small.counted).toHaveLength(6);

  const large = serverWith(64 * megabyte, 1_000, 1_000);
  const [estimate] = await usageOf(large.run, tablesIn('public'));
  expect(large.counted).toEqual([]);
  // The table has 8 192 pages by now, with as many rows each as the thousand that the server knows.
  expect(estimate).toMatchObject({ rows: 8_192, isLarge: true, usedBytes: 8_192 * 500 * 2 });
});

it('a large table of which the server knows nothing is counted', async () => {
  for (const [tuples, pages] of [
    [-1, 0],
    [0, 0],
  ] as const) {
    const [usage] = await usageOf(serverWith(64 * megabyte, tuples, pages).run, tablesIn('public'));
    expect(usage).toMatchObject({ rows: 7, isLarge: true });
  }
});

describeWithService('postgres', 'the size of a large ledger', () => {
  it('is estimated, and the estimate is remembered for a minute', async () => {
    const { url, query } = await freshDatabase();
    const clock = fakeClock();
    const store = postgresLedger({ url, clock });
    onTestFinished(() => store.close());
    expect(await store.size()).toMatchObject({ patterns: 0 });
    const add = (first: number, last: number) =>
      query(
        `INSERT INTO query_pattern SELECT 'key ' || number, repeat('x', 900), '', '', '', '', 1, 1, NULL
         FROM generate_series($1::int, $2::int) AS number`,
        [first, last],
      );
    await add(1, 20_000);
    await query('ANALYZE query_pattern');
    const { patterns, bytes } = await store.size();
    expect(Math.abs(patterns / 20_000 - 1)).toBeLessThan(0.1);
    expect(bytes).toBeGreaterThan(16 * megabyte);
    await add(20_001, 30_000);
    expect((await store.size()).patterns).toBe(patterns);
    clock.advance(60_000);
    expect(Math.abs((await store.size()).patterns / 30_000 - 1)).toBeLessThan(0.1);
  });
});
