import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storedRows } from '../../../../../test/support/ledger-rows.ts';
import { fileThread } from '../../store/sqlite/store.ts';
import { describeLedgerContract } from '../../testing/ledger-contract.ts';
import { sqliteLedger } from './store.ts';

const threads = {
  SQLite: () => undefined,
  'SQLite, written by a shared thread': fileThread,
};

for (const [name, thread] of Object.entries(threads))
  describeLedgerContract({
    name,
    runner: { describe, it, expect },
    capabilities: ['another', 'rows'],
    createStore() {
      const folder = mkdtempSync(join(tmpdir(), 'askonce-ledger-'));
      const path = join(folder, 'ledger.db');
      return {
        store: sqliteLedger({ path, thread: thread() }),
        another: () => sqliteLedger({ path }),
        rows: () => storedRows(path),
        release: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  });
