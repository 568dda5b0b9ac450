/**
 * An hour of recorded traffic through a cache: its accounts, statistics, analytics, top questions and report all have what
 * is counted from the callers' replies and the provider's bill, to the nanodollar.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createCache } from 'askonce';
import {
  analytics,
  csvReport,
  loadPricing,
  markdownReport,
  openAccounts,
  openLedger,
  priceSourceOf,
  readSqliteLedger,
  savingsReport,
  sqliteLedger,
  statistics,
  topQuestions,
} from 'askonce/ledger';
import { fakeClock } from 'askonce/testing';
import { parse } from 'csv-parse/sync';
import { beforeAll, expect, it } from 'vitest';
import { billingProvider, callIn } from './support/billing-provider.ts';
import { textOf } from './support/gated-provider.ts';
import { type Arrival, hourOfTraffic, requestOf } from './support/hour-of-traffic.ts';
import { type Answered, type PlainCount, type Posting, postingsOf, sumOf } from './support/plain-count.ts';
import { describeRecorded } from './support/recorded-suites.ts';

const staleMs = 10 * 60_000;
const minute = 1 / 1440;

/** Asks what arrives within the hour, and returns what its callers and its provider saw. */
async function hourThroughACache(path: string) {
  const arrivals = hourOfTraffic(2);
  const clock = fakeClock(arrivals[0]?.at);
  const accounts = openAccounts({ clock, pricing: () => loadPricing(), keepsText: true });
  const ledger = openLedger({ accounts, store: sqliteLedger({ path }), clock });
  const cache = createCache({
    clock,
    ledger,
    settings: {
      staleWhileRevalidate: true,
      staleDays: 10 * minute,
      ttlDays: 25 * minute,
      negativeCache: true,
      negativeSeconds: 300,
    },
  });
  const { calls, providerOf, passTo } = billingProvider(clock);

  async function ask(arrival: Arrival): Promise<Answered> {
    try {
      const reply = await cache.ask(requestOf(arrival), providerOf(arrival));
      return { arrival, call: callIn(await textOf(reply)), ended: clock.now() };
    } catch {
      return { arrival, call: undefined, ended: clock.now() };
    }
  }

  const asked: Promise<Answered>[] = [];
  for (const arrival of arrivals) {
    await passTo(arrival.at);
    asked.push(ask(arrival));
  }
  await passTo(clock.now() + 60_000);
  const answered = await Promise.all(asked);
  await ledger.flush();
  return { clock, accounts, ledger, cache, answered, calls };
}

type Hour = Awaited<ReturnType<typeof hourThroughACache>>;

let hour: Hour;
let postings: readonly Posting[] = [];
let plain = sumOf([]);
let path = '';

/** The sums of the plain count by a name that requests have. */
function plainBy(name: (posting: Posting) => string): ReadonlyMap<string, PlainCount> {
  const names = new Set(postings.map(name));
  return new Map([...names].map((one) => [one, sumOf(postings.filter((posting) => name(posting) === one))]));
}

const dollars = (nano: number) => nano / 1e9;
const spentNano = ({ missNano, bypassNano, refreshNano }: PlainCount) => missNano + bypassNano + refreshNano;

/** As statistics and analytics show them. */
function shown(count: PlainCount) {
  const { requests, hits, bypasses, savedNano, sharedNano, refreshNano } = count;
  const { staleHits, shared, misses, negative, calls, errors } = count;
  const { savedTokens, sharedTokens, inputTokens, outputTokens } = count;
  return {
    ...{ requests, hits, staleHits, shared, misses, negative, bypasses, calls, errors },
    ...{ savedTokens, sharedTokens, inputTokens, outputTokens },
    hitRate: hits / (requests - bypasses),
    savedCost: dollars(savedNano),
    sharedCost: dollars(sharedNano),
    spentCost: dollars(spentNano(count)),
    netSavings: dollars(savedNano + sharedNano - refreshNano),
  };
}

