import { DatabaseSync } from 'node:sqlite';
import { sqliteStore } from 'askonce/sqlite';
import { sampleEntry } from 'askonce/testing';
import { expect, it } from 'vitest';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { reportLines } from './lines.ts';
import { runMaintenance } from './run.ts';

const key = 'the-key-of-all-admin-calls';
const command = { kinds: undefined, dryRun: false, url: undefined, config: undefined };
const day = 86_400_000;

/** A file with one old entry that nothing has asked for, and one new. */
async function filledFolder(): Promise<string> {
  const folder = temporaryFolder();
  const store = await sqliteStore({ folder });
  const now = Date.now();
  const expires = now + 400 * day;
  await store.setMany([
    sampleEntry({ key: 'askonce:v1:aa:en:{old}', now: now - 31 * day, expires }),
    sampleEntry({ key: 'askonce:v1:aa:en:{new}', now, expires }),
  ]);
  await store.close();
  return folder;
}

it('a running gateway is asked, and its report is printed line by line', async () => {
  const gateway = await gatewayForTest('http://127.0.0.1:1', { adminKey: key });
  const environment = { ASKONCE_PORT: String(gateway.port), ASKONCE_ADMIN_KEY: key };
  const { by, report } = await runMaintenance({ ...command, kinds: 'expired, low-value', environment });
  expect(by).toBe(gateway.url);
  expect(Object.keys(report.kinds)).toEqual(['expired', 'low-value']);
  expect(reportLines(report)).toEqual([
    'expired: 0 entries removed, about 0 bytes',
    'low-value: 0 entries removed, about 0 bytes',
    expect.stringMatching(/^complete, 0 entries looked at in \d+ ms$/),
  ]);
});

it('without a gateway the data folder is opened, and a dry run changes nothing', async () => {
  const folder = await filledFolder();
  const environment = { ASKONCE_DATA_DIR: folder, ASKONCE_PORT: '1', ASKONCE_ADMIN_KEY: key };
  const dry = await runMaintenance({ ...command, dryRun: true, environment });
  expect(dry).toMatchObject({ by: folder, report: { kinds: { 'low-value': { count: 1 } } } });
  const run = await runMaintenance({ ...command, environment });
  expect(run.report.kinds['low-value']).toEqual(dry.report.kinds['low-value']);
  const again = await runMaintenance({ ...command, dryRun: true, environment });
  expect(again.report).toMatchObject({ looked: 1, kinds: { 'low-value': { count: 0 } } });
});

it('a file that cannot give pages back in steps is rebuilt once', async () => {
  const folder = await filledFolder();
  const file = `${folder}/askonce.db`;
  const mode = () => {
    const database = new DatabaseSync(file);
    const value = database.prepare('PRAGMA auto_vacuum').get()?.['auto_vacuum'];
    database.close();
    return value;
  };
  const database = new DatabaseSync(file);
  database.exec('PRAGMA auto_vacuum = NONE; VACUUM');
  database.close();
  expect(mode()).toBe(0);
  const environment = { ASKONCE_DATA_DIR: folder };
  const { report } = await runMaintenance({ ...command, kinds: 'defragment', environment });
  expect(report).toMatchObject({ outcome: 'complete', refused: [] });
  expect(mode()).toBe(2);
});

it('a file that another process has open is not rebuilt, and that is reported as refused', async () => {
  const folder = await filledFolder();
  const database = new DatabaseSync(`${folder}/askonce.db`);
  database.exec('PRAGMA auto_vacuum = NONE; VACUUM');
  database.close();
  // The lock of a process that has the file open.
  const lock = new DatabaseSync(`${folder}/askonce.db-lock`);
  lock.exec('BEGIN; SELECT count(*) FROM sqlite_schema;');
  const environment = { ASKONCE_DATA_DIR: folder };
  const { report } = await runMaintenance({ ...command, kinds: 'defragment', environment });
  expect(report.refused).toMatchObject([
    { action: 'vacuum', message: expect.stringContaining('another process') },
  ]);
  lock.close();
  const again = await runMaintenance({ ...command, kinds: 'defragment', environment });
  expect(again.report).toMatchObject({ outcome: 'complete', refused: [] });
});

it('unknown kinds, a folder that is not there and an address where nothing answers are errors', async () => {
  const environment = { ASKONCE_DATA_DIR: '/nowhere/at/all' };
  await expect(runMaintenance({ ...command, kinds: 'old', environment })).rejects.toThrow(/unknown kind old/);
  await expect(runMaintenance({ ...command, environment })).rejects.toThrow(/there is no \/nowhere/);
  const asked = { ...command, url: 'http://127.0.0.1:1', environment: { ASKONCE_ADMIN_KEY: key } };
  await expect(runMaintenance(asked)).rejects.toMatchObject({ code: 'gateway_unreachable' });
});
