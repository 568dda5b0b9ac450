import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { readConfiguration } from './read.ts';

const read = (environment: Record<string, string>) =>
  readConfiguration({ workingDirectory: temporaryFolder(), environment });

it('the ledger is on by default, in the data folder, for 90 days, 25 months and a gigabyte', () => {
  const { settings, warnings } = read({});
  expect(settings).toMatchObject({
    ledger: true,
    ledgerRowDays: 90,
    ledgerCounterMonths: 25,
    ledgerMaxBytes: 1_073_741_824,
    flatRateUsd: 0.002,
  });
  expect([settings.databaseUrl, settings.pricesFile]).toEqual([undefined, undefined]);
  expect(warnings).toEqual([]);
});

it('the settings of the ledger and of prices are read from the environment', () => {
  const url = 'postgresql://me:a%2Fb@db.example:5433/askonce?sslmode=verify-full&schema=cache';
  const { settings, warnings } = read({
    DATABASE_URL: url,
    LEDGER_ROW_DAYS: '30',
    LEDGER_COUNTER_MONTHS: '13',
    LEDGER_MAX_BYTES: '1048576',
    PRICES_FILE: '/etc/askonce/prices.yaml',
    FLAT_RATE_USD: '0',
  });
  expect(settings).toMatchObject({
    databaseUrl: url,
    ledgerRowDays: 30,
    ledgerCounterMonths: 13,
    ledgerMaxBytes: 1_048_576,
    pricesFile: '/etc/askonce/prices.yaml',
    flatRateUsd: 0,
  });
  expect(warnings).toEqual([]);
});

it.each([
  [{ DATABASE_URL: 'mysql://me:hunter2@db/x' }, /^DATABASE_URL: must be postgresql:(?!.*hunter2)/],
  [{ DATABASE_URL: 'postgresql://me:hunter2@db:port/x' }, /^DATABASE_URL: must be postgresql:(?!.*hunter2)/],
  [{ LEDGER_ROW_DAYS: '0' }, /^LEDGER_ROW_DAYS: must be at least 1/],
  [{ LEDGER_MAX_BYTES: '1000' }, /^LEDGER_MAX_BYTES: must be at least/],
  [{ FLAT_RATE_USD: '-1' }, /^FLAT_RATE_USD: must be at least 0/],
])('a ledger that cannot work ends the start with one line: %o', (environment, message) => {
  expect(() => read(environment)).toThrow(message);
});

it('settings of a ledger that is turned off are named as ignored', () => {
  expect(read({ ENABLE_LEDGER: 'off' }).warnings).toEqual([]);
  expect(read({ ENABLE_LEDGER: 'off', DATABASE_URL: 'postgresql://db/x' }).warnings).toEqual([
    'DATABASE_URL: the ledger is off (ENABLE_LEDGER), so nothing is written; an erasure still reaches it',
  ]);
});