describeRecorded('an hour of recorded traffic', () => {
  beforeAll(async () => {
    path = join(mkdtempSync(join(tmpdir(), 'askonce-test-')), 'ledger.db');
    hour = await hourThroughACache(path);
    postings = postingsOf(hour.answered, hour.calls, staleMs);
    plain = sumOf(postings);
    return async () => {
      await hour.cache.close();
      rmSync(dirname(path), { recursive: true });
    };
  }, 60_000);

  it('has thousands of requests, and some of every kind', () => {
    expect(plain.requests).toBeGreaterThan(9_000);
    const none = Object.entries(plain).filter(([, count]) => count < 25);
    expect(none).toEqual([]);
    const { requests, hits, shared, misses, negative, bypasses } = plain;
    expect(hits + shared + misses + negative + bypasses).toBe(requests);
  });

  it('is counted by the accounts as by its callers and its provider', () => {
    const { counts, tenants } = hour.accounts.totals();
    expect(counts).toMatchObject(plain);
    expect(counts).toMatchObject({ abandonedNano: 0, auditNano: 0, embeddingNano: 0, verifyingNano: 0 });
    const byTenant = plainBy(({ arrival }) => arrival.tenant);
    const bySize = (all: Iterable<{ requests: number }>) =>
      [...all].toSorted((one, other) => one.requests - other.requests);
    expect(bySize(tenants.values())).toMatchObject(bySize(byTenant.values()));
    expect(tenants.size).toBe(3);
  });

  it('has the same figures in each hour of the statistics, and in their total', async () => {
    const { ledger, clock } = hour;
    const query = { period: 'hourly', from: '2026-11-16T18:00:00Z', to: '2026-11-16T20:00:00Z' } as const;
    const { rows, total } = await statistics(ledger, query, { clock, prices: priceSourceOf() });
    expect(total).toMatchObject(shown(plain));
    expect(rows).toHaveLength(2);
    for (const { from, to, ...figures } of rows) {
      const within = postings.filter(({ at }) => at >= Date.parse(from) && at < Date.parse(to));
      expect(figures).toMatchObject(shown(sumOf(within)));
    }
  });

  it('has the same figures in the statistics of a model, a language, a category and all three', async () => {
    const { ledger, clock } = hour;
    const filters = [
      { model: 'inhouse-7b' },
      { language: 'he' },
      { category: 'billing' },
      { model: 'gpt-4o-2024-08-06', language: 'ru', category: 'orders' },
    ];
    for (const where of filters) {
      const { model, language, category }: { model?: string; language?: string; category?: string } = where;
      const { total } = await statistics(ledger, { where }, { clock, prices: priceSourceOf() });
      const matching = postings.filter(
        ({ arrival, model: counted }) =>
          counted === (model ?? counted) &&
          arrival.language === (language ?? arrival.language) &&
          arrival.category === (category ?? arrival.category),
      );
      expect(total).toMatchObject(shown(sumOf(matching)));
    }
  });

  it('has the same figures in the analytics, their top names and their tags', async () => {
    const { ledger, clock } = hour;
    const found = await analytics(ledger, {}, { clock, prices: priceSourceOf() });
    expect(found).toMatchObject(shown(plain));
    expect(found.costWithoutCache).toBe(
      dollars(plain.savedNano + plain.sharedNano + plain.missNano + plain.bypassNano),
    );
    for (const [top, name] of [
      [found.topModels, ({ model }: Posting) => model],
      [found.topLanguages, ({ arrival }: Posting) => arrival.language],
    ] as const) {
      const sums = plainBy(name);
      expect(top.map((one) => one.name).toSorted()).toEqual([...sums.keys()].filter((one) => one).toSorted());
      for (const { name: one, requests, hits, savedCost, spentCost } of top) {
        const sum = sums.get(one) ?? sumOf([]);
        expect([one, requests, hits, savedCost, spentCost]).toEqual([
          one,
          sum.requests,
          sum.hits,
          dollars(sum.savedNano),
          dollars(spentNano(sum)),
        ]);
      }
    }
    const tagged = (tag: string) =>
      sumOf(postings.filter(({ arrival }) => arrival.tags.some((one) => one.startsWith(`${tag}=`))));
    const tags = ['team', 'channel'].map((name) => {
      const { requests, hits, savedNano } = tagged(name);
      return { name, requests, hits, savedCost: dollars(savedNano) };
    });
    expect(found.topTags).toEqual(tags);
  });

  it('has the questions that were hit most often on top, each with all of its hits', async () => {
    const { queries } = await topQuestions(hour.ledger, { limit: 100 });
    const counted = new Map<string, number>();
    for (const { arrival, counts } of postings) {
      const name = `${arrival.tenant} ${arrival.model.name} ${arrival.question}`;
      counted.set(name, (counted.get(name) ?? 0) + (counts.hits ?? 0));
    }
    const most = [...counted].toSorted(([, one], [, other]) => other - one).slice(0, 100);
    expect(queries.map(({ hits }) => hits)).toEqual(most.map(([, hits]) => hits));
    const [first] = most;
    expect(first?.[0]).toContain(` ${queries[0]?.model} ${queries[0]?.text}`);
  });

  it('has the same figures in the report: in its sentence to the cent, in its rows to the nanodollar', async () => {
    const { clock } = hour;
    const report = await readSqliteLedger({ path }, (ledger) =>
      savingsReport(ledger, { month: '2026-11', prices: priceSourceOf(), clock }),
    );
    const rows: Record<string, string>[] = parse(await csvReport(report), { bom: true, columns: true });
    const rowOf = (section: string, name: string) =>
      rows.find((row) => row['section'] === section && row['name'] === name && row['month'] === '2026-11');
    const usd = (nano: number) => (nano / 1e9).toFixed(9);
    const expected = (sum: PlainCount) => ({
      requests: String(sum.requests),
      hits: String(sum.hits),
      stale_hits: String(sum.staleHits),
      shared: String(sum.shared),
      misses: String(sum.misses),
      negative: String(sum.negative),
      bypasses: String(sum.bypasses),
      errors: String(sum.errors),
      saved_tokens: String(sum.savedTokens),
      saved_usd: usd(sum.savedNano),
      shared_usd: usd(sum.sharedNano),
      spent_usd: usd(spentNano(sum)),
      spent_refresh_usd: usd(sum.refreshNano),
      net_usd: usd(sum.savedNano + sum.sharedNano - sum.refreshNano),
      estimated_saved_usd: usd(sum.estimatedSavedNano),
      estimated_spent_usd: usd(sum.estimatedSpentNano),
    });
    expect(rowOf('total', 'all')).toMatchObject(expected(plain));
    for (const [section, name] of [
      ['model', ({ model }: Posting) => model],
      ['language', ({ arrival }: Posting) => arrival.language],
      ['category', ({ arrival }: Posting) => arrival.category ?? ''],
    ] as const)
      for (const [one, sum] of plainBy(name)) expect(rowOf(section, one)).toMatchObject(expected(sum));

    const cents = (nano: number) => `$${(nano / 1e9).toFixed(2)}`;
    const { hits, requests, bypasses, savedNano, sharedNano, refreshNano, missNano, bypassNano } = plain;
    const count = (number: number) => number.toLocaleString('en-US');
    expect(markdownReport(report)).toContain(
      [
        `askonce saved ≈ ${cents(savedNano + sharedNano - refreshNano)}:`,
        `providers billed ≈ ${cents(spentNano(plain))} for what would have cost`,
        `≈ ${cents(savedNano + sharedNano + missNano + bypassNano)} without it,`,
      ].join(' '),
    );
    expect(markdownReport(report)).toContain(
      `${count(hits)} of ${count(requests - bypasses)} requests were answered by stored answers`,
    );
  });
});
