/** The report is made from the ledger of the settings, beside a gateway or without one, and a failure leaves nothing behind. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sqliteLedger } from 'askonce/ledger';
import { fakeClock } from 'askonce/testing';
import { parse } from 'csv-parse/sync';
import { beforeEach, describe, expect, it } from 'vitest';
import { gatewayForTest, json } from '../../../../test/support/gateway.ts';
import { freshDatabase } from '../../../../test/support/postgres-server.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { describeWithService } from '../../../../test/support/service-suites.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { runReport } from './run.ts';

const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = temporaryFolder();
});

/** The report with these options, from the ledger in the folder. */
function report(options: Partial<Parameters<typeof runReport>[0]> = {}) {
  return runReport({ environment: { ASKONCE_DATA_DIR: folder }, waitMs: 0, ...options });
}

/** Asks a gateway in the folder ten times the same. */
async function askedTenTimes(settings: { databaseUrl?: string } = {}) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const gateway = await gatewayForTest(provider.url, {
    dataDir: folder,
    ...settings,
  });
  for (let times = 0; times < 10; times++) {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...json, 'askonce-user': 'ada' },
      body: chatRequest('What is a lease?'),
    });
    await response.text();
  }
  return gateway;
}

async function totalOf(options: Partial<Parameters<typeof runReport>[0]> = {}) {
  const rows: Record<string, string>[] = parse(await report({ format: 'csv', ...options }), {
    bom: true,
    columns: true,
  });
  return rows[0];
}

const ninety = { requests: '10', hits: '9', misses: '1', hit_rate: '0.9', saved_usd: '0.000517500' };

