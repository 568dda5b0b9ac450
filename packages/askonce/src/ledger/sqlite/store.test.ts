import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storedRows } from '../../../../../test/support/ledger-rows.ts';
import { describeLedgerContract } from '../../testing/ledger-contract.ts';
import { sqliteLedger } from './store.ts';

describeLedgerContract({
  name: 'SQLite',
  runner: { describe, it, expect },
  capabilities: ['another', 'rows'],
  createStore() {
    const folder = mkdtempSync(join(tmpdir(), 'askonce-ledger-'));
    const path = join(folder, 'ledger.db');
    return {
      store: sqliteLedger({ path }),
      another: () => sqliteLedger({ path }),
      rows: () => storedRows(path),
      release: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
});
