/**
 * What `askonce top` shows, worked out of what was read. `--json` prints it as it is.
 */
import { ownReasons } from 'askonce/ledger';
import {
  type Counters,
  figureAt,
  figuresBelow,
  namesBelow,
  type outcomes,
  requestsIn,
  type Times,
  timesOf,
} from './counters.ts';
import type { Part, Question, Readings } from './poll.ts';

/** US dollars. */
export interface Money {
  /** By hits, and by followers of other requests' flights. */
  readonly saved: number;
  /** For everything that providers billed. */
  readonly spent: number;
  /** What was saved, less what only the cache spent. */
  readonly net: number;
}

export interface Reason {
  readonly kind: 'miss' | 'bypass' | 'refused' | 'error';
  readonly reason: string;
  /** Null before there are two readings. */
  readonly perMinute: number | null;
  readonly total: number;
}

export interface Group {
  readonly name: string;
  readonly perSecond: number | null;
  readonly requests: number;
  readonly hits: number;
  readonly hitRate: number | null;
  readonly saved: number;
  readonly spent: number;
}

export interface Tier {
  readonly name: string;
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly failures: number;
}

export interface Component {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
}

export interface Figures {
  readonly url: string;
  readonly version: string | undefined;
  readonly status: string;
  /** Why nothing newer is known, and since when, in ms since the epoch. */
  readonly trouble: { readonly message: string; readonly since: number } | undefined;
  /** Rates and times are of so many seconds; null before there are two readings. */
  readonly seconds: number | null;
  readonly hitRate: {
    readonly lately: number | null;
    readonly total: number | null;
    readonly day: number | null;
  };
  /** Per second. */
  readonly traffic: Readonly<Record<'all' | (typeof outcomes)[number], number | null>>;
  /** Per second: errors that the gateway answered with by its own fault, and calls of providers that failed. */
  readonly errors: number | null;
  /** Requests per second between the readings of the last minute, oldest first. */
  readonly rates: readonly number[];
  readonly latency: {
    readonly hit: Times;
    readonly miss: Times;
    readonly total: { readonly hit: Times; readonly miss: Times };
  };
  readonly money: { readonly lately: Money | null; readonly total: Money; readonly day: Money | null };
  readonly reasons: readonly Reason[];
  readonly models: readonly Group[];
  readonly questions: Part<readonly Question[]>;
  readonly stores: readonly Tier[];
  readonly health: readonly Component[];
  /** What could not be read, and why. */
  readonly missing: readonly string[];
}

const nothing: Counters = new Map();

export function figuresOf(readings: Readings, url: string): Figures {
  const { history, health, day, questions, trouble } = readings;
  const all = history.latest ?? nothing;
  const window = history.window();
  const lately = window?.counted ?? nothing;
  const perSecond = (count: number) => (window === undefined ? null : count / window.seconds);
  const today = day.value;
  return {
    url,
    version: figuresBelow(all, 'build_info')[0]?.[0],
    status: trouble !== undefined ? 'no answer' : (health.value?.status ?? 'unknown'),
    trouble: trouble && { message: trouble.error.message, since: trouble.since },
    seconds: window?.seconds ?? null,
    hitRate: { lately: hitRateOf(lately), total: hitRateOf(all), day: today?.hitRate ?? null },
    traffic: {
      all: perSecond(requestsIn(lately)),
      hit: perSecond(figureAt(lately, 'requests', 'hit')),
      shared: perSecond(figureAt(lately, 'requests', 'shared')),
      miss: perSecond(figureAt(lately, 'requests', 'miss')),
      negative: perSecond(figureAt(lately, 'requests', 'negative')),
      bypass: perSecond(figureAt(lately, 'requests', 'bypass')),
    },
    errors: perSecond(figureAt(lately, 'replies', 'gateway') + figureAt(lately, 'provider_errors')),
    rates: history.rates(),
    latency: { ...latencyIn(lately), total: latencyIn(all) },
    money: {
      lately: window === undefined ? null : moneyOf(lately),
      total: moneyOf(all),
      day:
        today === undefined
          ? null
          : { saved: today.savedCost + today.sharedCost, spent: today.spentCost, net: today.netSavings },
    },
    reasons: reasonsOf(all, lately, (count) => (window === undefined ? null : (count / window.seconds) * 60)),
    models: modelsOf(all, lately, perSecond),
    questions,
    stores: tiersOf(all),
    health: componentsOf(readings),
    missing: missingOf(readings),
  };
}

