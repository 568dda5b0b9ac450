import { type Ledger, type LedgerHealth, openLedger, sqliteLedger } from 'askonce/ledger';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { accountsAlone } from '../../../../test/support/accounting.ts';
import { withRememberedSize } from './size.ts';

function set(answers: readonly (number | Error)[]) {
  const clock = fakeClock();
  const asked: number[] = [];
  const store = sqliteLedger({ path: ':memory:' });
  const ledger = openLedger({ accounts: accountsAlone(clock).accounts, store, clock });
  const size = async () => {
    const answer = answers[asked.length] ?? 0;
    asked.push(clock.monotonic());
    if (answer instanceof Error) throw answer;
    return { rows: answer, counters: 0, patterns: 0, bytes: 0 };
  };
  return { clock, asked, ledger: withRememberedSize({ ...ledger, size }, clock) };
}

it('however often scrapes and health checks ask, rows are counted once a minute', async () => {
  const { clock, asked, ledger } = set([1, 2, 3]);
  const seen: number[] = [];
  for (let second = 0; second < 150; second++) {
    const both = await Promise.all([ledger.size(), ledger.size()]);
    seen.push(...both.map(({ rows }) => rows));
    clock.advance(1000);
  }
  expect(asked.map((at) => at - (asked[0] ?? 0))).toEqual([0, 60_000, 120_000]);
  expect(seen).toEqual([...Array(120).fill(1), ...Array(120).fill(2), ...Array(60).fill(3)]);
});

it('a size that could not be read is asked for again', async () => {
  const { asked, ledger } = set([new Error('the disk is gone'), 5]);
  await expect(ledger.size()).rejects.toThrow('the disk is gone');
  expect((await ledger.size()).rows).toBe(5);
  expect(asked).toHaveLength(2);
});

it('the health is that of now', () => {
  const { clock, ledger } = set([]);
  let lostRows = 0;
  const losing: Ledger = {
    ...ledger,
    get health(): LedgerHealth {
      return { status: 'ok', pendingBatch: false, lostRows };
    },
  };
  const { health: before } = withRememberedSize(losing, clock);
  const remembering = withRememberedSize(losing, clock);
  lostRows = 4;
  expect([before.lostRows, remembering.health.lostRows]).toEqual([0, 4]);
});
