import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../../../test/support/temporary-folder.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { sampleCounter, samplePattern } from '../../testing/sample-batch.ts';
import { bucketMs, type CounterQuery, type LedgerBatch } from '../contract.ts';
import { priceSourceOf } from '../pricing/pricing.ts';
import { sqliteLedger } from '../sqlite/store.ts';
import { analytics } from './analytics.ts';
import { topQuestions } from './questions.ts';

const now = Date.parse('2026-11-29T12:34:56Z');
const clock = fakeClock(now);
const prices = priceSourceOf();
const bucket = Math.floor(now / bucketMs) * bucketMs;

async function ledgerOf(batch: Partial<LedgerBatch>) {
  const store = sqliteLedger({ path: `${temporaryFolder()}/ledger.db`, clock });
  onTestFinished(() => store.close());
  const nothing = { counters: [], tags: [], patterns: [], rows: [] };
  await store.write({ writer: 'test', sequence: 1, at: now, ...nothing, ...batch });
  return store;
}

it('analytics sum the range up, with averages, costs with and without the cache, and the ten names with most requests', async () => {
  const models = Array.from({ length: 12 }, (_, place) =>
    sampleCounter({
      bucket,
      dimensions: { model: `model-${place}`, template: '', category: place % 2 === 0 ? 'odd' : '' },
      counts: {
        requests: 10 + place,
        hits: 5,
        misses: 5 + place,
        savedNano: 1_000_000_000,
        missNano: 500_000_000,
        refreshNano: 250_000_000,
        hitMicros: 10_000,
        missMicros: 1_000_000,
      },
    }),
  );
  const old = sampleCounter({ bucket: bucket - 40 * 86_400_000, counts: { requests: 1000 } });
  const ledger = await ledgerOf({
    counters: [...models, old],
    tags: [
      { bucket, tag: 'team:blue', requests: 3, hits: 1, savedNano: 2_000_000_000 },
      { bucket, tag: 'team:red', requests: 4, hits: 2, savedNano: 1_000_000_000 },
    ],
  });
  const answer = await analytics(ledger, {}, { clock, prices });
  expect(answer).toMatchObject({
    from: '2026-10-31T00:00:00Z',
    to: '2026-11-29T12:45:00Z',
    timeZone: 'UTC',
    currency: 'USD',
    prices,
    requests: 186,
    hits: 60,
    misses: 126,
    savedCost: 12,
    spentCost: 9,
    estimatedCost: 9,
    costWithoutCache: 18,
    averageMs: { hit: 2, miss: 95.238 },
    topCategories: [{ name: 'odd', requests: 90 }],
    topTemplates: [],
    topLanguages: [{ name: 'en', requests: 186 }],
    topTenants: [{ name: '0123456789abcdef0123', requests: 186 }],
    topTags: [
      { name: 'team:red', requests: 4, hits: 2, savedCost: 1 },
      { name: 'team:blue', requests: 3, hits: 1, savedCost: 2 },
    ],
  });
  expect(answer.topModels.map(({ name }) => name)).toEqual(
    [11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map((place) => `model-${place}`),
  );
  expect(answer.topModels[0]).toEqual({
    name: 'model-11',
    requests: 21,
    hits: 5,
    hitRate: 5 / 21,
    savedCost: 1,
    spentCost: 0.75,
  });
  const of = { where: { model: 'model-3' }, from: '2026-11-29', to: '2026-11-29', timeZone: 'Europe/Paris' };
  expect(await analytics(ledger, of, { clock, prices })).toMatchObject({
    from: '2026-11-29T00:00:00+01:00',
    to: '2026-11-30T00:00:00+01:00',
    requests: 13,
    topModels: [{ name: 'model-3' }],
  });
});

it('analytics read histograms once, since the ten names with most requests show no times', async () => {
  const ledger = await ledgerOf({ counters: [sampleCounter({ bucket, counts: { requests: 1 } })] });
  const queries: CounterQuery[] = [];
  const counters: typeof ledger.counters = (query) => {
    queries.push(query);
    return ledger.counters(query);
  };
  await analytics({ counters, tags: ledger.tags }, {}, { clock, prices });
  expect(queries.map(({ durations = true }) => durations)).toEqual([true, false, false, false, false, false]);
});

it('analytics of nothing have no averages, and a range the wrong way round is refused', async () => {
  const ledger = await ledgerOf({});
  expect(await analytics(ledger, {}, { clock, prices })).toMatchObject({
    requests: 0,
    hitRate: null,
    averageMs: { hit: null, miss: null },
    costWithoutCache: 0,
    topModels: [],
  });
  await expect(analytics(ledger, { from: '2026-12-01' }, { clock, prices })).rejects.toThrow(
    'from must be before to',
  );
});

it('top questions are those with most hits, with their text where it is stored, and filtered by what they have', async () => {
  const ledger = await ledgerOf({
    patterns: [
      samplePattern('key-1', { hits: 3, text: 'What is a lease?', language: 'en' }),
      samplePattern('key-2', { hits: 7, language: 'es', category: 'billing' }),
      samplePattern('key-3', { hits: 0, text: 'Never asked again?' }),
      ...Array.from({ length: 12 }, (_, place) => samplePattern(`key-${place + 4}`, { hits: 1 })),
    ],
  });
  const { queries } = await topQuestions(ledger);
  expect(queries).toHaveLength(10);
  expect(queries.slice(0, 2)).toEqual([
    {
      key: 'key-2',
      hits: 7,
      language: 'es',
      category: 'billing',
      model: 'gpt-5',
      lastAsked: '2030-01-01T00:00:00.000Z',
    },
    {
      key: 'key-1',
      text: 'What is a lease?',
      hits: 3,
      language: 'en',
      category: 'support',
      model: 'gpt-5',
      lastAsked: '2030-01-01T00:00:00.000Z',
    },
  ]);
  const keys = async (query: Parameters<typeof topQuestions>[1]) =>
    (await topQuestions(ledger, query)).queries.map(({ key }) => key);
  expect(await keys({ where: { language: 'es', category: 'billing' } })).toEqual(['key-2']);
  expect(await keys({ where: { category: 'none' } })).toEqual([]);
  expect(await keys({ limit: 1 })).toEqual(['key-2']);
  expect(await keys({ limit: 100 })).toHaveLength(14);
  for (const limit of [0, 101, 1.5, Number.NaN])
    await expect(topQuestions(ledger, { limit })).rejects.toThrow('limit must be a whole number');
});