function latencyIn(counters: Counters): { readonly hit: Times; readonly miss: Times } {
  return { hit: timesOf(counters, 'hit_duration_seconds'), miss: timesOf(counters, 'miss_duration_seconds') };
}

/** As `hit_rate` of the metrics: a bypass does not ask the cache. */
function hitRateOf(counters: Counters): number | null {
  const asked = requestsIn(counters) - figureAt(counters, 'requests', 'bypass');
  return asked === 0 ? null : figureAt(counters, 'requests', 'hit') / asked;
}

/** Reasons of calls that would not have been made without the cache. */
const ownSpending: ReadonlySet<string> = new Set(ownReasons);

function moneyOf(counters: Counters): Money {
  const spending = figuresBelow(counters, 'spent_cost');
  const sum = (of: typeof spending) => of.reduce((total, [, dollars]) => total + dollars, 0);
  const saved = figureAt(counters, 'saved_cost') + figureAt(counters, 'shared_cost');
  const own = sum(spending.filter(([reason]) => ownSpending.has(reason)));
  return { saved, spent: sum(spending), net: saved - own };
}

type Counted = readonly (readonly [string, number])[];

const countedBy: Readonly<Record<Reason['kind'], (counters: Counters) => Counted>> = {
  miss: (counters) => figuresBelow(counters, 'cache_miss_reason'),
  bypass: (counters) => figuresBelow(counters, 'cache_bypass'),
  refused: (counters) => figuresBelow(counters, 'refused'),
  error: (counters) => [
    ...figuresBelow(counters, 'error_replies'),
    ...ofProviders(counters, 'provider_answers').filter(([name]) => /[45]xx$/.test(name)),
    ...ofProviders(counters, 'provider_failures'),
  ],
};

/** What is counted by the cause of a provider's call, of all causes together. */
function ofProviders(counters: Counters, metric: string): Counted {
  const sums = new Map<string, number>();
  for (const cause of namesBelow(counters, metric))
    for (const [name, count] of figuresBelow(counters, metric, cause))
      sums.set(`provider ${name}`, (sums.get(`provider ${name}`) ?? 0) + count);
  return [...sums];
}

function reasonsOf(
  all: Counters,
  lately: Counters,
  perMinute: (count: number) => number | null,
): readonly Reason[] {
  return (['miss', 'bypass', 'refused', 'error'] as const).flatMap((kind) => {
    const recent = new Map(countedBy[kind](lately));
    return countedBy[kind](all)
      .filter(([, total]) => total > 0)
      .map(([reason, total]) => ({ kind, reason, perMinute: perMinute(recent.get(reason) ?? 0), total }));
  });
}

function modelsOf(
  all: Counters,
  lately: Counters,
  perSecond: (count: number) => number | null,
): readonly Group[] {
  return figuresBelow(all, 'model_requests').map(([name, requests]) => {
    const hits = figureAt(all, 'model_hits', name);
    const asked = hits + figureAt(all, 'model_misses', name);
    return {
      name,
      perSecond: perSecond(figureAt(lately, 'model_requests', name)),
      requests,
      hits,
      hitRate: asked === 0 ? null : hits / asked,
      saved: figureAt(all, 'model_saved_cost', name),
      spent: figureAt(all, 'model_spent_cost', name),
    };
  });
}

function tiersOf(all: Counters): readonly Tier[] {
  return figuresBelow(all, 'tier_entries').map(([name, entries]) => ({
    name,
    entries,
    bytes: figureAt(all, 'tier_bytes', name),
    hits: figureAt(all, 'tier_hits', name),
    misses: figureAt(all, 'tier_misses', name),
    evictions: figureAt(all, 'tier_evictions', name),
    failures: figuresBelow(all, 'store_failures', name).reduce((sum, [, count]) => sum + count, 0),
  }));
}

/** The semantic tier is no component of its own in the answer; it is shown as one if it is on. */
function componentsOf({ health: { value } }: Readings): readonly Component[] {
  if (value === undefined) return [];
  const components = Object.entries(value.components).map(([name, { status, ...details }]) => ({
    name,
    status,
    detail: Object.entries(details).map(detailOf).join('  '),
  }));
  const { state, trouble } = value.semantic;
  if (state === 'off') return components;
  const detail = trouble.map(({ part, message }) => `${part}: ${message}`).join('; ');
  return [...components, { name: 'semantic', status: state, detail }];
}

function detailOf([name, value]: readonly [string, unknown]): string {
  return `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
}

function missingOf({ metrics, health }: Readings): readonly string[] {
  return [metrics, health].flatMap((part) =>
    'why' in part && part.why !== 'not read yet' ? [part.why] : [],
  );
}