describe('askonce report', () => {
  it('has what a gateway has written, while it runs and after it has ended', async () => {
    const gateway = await askedTenTimes();
    // The gateway has a second to write what it has just answered.
    expect(await totalOf({ waitMs: 1_500 })).toMatchObject(ninety);
    await gateway.close();
    const before = readdirSync(folder);
    expect(await totalOf()).toMatchObject(ninety);
    expect(await report()).toMatch(/9 of 10 requests were answered by stored answers \(hit rate 90\.0%\)/);
    expect(readdirSync(folder)).toEqual(before);
  });

  it.each([{}, { ASKONCE_KEEP_TEXT: 'false' }, { ASKONCE_ENCRYPTION_KEYS: `first:${'a'.repeat(64)}` }])(
    'has the texts of questions unless the settings store none: %o',
    async (settings) => {
      await (await askedTenTimes()).close();
      const environment = { ASKONCE_DATA_DIR: folder, ...settings };
      const text = await report({ environment });
      expect(text.includes('What is a lease?')).toBe(Object.keys(settings).length === 0);
      expect(text).toContain('## Top questions');
    },
  );

  it('is written to a file of its own, whole, in the format of its name', async () => {
    await (await askedTenTimes()).close();
    const month = new Date().toISOString().slice(0, 7);
    const out = join(folder, 'reports', 'savings.md');
    mkdirSync(join(folder, 'reports'));
    expect(await report({ out })).toBe(`The report of ${month} is in ${out}\n`);
    expect(readFileSync(out, 'utf8')).toMatch(/^# What askonce saved in /);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const link = join(folder, 'reports', 'latest.csv');
    const target = join(folder, 'reports', 'target.csv');
    writeFileSync(target, 'old', { mode: 0o644 });
    symlinkSync(target, link);
    await report({ out: link });
    expect(readFileSync(target, 'utf8')).toMatch(/^\ufeffsection,/);
    expect(statSync(target).mode & 0o777).toBe(0o644);
    await report({ out: link, format: 'markdown' });
    expect(readFileSync(target, 'utf8')).toMatch(/^# /);
    expect(readdirSync(join(folder, 'reports'))).toEqual(['latest.csv', 'savings.md', 'target.csv']);
  });

  it('leaves an older report as it was where the new one cannot be made or written', async () => {
    const out = join(folder, 'savings.md');
    writeFileSync(out, 'the report before');
    await expect(report({ out })).rejects.toThrow(/^There is no ledger yet in /);
    await expect(report({ out: join(folder, 'none', 'savings.md') })).rejects.toThrow(/no ledger/);
    expect(readFileSync(out, 'utf8')).toBe('the report before');
    expect(readdirSync(folder)).toEqual(['savings.md']);
    await sqliteLedger({ path: join(folder, 'ledger.db') }).size();
    const gone = join(folder, 'none', 'savings.md');
    await expect(report({ out: gone })).rejects.toThrow(
      `${gone} cannot be written: ENOENT: no such file or directory; name a file in a folder`,
    );
    mkdirSync(join(folder, 'a-folder'));
    await expect(report({ out: join(folder, 'a-folder') })).rejects.toThrow(/cannot be written: EISDIR/);
    expect(readdirSync(join(folder, 'a-folder'))).toEqual([]);
  });

  it('is refused where the ledger is off and there is none from before, and is made of one from before', async () => {
    const environment = { ASKONCE_DATA_DIR: folder, ENABLE_LEDGER: 'off' };
    await expect(report({ environment })).rejects.toMatchObject({
      code: 'ledger_off',
      message: expect.stringMatching(/ENABLE_LEDGER is off\. Turn it on/),
    });
    await (await askedTenTimes()).close();
    expect(await totalOf({ environment })).toMatchObject(ninety);
  });

  it('makes no data folder where there is none', async () => {
    const missing = join(folder, 'data');
    await expect(report({ environment: { ASKONCE_DATA_DIR: missing } })).rejects.toThrow(/no ledger yet/);
    expect(existsSync(missing)).toBe(false);
  });

  it.each([
    [{ format: 'pdf' }, /^--format must be markdown or csv$/],
    [{ questions: 'many' }, /^--questions must be a whole number from 0 to 1000$/],
    [{ questions: '1001' }, /^--questions must be/],
    [{ month: '2026-13' }, /^The month must be one such as 2026-11\.$/],
    [{ month: '2027-01' }, /^The month 2027-01 has not begun\./],
    [{ timeZone: 'Mars/Base' }, /^timeZone must be a name of the IANA database/],
  ])('is refused with %o in one line', async (options, message) => {
    await sqliteLedger({ path: join(folder, 'ledger.db') }).size();
    await expect(report({ clock: fakeClock(Date.parse('2026-11-29')), ...options })).rejects.toThrow(message);
  });

  it('is refused in one line where PostgreSQL cannot be reached, without the password', async () => {
    const DATABASE_URL = 'postgresql://me:hunter2@127.0.0.1:1/askonce';
    const refused = report({ environment: { ASKONCE_DATA_DIR: folder, DATABASE_URL } });
    await expect(refused).rejects.toThrow(/^PostgreSQL at 127\.0\.0\.1:1\/askonce failed: .*ECONNREFUSED/);
    await expect(refused).rejects.not.toThrow(/hunter2|\n/);
  });
});

describeWithService('postgres', 'askonce report from PostgreSQL', () => {
  it('has what gateways have written, and makes no tables where there are none', async () => {
    const { url, query } = await freshDatabase();
    const environment = { ASKONCE_DATA_DIR: folder, DATABASE_URL: url };
    await expect(report({ environment })).rejects.toThrow(/^There is no ledger in this database yet\./);
    expect(await query(`SELECT relname FROM pg_class WHERE relname = 'ledger_schema'`)).toEqual([]);
    await (await askedTenTimes({ databaseUrl: url })).close();
    expect(await totalOf({ environment })).toMatchObject(ninety);
    expect(existsSync(join(folder, 'ledger.db'))).toBe(false);

    const command = ['--conditions=askonce-source', '--disable-warning=ExperimentalWarning', main, 'report'];
    const env = { PATH: process.env['PATH'], ...environment };
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: folder, env });
    expect(stdout).toMatch(/9 of 10 requests were answered by stored answers/);
  });
});
