/** A ledger's file is read as it is at one moment, and nothing is made, changed or repaired for it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { sampleBatch, sampleCounter, samplePattern } from '../../testing/sample-batch.ts';
import type { LedgerQueries } from '../contract.ts';
import { readSqliteLedger } from './snapshot.ts';
import { sqliteLedger } from './store.ts';

const everything = { from: 0, to: Number.MAX_SAFE_INTEGER, where: {} } as const;

async function requestsIn(ledger: LedgerQueries): Promise<number | undefined> {
  const [sum] = await ledger.counters({ ...everything, by: 'model' });
  return sum?.counts.requests;
}

function ledgerIn(folder: string) {
  const path = join(folder, 'ledger.db');
  const store = sqliteLedger({ path });
  onTestFinished(() => store.close());
  const write = (sequence: number) =>
    store.write(
      sampleBatch({
        sequence,
        counters: [sampleCounter({ counts: { requests: 1 }, hitsTook: [1] })],
        tags: [{ bucket: 0, tag: 'team', requests: 1, hits: 1, savedNano: 5 }],
        patterns: [samplePattern('key', { text: 'What is a lease?' })],
      }),
    );
  return { path, store, write };
}

describe('a snapshot of a ledger in a file', () => {
  it('has all that was written, and no batch that is written while it is read', async () => {
    const { path, write } = ledgerIn(temporaryFolder());
    await write(1);
    await readSqliteLedger({ path }, async (ledger) => {
      expect(await requestsIn(ledger)).toBe(1);
      await write(2);
      expect(await requestsIn(ledger)).toBe(1);
      expect(await ledger.tags({ ...everything, limit: 1 })).toMatchObject([{ tag: 'team', requests: 1 }]);
      expect(await ledger.patterns({ where: {}, limit: 1 })).toMatchObject([{ hits: 1 }]);
      const [sum] = await ledger.counters({ ...everything, by: 'bucket' });
      expect(sum?.hitDurations.reduce((one, other) => one + other)).toBe(1);
    });
    expect(await readSqliteLedger({ path }, requestsIn)).toBe(2);
  });

  it('leaves the folder as it was, also where no process has the file open', async () => {
    const folder = temporaryFolder();
    const { path, store, write } = ledgerIn(folder);
    await write(1);
    await store.close();
    const before = readdirSync(folder);
    expect(await readSqliteLedger({ path }, requestsIn)).toBe(1);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('makes no file and no folder where there is no ledger', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'data', 'ledger.db');
    await expect(readSqliteLedger({ path }, requestsIn)).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringMatching(/^There is no ledger yet in .*ledger\.db\. Start a gateway/),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves a file alone that is empty, damaged, of another program or of a newer release', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'ledger.db');
    const refused = async (message: RegExp) => {
      const before = readFileSync(path);
      await expect(readSqliteLedger({ path }, requestsIn)).rejects.toMatchObject({
        code: 'store_failed',
        message: expect.stringMatching(message),
      });
      expect(readFileSync(path)).toEqual(before);
      expect(readdirSync(folder)).toEqual(['ledger.db']);
    };
    writeFileSync(path, '');
    await refused(/^There is no ledger yet/);
    writeFileSync(path, 'not a database at all'.repeat(1000));
    await refused(/cannot be read: file is not a database/);
    writeFileSync(path, '');
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE recipes (name TEXT)');
    await refused(/another program/);
    other.exec(`PRAGMA application_id = ${0x614f_6e6c}; PRAGMA user_version = 1000`);
    await refused(/schema version 1000/);
    other.exec('PRAGMA user_version = 0');
    await refused(/an older release made it/);
    other.close();
  });

  it('passes on what the reader throws, and lets go of the file', async () => {
    const { path, write } = ledgerIn(temporaryFolder());
    await write(1);
    const failing = readSqliteLedger({ path }, async () => {
      throw new RangeError('no such month');
    });
    await expect(failing).rejects.toThrow(RangeError);
    await write(2);
    expect(await readSqliteLedger({ path }, requestsIn)).toBe(2);
  });
});
