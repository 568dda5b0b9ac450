/**
 * Analytics: the figures of a range in one, and what most of its requests are about.
 */
import { systemClock } from '../../clock.ts';
import type { Dimensions, LedgerStore } from '../contract.ts';
import { dollars, hitRateOf, withoutCacheNano } from '../counts.ts';
import type { PriceSource } from '../pricing/contract.ts';
import { milliseconds, type ShownFigures, shown, sumOf } from './figures.ts';
import { type RangeQuery, rangeOf } from './range.ts';
import type { StatisticsOptions } from './statistics.ts';

export interface AnalyticsQuery extends RangeQuery {
  /** Only requests that have all of these. */
  readonly where?: Partial<Dimensions> | undefined;
}

/** A value of a dimension; `other` has those beyond the bound on names. */
export interface TopName {
  readonly name: string;
  readonly requests: number;
  readonly hits: number;
  readonly hitRate: number | null;
  readonly savedCost: number;
  readonly spentCost: number;
}

export interface TopTag {
  readonly name: string;
  readonly requests: number;
  readonly hits: number;
  readonly savedCost: number;
}

export interface Analytics extends ShownFigures {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
  readonly currency: 'USD';
  readonly prices: PriceSource;
  /** Averages; null if there were none. */
  readonly averageMs: { readonly hit: number | null; readonly miss: number | null };
  /** What providers billed by the price list, which is not their invoice: the same as `spentCost`. */
  readonly estimatedCost: number;
  /** What the same requests would have cost without the cache: misses, bypasses, audits, hits and followers. */
  readonly costWithoutCache: number;
  /** Ten of each at most, in descending order of requests; without requests that have none. */
  readonly topModels: readonly TopName[];
  readonly topCategories: readonly TopName[];
  readonly topTemplates: readonly TopName[];
  readonly topLanguages: readonly TopName[];
  /** By the keyed digest of the tenant, else of the credential. */
  readonly topTenants: readonly TopName[];
  /** Of all requests, whatever `where` says. */
  readonly topTags: readonly TopTag[];
}

const most = 10;

/**
 * Analytics of a range, by default of the last 30 days. The range is rounded outwards to quarters of an hour.
 *
 * @throws AskonceError `invalid_request`, which names the parameter that is wrong; `store_failed`
 */
export async function analytics(
  ledger: Pick<LedgerStore, 'counters' | 'tags'>,
  { where = {}, ...query }: AnalyticsQuery,
  { clock = systemClock, prices }: StatisticsOptions,
): Promise<Analytics> {
  const { calendar, from, to } = await rangeOf(query, clock.now());
  // One after the other: a SQLite ledger has one thread, and others wait for it, too.
  const all = sumOf(await ledger.counters({ from, to, where, by: 'protocol' }));
  const topNames = async (by: keyof Dimensions) =>
    await topNamesOf(ledger, { from, to, where, by, limit: most, durations: false });
  const { counts } = all;
  const figures = shown(all);
  return {
    from: calendar.format(from),
    to: calendar.format(to),
    timeZone: calendar.timeZone,
    currency: 'USD',
    prices,
    ...figures,
    averageMs: {
      hit: averageMs(counts.hitMicros, counts.hits),
      miss: averageMs(counts.missMicros, counts.misses),
    },
    estimatedCost: figures.spentCost,
    costWithoutCache: dollars(withoutCacheNano(counts)),
    topModels: await topNames('model'),
    topCategories: await topNames('category'),
    topTemplates: await topNames('template'),
    topLanguages: await topNames('language'),
    topTenants: await topNames('tenant'),
    topTags: (await ledger.tags({ from, to, limit: most })).map(
      ({ tag, requests, hits, savedNano: nano }) => ({
        name: tag,
        requests,
        hits,
        savedCost: dollars(nano),
      }),
    ),
  };
}

function averageMs(micros: number, count: number): number | null {
  return count === 0 ? null : milliseconds(micros / 1000 / count);
}

async function topNamesOf(
  ledger: Pick<LedgerStore, 'counters'>,
  query: Parameters<LedgerStore['counters']>[0] & { readonly limit: number },
): Promise<readonly TopName[]> {
  // One more, because requests without a value are left out.
  const sums = await ledger.counters({ ...query, limit: query.limit + 1 });
  return sums
    .filter(({ group }) => group !== '')
    .slice(0, query.limit)
    .map((sum) => {
      const { requests, hits, savedCost, spentCost } = shown(sum);
      return { name: sum.group, requests, hits, hitRate: hitRateOf(sum.counts), savedCost, spentCost };
    });
}
