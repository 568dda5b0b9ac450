/** A ledger in PostgreSQL behind PgBouncer in transaction mode, which hands each transaction to any connection. */
import { expect, it, onTestFinished } from 'vitest';
import { postgresLedger } from '../packages/askonce/src/ledger/postgres/store.ts';
import { numberedBatch, sumsAfter, sumsIn } from './support/postgres-ledger.ts';
import { freshDatabase, throughPgbouncer } from './support/postgres-server.ts';
import { describeWithService } from './support/service-suites.ts';

describeWithService('pgbouncer', 'a ledger behind PgBouncer', () => {
  it('writes, reads, prunes and erases over fewer connections than it has', async () => {
    const database = await freshDatabase();
    const { url } = await throughPgbouncer(database, 2);
    const writers = ['a', 'bb', 'ccc'];
    const stores = writers.map(() => postgresLedger({ url }));
    for (const store of stores) onTestFinished(() => store.close());
    await Promise.all(
      stores.map(async (store, index) => {
        for (let sequence = 1; sequence <= 20; sequence++) {
          await Promise.all([store.write(numberedBatch(writers[index] ?? '', sequence)), store.size()]);
          await sumsIn(store);
        }
      }),
    );
    const [store] = stores;
    if (store === undefined) throw new Error('there is no store');
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 20, bb: 20, ccc: 20 }));
    expect(await store.erase('a', 0)).toBe(20);
    const retention = { rowsSince: Number.MAX_SAFE_INTEGER, countersSince: 0, patternsSince: 0 };
    expect(await store.prune({ ...retention, maxBytes: 2 ** 30, maxPatterns: 2 })).toBe(41);
    const connections = await database.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND backend_type = 'client backend'`,
    );
    expect(connections.length).toBeLessThanOrEqual(2);
  });

  it('leaves nothing behind on the connections that it shares with others', async () => {
    const { url, query } = await throughPgbouncer(await freshDatabase(), 1);
    const store = postgresLedger({ url });
    onTestFinished(() => store.close());
    await store.write(numberedBatch('a', 1));
    await sumsIn(store);
    const other = postgresLedger({ url, schema: 'another' });
    onTestFinished(() => other.close());
    await other.write(numberedBatch('bb', 1));
    await store.write(numberedBatch('a', 2));
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 2 }));
    expect(await query('SELECT name FROM pg_prepared_statements')).toEqual([]);
    const shown = await query(
      `SELECT current_setting('statement_timeout') AS timeout, current_setting('search_path') AS path`,
    );
    expect(shown).toEqual([{ timeout: '0', path: '"$user", public' }]);
  });
});
