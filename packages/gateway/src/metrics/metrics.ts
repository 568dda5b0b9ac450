/**
 * The metrics of a gateway: what counts, and what a scrape gets.
 */
import type { Cache, Clock, Observer, Store } from 'askonce';
import type { Accounts, Ledger } from 'askonce/ledger';
import type { Exposition, Format } from './exposition.ts';
import type { View } from './family.ts';
import { type Figures, noFigures } from './figures.ts';
import { type MetricsJson, metricsJson } from './json.ts';
import { type LastHour, lastHour, type Performance } from './last-hour.ts';
import { lastKnown } from './last-known.ts';
import { countingObserver, type SpanOf } from './observer.ts';
import { countingReplies, type ReplyReports } from './replies.ts';
import { memoryWithTimedWrites, timedStore } from './timed-store.ts';
import { packageVersion } from './version.ts';

/** What counts; it is there before the cache is. */
export interface Counting {
  readonly figures: Figures;
  readonly hour: LastHour;
  readonly observe: Observer;
  /** Takes what the proxy and the admin calls report of their replies. */
  readonly replies: ReplyReports;
  /** The tier with its calls timed; `memory`: its writes alone. */
  timed(store: Store): Store;
}

export function openCounting(clock: Clock, spanOf?: SpanOf): Counting {
  const figures = noFigures();
  const hour = lastHour(clock);
  function onCall(...call: Parameters<LastHour['storeCall']>): void {
    const [tier, operation, ms, failed] = call;
    hour.storeCall(...call);
    figures.storeSeconds.get(tier)?.[operation].add(ms / 1000);
    if (failed) figures.storeFailures.add(tier, operation);
  }
  return {
    figures,
    hour,
    observe: countingObserver(figures, hour, clock, spanOf),
    replies: countingReplies(figures.replies),
    timed: (store) =>
      store.name === 'memory'
        ? memoryWithTimedWrites(store, clock, onCall)
        : timedStore(store, clock, onCall),
  };
}

/** What the metrics read. */
export interface MetricsOptions {
  readonly counting: Counting;
  readonly accounts: Pick<Accounts, 'drain' | 'totals'>;
  readonly ledger: Pick<Ledger, 'health' | 'size'> | undefined;
  readonly cache: Pick<Cache, 'statistics' | 'flags'>;
  readonly clock: Clock;
  /** Whether gateways share the store. */
  readonly hasLeases: boolean;
}

export interface Metrics {
  /** The text of a scrape, and its content type. */
  text(format: Format): Promise<{ readonly contentType: string; readonly text: string }>;
  json(): Promise<MetricsJson>;
  performance(): Performance;
}

export function openMetrics({
  counting,
  accounts,
  ledger,
  cache,
  clock,
  hasLeases,
}: MetricsOptions): Metrics {
  const expositions = new Map<Format, Promise<Exposition>>();
  const statistics = lastKnown(() => cache.statistics(), clock);
  const size = lastKnown(async () => await ledger?.size(), clock);
  const version = packageVersion();

  async function view(): Promise<View> {
    const health = ledger?.health;
    const [cacheNow, ledgerSize] = await Promise.all([
      statistics(),
      // A ledger that has written nothing so far is not opened for this.
      health?.lastFlush === undefined ? undefined : size(),
      accounts.drain(),
    ]);
    return {
      figures: counting.figures,
      totals: accounts.totals(),
      cache: cacheNow,
      flags: cache.flags(),
      ledger: health && { ...health, size: ledgerSize },
      hasLeases,
      version,
    };
  }

  function expositionOf(format: Format): Promise<Exposition> {
    const known = expositions.get(format) ?? loaded(format);
    expositions.set(format, known);
    return known;
  }

  return {
    async text(format) {
      const [own, now] = await Promise.all([expositionOf(format), view()]);
      return { contentType: own.contentType, text: await own.print(now) };
    },
    json: async () => metricsJson(await view()),
    performance: () => counting.hour.figures(),
  };
}

// Loaded with the first scrape: a gateway that nothing scrapes has no need of it.
async function loaded(format: Format): Promise<Exposition> {
  const { exposition } = await import('./exposition.ts');
  return exposition(format);
}
