import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { type SampleCounter, sampleCounter, sampleDimensions } from '../../testing/sample-batch.ts';
import { bucketMs } from '../contract.ts';
import { priceSourceOf } from '../pricing/pricing.ts';
import { sqliteLedger } from '../sqlite/store.ts';
import { type StatisticsQuery, statistics } from './statistics.ts';

const now = Date.parse('2026-11-29T12:34:56Z');
const clock = fakeClock(now);
const prices = priceSourceOf();

interface Counted extends Omit<SampleCounter, 'bucket'> {
  readonly at: string;
}

/** A ledger with these counters. */
async function ledgerOf(counted: readonly Counted[]) {
  const store = sqliteLedger({ path: `${temporaryFolder()}/ledger.db`, clock });
  onTestFinished(() => store.close());
  const counters = counted.map(({ at, ...sample }) =>
    sampleCounter({ ...sample, bucket: Math.floor(Date.parse(at) / bucketMs) * bucketMs }),
  );
  await store.write({ writer: 'test', sequence: 1, at: now, counters, tags: [], patterns: [], rows: [] });
  return store;
}

const ask = async (counted: readonly Counted[], query: StatisticsQuery) =>
  await statistics(await ledgerOf(counted), query, { clock, prices });

/** No ledger at all: what is asked for is never read. */
const empty = { counters: async () => [] };

describe('the rows of a range', () => {
  it.each([
    ['hourly', 24, '2026-11-28T13:00:00Z', '2026-11-29T13:00:00Z'],
    ['daily', 30, '2026-10-31T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['weekly', 12, '2026-09-07T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['monthly', 12, '2025-12-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  ] as const)(
    '%s statistics have %i rows by default, the last of which is the current one',
    async (period, count, from, to) => {
      const { rows, total } = await statistics(empty, { period }, { clock, prices });
      expect([rows.length, rows[0]?.from, rows.at(-1)?.to]).toEqual([count, from, to]);
      expect([total.from, total.to]).toEqual([from, to]);
    },
  );

  it('a day as the end of a range is part of it, an instant is not', async () => {
    const spans = async (from: string, to: string, period: 'hourly' | 'daily' | 'monthly' = 'daily') => {
      const { rows } = await statistics(empty, { period, from, to }, { clock, prices });
      return [rows.length, rows[0]?.from, rows.at(-1)?.to];
    };
    expect(await spans('2026-11-01', '2026-11-03')).toEqual([
      3,
      '2026-11-01T00:00:00Z',
      '2026-11-04T00:00:00Z',
    ]);
    expect(await spans('2026-11-01', '2026-11-03T00:00:00Z')).toEqual([
      2,
      '2026-11-01T00:00:00Z',
      '2026-11-03T00:00:00Z',
    ]);
    expect(await spans('2026-11-01', '2026-11-01')).toEqual([
      1,
      '2026-11-01T00:00:00Z',
      '2026-11-02T00:00:00Z',
    ]);
    expect(await spans('2026-11-01T10:20:00Z', '2026-11-01T11:00:01Z', 'hourly')).toEqual([
      2,
      '2026-11-01T10:00:00Z',
      '2026-11-01T12:00:00Z',
    ]);
    expect(await spans('2026-11-15', '2026-12-15', 'monthly')).toEqual([
      2,
      '2026-11-01T00:00:00Z',
      '2027-01-01T00:00:00Z',
    ]);
  });

  it.each([
    [{ from: 'x' }, /^from must be a day/],
    [{ to: '2026-02-30' }, /^to must be a day/],
    [{ from: '2026-11-02', to: '2026-11-01' }, /^from must be before to/],
    [{ from: '2026-11-01T00:00:00Z', to: '2026-11-01T00:00:00Z' }, /^from must be before to/],
    [{ from: '2026-12-01' }, /^from must be before to/],
    [{ timeZone: 'Mars/Base' }, /^timeZone must be/],
    [{ period: 'hourly', from: '2026-01-01' }, /^from and to span more than 1000 rows \(period hourly\)/],
    [{ from: '-271821-04-20T00:00:00Z' }, /^from must be a day/],
    [{ to: '+275760-09-13T00:00:00Z' }, /^to must be a day/],
  ] as const)('a wrong range is refused by the name of the parameter: %o', async (query, message) => {
    await expect(statistics(empty, query, { clock, prices })).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(message) }),
    );
  });

  it('a thousand rows are answered', async () => {
    const query = { from: '2024-03-06', to: '2026-11-30' } as const;
    expect((await statistics(empty, query, { clock, prices })).rows).toHaveLength(1000);
  });
});

