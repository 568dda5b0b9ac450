/** A ledger in PostgreSQL is read as it is at one moment, and no tables are made for it. */
import { expect, it, onTestFinished } from 'vitest';
import { freshDatabase } from '../../../../../test/support/postgres-server.ts';
import { describeWithService } from '../../../../../test/support/service-suites.ts';
import { sampleBatch, sampleCounter, samplePattern } from '../../testing/sample-batch.ts';
import type { LedgerQueries } from '../contract.ts';
import { readPostgresLedger } from './snapshot.ts';
import { postgresLedger } from './store.ts';

const everything = { from: 0, to: Number.MAX_SAFE_INTEGER, where: {} } as const;

async function requestsIn(ledger: LedgerQueries): Promise<number | undefined> {
  const [sum] = await ledger.counters({ ...everything, by: 'model' });
  return sum?.counts.requests;
}

function ledgerAt(url: string) {
  const store = postgresLedger({ url });
  onTestFinished(() => store.close());
  return (sequence: number) =>
    store.write(
      sampleBatch({
        sequence,
        counters: [sampleCounter({ counts: { requests: 1 } })],
        tags: [{ bucket: 0, tag: 'team', requests: 1, hits: 1, savedNano: 5 }],
        patterns: [samplePattern('key')],
      }),
    );
}

describeWithService('postgres', 'a snapshot of a ledger in PostgreSQL', () => {
  it('has all that was written, and no batch that is written while it is read', async () => {
    const { url } = await freshDatabase();
    const write = ledgerAt(url);
    await write(1);
    await readPostgresLedger({ url }, async (ledger) => {
      expect(await requestsIn(ledger)).toBe(1);
      await write(2);
      expect(await requestsIn(ledger)).toBe(1);
      expect(await ledger.tags({ ...everything, limit: 1 })).toMatchObject([{ tag: 'team', requests: 1 }]);
      expect(await ledger.patterns({ where: {}, limit: 1 })).toMatchObject([{ hits: 1 }]);
    });
    expect(await readPostgresLedger({ url }, requestsIn)).toBe(2);
  });

  it('makes no tables where there is no ledger', async () => {
    const { url, query } = await freshDatabase();
    await expect(readPostgresLedger({ url }, requestsIn)).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringMatching(/^There is no ledger in this database yet\./),
    });
    expect(await query(`SELECT relname FROM pg_class WHERE relname = 'ledger_schema'`)).toEqual([]);
  });

  it('is refused where the tables are of another release', async () => {
    const { url, query } = await freshDatabase();
    await ledgerAt(url)(1);
    await query('INSERT INTO ledger_schema (version) VALUES (1000)');
    await expect(readPostgresLedger({ url }, requestsIn)).rejects.toThrow(/made by a newer askonce/);
    await query('DELETE FROM ledger_schema');
    await query('INSERT INTO ledger_schema (version) VALUES (-1)');
    await expect(readPostgresLedger({ url }, requestsIn)).rejects.toThrow(/made by an older askonce/);
  });
});
