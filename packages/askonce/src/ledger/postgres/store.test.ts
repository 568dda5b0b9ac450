/** The contract of ledgers, kept by PostgreSQL on a real server. */
import { describe, expect, it } from 'vitest';
import { ledgerRowOf } from '../../../../../test/support/ledger-rows.ts';
import { freshDatabase } from '../../../../../test/support/postgres-server.ts';
import { describeWithService } from '../../../../../test/support/service-suites.ts';
import { describeLedgerContract } from '../../testing/ledger-contract.ts';
import { postgresLedger } from './store.ts';

describeWithService('postgres', 'on a real server', () => {
  describeLedgerContract({
    name: 'PostgreSQL',
    runner: { describe, it, expect },
    capabilities: ['another', 'rows'],
    async createStore() {
      const { url, query } = await freshDatabase();
      return {
        store: postgresLedger({ url }),
        another: () => postgresLedger({ url }),
        rows: async () => (await query('SELECT * FROM cache_event ORDER BY at, id')).map(ledgerRowOf),
      };
    },
  });
});
