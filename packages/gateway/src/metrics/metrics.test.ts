import type { LedgerHealth, LedgerSize } from 'askonce/ledger';
import { describe, expect, it } from 'vitest';
import { hit } from '../../../../test/support/ledger-events.ts';
import { metricsForTest, sampleIn } from '../../../../test/support/metrics-set-up.ts';

const written: LedgerHealth = {
  status: 'ok',
  pendingBatch: false,
  lastFlush: 1_900_000_000_000,
  lostRows: 0,
};
const sizes: LedgerSize = { rows: 12, counters: 3, patterns: 2, bytes: 4096 };

function withLedger(health: LedgerHealth, size: () => Promise<LedgerSize>) {
  return metricsForTest({ ledger: { health, size } });
}

async function ledgerLines({ metrics }: ReturnType<typeof metricsForTest>) {
  const { text } = await metrics.text('text');
  return text.split('\n').filter((line) => line.startsWith('askonce_ledger_'));
}

describe('metrics of the ledger', () => {
  it('say whether it is written, when it was, what it lost and what it holds', async () => {
    const lines = await ledgerLines(withLedger(written, async () => sizes));
    expect(lines).toEqual([
      'askonce_ledger_up 1',
      'askonce_ledger_pending_batch 0',
      'askonce_ledger_last_flush_timestamp_seconds 1900000000',
      'askonce_ledger_lost_rows_total 0',
      'askonce_ledger_trouble_total 0',
      'askonce_ledger_rows 12',
      'askonce_ledger_counters 3',
      'askonce_ledger_questions 2',
      'askonce_ledger_bytes 4096',
    ]);
  });

  it('say so if it cannot be written', async () => {
    const health = { ...written, status: 'degraded', pendingBatch: true, lostRows: 7 } as const;
    const { text } = await withLedger(health, async () => sizes).metrics.text('text');
    expect(
      ['up', 'pending_batch', 'lost_rows_total'].map((name) => sampleIn(text, `askonce_ledger_${name}`)),
    ).toEqual([0, 1, 7]);
  });

  it('do not open a ledger that has written nothing', async () => {
    let asked = 0;
    const size = async () => {
      asked++;
      return sizes;
    };
    const lines = await ledgerLines(withLedger({ ...written, lastFlush: undefined }, size));
    expect(asked).toBe(0);
    expect(lines.filter((line) => /rows |counters|questions|bytes|flush/.test(line))).toEqual([]);
  });

  it('are left out, but for its trouble, if there is no ledger', async () => {
    expect(await ledgerLines(metricsForTest())).toEqual(['askonce_ledger_trouble_total 0']);
  });
});

it('a scrape counts what was reported before it, without waiting for the next turn of the accounts', async () => {
  const { metrics, observe } = metricsForTest();
  for (let each = 0; each < 5000; each++) observe(hit());
  expect(sampleIn((await metrics.text('text')).text, 'askonce_cache_hit_fresh_total')).toBe(5000);
});

it('two scrapes at once, in both formats, are whole', async () => {
  const { metrics, observe } = metricsForTest();
  observe(hit());
  const both = await Promise.all([metrics.text('text'), metrics.text('openmetrics'), metrics.text('text')]);
  expect(both.map(({ text }) => sampleIn(text, 'askonce_cache_hit_fresh_total'))).toEqual([1, 1, 1]);
  expect(both[0]?.text.match(/^# TYPE askonce_/gm)).toEqual(both[1]?.text.match(/^# TYPE askonce_/gm));
});