describe('the figures of a row', () => {
  it('a row has what was counted, in dollars, with rates and times; the total has all rows', async () => {
    const counts = {
      requests: 12,
      hits: 6,
      semanticHits: 2,
      staleHits: 1,
      shared: 1,
      misses: 2,
      negative: 1,
      bypasses: 2,
      fallbacks: 1,
      calls: 5,
      errors: 1,
      stores: 2,
      refusals: 1,
      savedTokens: 600,
      sharedTokens: 100,
      inputTokens: 300,
      outputTokens: 50,
      cachedInputTokens: 30,
      cacheWriteTokens: 20,
      savedNano: 6_000_000_001,
      sharedNano: 1_000_000_000,
      missNano: 2_000_000_000,
      bypassNano: 1_500_000_000,
      refreshNano: 500_000_000,
      abandonedNano: 400_000_000,
      auditNano: 300_000_000,
      embeddingNano: 200_000_000,
      verifyingNano: 100_000_000,
      promptCacheNano: 50_000_000,
      estimatedSavedNano: 600_000_000,
      estimatedSpentNano: 600_000_000,
    };
    const { rows, total, ...about } = await ask(
      [
        { at: '2026-11-28T23:59:00Z', counts, hitsTook: [1, 1, 1], missesTook: [1000, 2000] },
        { at: '2026-11-29T00:00:00Z', counts: { requests: 1, bypasses: 1 } },
      ],
      { from: '2026-11-27' },
    );
    expect(about).toEqual({ period: 'daily', timeZone: 'UTC', currency: 'USD', prices });
    const nothing = {
      requests: 0,
      hits: 0,
      exactHits: 0,
      hitRate: null,
      savedCost: 0,
      spentCost: 0,
      netSavings: 0,
      estimatedShare: null,
      hit: { p50Ms: null, p99Ms: null },
    };
    expect(rows[0]).toMatchObject({ from: '2026-11-27T00:00:00Z', to: '2026-11-28T00:00:00Z', ...nothing });
    expect(rows[1]).toEqual({
      from: '2026-11-28T00:00:00Z',
      to: '2026-11-29T00:00:00Z',
      requests: 12,
      hits: 6,
      exactHits: 4,
      semanticHits: 2,
      staleHits: 1,
      shared: 1,
      misses: 2,
      negative: 1,
      bypasses: 2,
      fallbacks: 1,
      calls: 5,
      errors: 1,
      stores: 2,
      refusals: 1,
      hitRate: 0.6,
      savedTokens: 600,
      sharedTokens: 100,
      inputTokens: 300,
      outputTokens: 50,
      cachedInputTokens: 30,
      cacheWriteTokens: 20,
      savedCost: 6.000000001,
      sharedCost: 1,
      spentCost: 5,
      spent: {
        miss: 2,
        bypass: 1.5,
        refresh: 0.5,
        abandoned: 0.4,
        audit: 0.3,
        warm: 0,
        embedding: 0.2,
        verifying: 0.1,
      },
      netSavings: 5.800000001,
      promptCacheSavings: 0.05,
      estimatedShare: expect.closeTo(1.2 / 12.000000001, 12),
      hit: { p50Ms: expect.closeTo(1, 0), p99Ms: expect.closeTo(1, 0) },
      miss: { p50Ms: expect.any(Number), p99Ms: expect.any(Number) },
    });
    expect(Math.abs((rows[1]?.miss.p99Ms ?? 0) / 2000 - 1)).toBeLessThan(0.15);
    expect(rows[2]).toMatchObject({ requests: 1, bypasses: 1, hitRate: null });
    expect(total).toMatchObject({ requests: 13, bypasses: 3, hits: 6, hitRate: 0.6, savedCost: 6.000000001 });
  });

  it('a bucket counts in the day that it belongs to in the zone of the caller', async () => {
    const counted = [
      { at: '2026-11-28T18:14:00Z', counts: { requests: 1 } },
      { at: '2026-11-28T18:15:00Z', counts: { requests: 10 } },
    ];
    const { rows } = await ask(counted, {
      from: '2026-11-28',
      to: '2026-11-29',
      timeZone: 'Asia/Kathmandu',
    });
    expect(rows.map(({ from, requests }) => [from, requests])).toEqual([
      ['2026-11-28T00:00:00+05:45', 1],
      ['2026-11-29T00:00:00+05:45', 10],
    ]);
  });

  it('the sums are whole over ranges of several months', async () => {
    const at = (day: number) => new Date(now - day * 86_400_000).toISOString();
    const days = [0, 29, 30, 31, 32, 60, 61, 62, 63, 93, 94, 200, 364];
    const counted = days.map((day) => ({ at: at(day), counts: { requests: day + 1 } }));
    const { total, rows } = await ask(counted, { from: at(364), period: 'daily' });
    const all = days.reduce((sum, day) => sum + day + 1, 0);
    expect(total.requests).toBe(all);
    for (const period of ['weekly', 'monthly'] as const) {
      const longer = await ask(counted, { from: at(364), period });
      expect(longer.total.requests).toBe(all);
      expect(longer.rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(all);
      expect(longer.rows.at(-1)?.requests).toBe(1);
    }
    expect(rows.toReversed().flatMap(({ requests }, day) => (requests === 0 ? [] : [day]))).toEqual(days);
  });

  it.each([
    [{ language: 'es' }, 2],
    [{ category: 'billing' }, 4],
    [{ model: 'gpt-4o', language: 'en' }, 1],
    [{ tenant: 'ffffffffffffffffffff' }, 8],
    [{ model: 'none' }, 0],
    [{}, 15],
  ] as const)('a filter counts the requests that have all of it: %o', async (where, requests) => {
    const en = sampleDimensions({ model: 'gpt-4o' });
    const counted = [
      { at: '2026-11-29T00:00:00Z', dimensions: en, counts: { requests: 1 } },
      { at: '2026-11-29T00:00:00Z', dimensions: { ...en, language: 'es' }, counts: { requests: 2 } },
      {
        at: '2026-11-29T00:00:00Z',
        dimensions: { ...en, model: 'gpt-5', category: 'billing' },
        counts: { requests: 4 },
      },
      {
        at: '2026-11-29T00:00:00Z',
        dimensions: { ...en, model: 'gpt-5', tenant: 'ffffffffffffffffffff' },
        counts: { requests: 8 },
      },
    ];
    expect((await ask(counted, { where })).total.requests).toBe(requests);
  });
});
