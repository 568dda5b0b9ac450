import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { openAuditFile } from './audit-file.ts';

async function opened({ maxBytes = 1_000_000, files = 5, folder = temporaryFolder() } = {}) {
  const clock = fakeClock();
  const warnings: string[] = [];
  const log = { warnSeldom: (_: string, message: string) => void warnings.push(message) };
  const file = await openAuditFile({ folder, maxBytes, files, clock, log });
  const path = join(folder, 'audit.jsonl');
  const records = (name = 'audit.jsonl') =>
    readFileSync(join(folder, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
  return { file, clock, folder, path, warnings, records };
}

it('a record is on disk, after those before it, when its promise resolves, and only its owner may read the file', async () => {
  const { file, path, records, clock } = await opened();
  await Promise.all(Array.from({ length: 50 }, (_, n) => file.append({ what: `change ${n}` })));
  await file.append({ what: 'the last' });
  expect(records().map(({ what }) => what)).toEqual([
    ...Array.from({ length: 50 }, (_, n) => `change ${n}`),
    'the last',
  ]);
  expect(records()[0]).toEqual({ time: new Date(clock.now()).toISOString(), what: 'change 0' });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(file.health).toEqual({ status: 'ok', file: path, written: 51, waiting: 0, lost: 0 });
});

it('full files are renamed, the newest first, and the oldest goes', async () => {
  const { file, folder, records } = await opened({ maxBytes: 4096, files: 3 });
  const filler = 'x'.repeat(1000);
  for (let n = 0; n < 16; n += 1) await file.append({ n, filler });
  expect(readdirSync(folder).toSorted()).toEqual(['audit.1.jsonl', 'audit.2.jsonl', 'audit.jsonl']);
  const numbers = ['audit.2.jsonl', 'audit.1.jsonl', 'audit.jsonl'].flatMap((name) =>
    records(name).map(({ n }) => n),
  );
  expect(numbers).toEqual(numbers.map((_, at) => 16 - numbers.length + at));
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(4096);
});

it('one file alone begins anew when it is full', async () => {
  const { file, folder, records } = await opened({ maxBytes: 4096, files: 1 });
  for (let n = 0; n < 5; n += 1) await file.append({ n, filler: 'x'.repeat(1000) });
  expect(readdirSync(folder)).toEqual(['audit.jsonl']);
  expect(records().at(-1)).toMatchObject({ n: 4 });
});

it('a line that a crash has torn spoils none that follows', async () => {
  const { path, folder, file } = await opened();
  await file.close();
  writeFileSync(path, '{"what":"whole"}\n{"what":"to');
  chmodSync(path, 0o644);
  const again = await opened({ folder });
  await again.file.append({ what: 'next' });
  const lines = readFileSync(path, 'utf8').split('\n');
  expect([lines[0], lines[1], JSON.parse(lines[2] ?? '')]).toEqual([
    '{"what":"whole"}',
    '{"what":"to',
    expect.objectContaining({ what: 'next' }),
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('two processes that write the same file lose no record, also where both rotate it', async () => {
  const folder = temporaryFolder();
  const [one, other] = [
    await opened({ folder, maxBytes: 4096, files: 100 }),
    await opened({ folder, maxBytes: 4096, files: 100 }),
  ];
  const filler = 'x'.repeat(500);
  for (let n = 0; n < 20; n += 1) {
    await one.file.append({ n: `one ${n}`, filler });
    await other.file.append({ n: `other ${n}`, filler });
  }
  const all = readdirSync(folder).flatMap((name) => one.records(name).map(({ n }) => n));
  expect(new Set(all).size).toBe(40);
});

it('a file that cannot be written holds up no change, is reported, and gets its records once it can be', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'audit.jsonl'));
  const { file, path, clock, warnings, records } = await opened({ folder });
  expect(file.health).toMatchObject({ status: 'degraded', reason: expect.any(String) });
  await file.append({ what: 'first' });
  await file.append({ what: 'second' });
  expect(file.health).toMatchObject({ status: 'degraded', written: 0, waiting: 2, lost: 0 });
  expect(warnings.length).toBeGreaterThan(0);
  rmSync(path, { recursive: true });
  const statusLater = () => {
    clock.advance(10_000);
    return file.health.status;
  };
  await expect.poll(statusLater).toBe('ok');
  expect(records().map(({ what }) => what)).toEqual(['first', 'second']);
});

it('what waits is bounded; beyond it records are lost and counted', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'audit.jsonl'));
  const { file } = await opened({ folder });
  for (let n = 0; n < 12; n += 1) await file.append({ n, filler: 'x'.repeat(100_000) });
  expect(file.health).toMatchObject({ waiting: 10, lost: 2 });
  await file.close();
  expect(existsSync(folder)).toBe(true);
});
