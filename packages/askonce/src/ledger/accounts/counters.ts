/**
 * Counters by bucket and dimensions, and the totals since the start.
 */
import { bucketMs, type CounterChange, type Dimensions, type Durations } from '../contract.ts';
import { addCounts, type Counts, noCounts } from '../counts.ts';
import { noDurations } from '../durations.ts';
import { namesMemo } from '../names-memo.ts';
import { type AccountLimits, dayOf, namesIn, otherDimensions, otherName } from './limits.ts';
import { boundedNames } from './names.ts';

/** A counter that is added to. */
interface Counter extends CounterChange {
  readonly counts: Counts;
  readonly hitDurations: Durations;
  readonly missDurations: Durations;
}

/** Where the events of one set of dimensions are entered: the totals are apart, so that a take leaves them alone. */
export interface Account {
  /** With names that are bounded. */
  readonly dimensions: Dimensions;
  /** Totals of the tenant, and of the model. */
  readonly totals: Counts;
  readonly modelTotals: Counts;
  /** Of the current bucket. */
  counter: Counter;
  /** The take that the counter will be part of. */
  take: number;
}

/** Sums since the start. */
export interface Totals {
  readonly counts: Readonly<Counts>;
  /** By the tenant's digest, '' for requests without one; `other` beyond the bound. */
  readonly tenants: ReadonlyMap<string, Readonly<Counts>>;
  /** By the model of the dimensions; '' for requests without one; likewise bounded. */
  readonly models: ReadonlyMap<string, Readonly<Counts>>;
}

export interface Counters {
  /** The account of these dimensions, at a time in milliseconds since the epoch. */
  accountOf(dimensions: Dimensions, at: number): Account;
  /** Hands over the counters since the last take. */
  take(): readonly CounterChange[];
  totals(): Totals;
}

/** Sets of dimensions that are found without making their counter's name, in about 5 MB. */
const mostFound = 2_000;

export function counterTable(limits: AccountLimits): Counters {
  let bounded = boundedNames(limits.names);
  const tenants = new Map<string, Counts>();
  const models = new Map<string, Counts>();
  let counters = new Map<string, Counter>();
  let day = Number.NaN;
  let bucket = Number.NaN;
  let nextTake = 1;
  const accounts = namesMemo<Account>(mostFound);

  /** The counter of the current bucket; one for all that is beyond the bound. */
  function counterOf(dimensions: Dimensions): Counter {
    const id = `${bucket}\n${namesIn(dimensions).join('\n')}`;
    const known = counters.get(id);
    if (known !== undefined) return known;
    if (counters.size >= limits.counters && dimensions !== otherDimensions) return counterOf(otherDimensions);
    const fresh: Counter = {
      bucket,
      dimensions,
      counts: noCounts(),
      hitDurations: noDurations(),
      missDurations: noDurations(),
    };
    counters.set(id, fresh);
    return fresh;
  }

  function openAccount(given: Dimensions, names: readonly string[]): Account {
    const dimensions = bounded(given);
    const account = {
      dimensions,
      totals: totalsOf(tenants, dimensions.tenant, limits.tenants),
      modelTotals: totalsOf(models, dimensions.model, limits.models),
      counter: counterOf(dimensions),
      take: nextTake,
    };
    accounts.set(names, account);
    return account;
  }

  function turnTo(at: number): void {
    bucket = Math.floor(at / bucketMs) * bucketMs;
    const today = dayOf(at);
    if (today === day) return;
    day = today;
    bounded = boundedNames(limits.names);
    accounts.clear();
  }

  return {
    accountOf(dimensions, at) {
      // Whether the clock has gone on or back.
      if (!(at >= bucket && at < bucket + bucketMs)) turnTo(at);
      const names = namesIn(dimensions);
      const account = accounts.get(names) ?? openAccount(dimensions, names);
      if (account.counter.bucket !== bucket || account.take !== nextTake) {
        account.counter = counterOf(account.dimensions);
        account.take = nextTake;
      }
      return account;
    },
    take() {
      const taken = [...counters.values()];
      counters = new Map();
      nextTake++;
      return taken;
    },
    totals() {
      const counts = noCounts();
      for (const each of tenants.values()) addCounts(counts, each);
      return { counts, tenants, models };
    },
  };
}

/** The totals of a name; beyond so many names, those of all others. */
function totalsOf(totals: Map<string, Counts>, given: string, most: number): Counts {
  const name = totals.has(given) || totals.size < most ? given : otherName;
  const known = totals.get(name);
  if (known !== undefined) return known;
  const fresh = noCounts();
  totals.set(name, fresh);
  return fresh;
}
