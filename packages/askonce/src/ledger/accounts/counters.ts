/**
 * Counters by bucket and dimensions, and the totals since the start.
 */
import { bucketMs, type CounterChange, type Dimensions, type Durations } from '../contract.ts';
import { addCounts, type Counts, noCounts } from '../counts.ts';
import { addDurations, noDurations } from '../durations.ts';
import { namesMemo } from '../names-memo.ts';
import { type AccountLimits, dayOf, namesIn, otherDimensions } from './limits.ts';
import { boundedNames, guestsOf, nameSet } from './names.ts';
import { overflow } from './overflow.ts';

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
  /** In which the counter is valid. */
  epoch: number;
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
  /**
   * The account of these dimensions, at a time in milliseconds since the epoch. Names of
   * requests that were not served have less room.
   */
  accountOf(dimensions: Dimensions, at: number, isServed: boolean): Account;
  /** Hands over the counters since the last take. */
  take(): readonly CounterChange[];
  totals(): Totals;
}

/** Sets of dimensions that are found without making their counter's name, in about 5 MB. */
const mostFound = 2_000;
const otherSet = namesIn(otherDimensions).join('\n');

export function counterTable(limits: AccountLimits): Counters {
  let bounded = boundedNames(limits.names);
  const tenants = totalsByName(limits.tenants);
  const models = totalsByName(limits.models);
  let counters = new Map<string, Counter>();
  let day = Number.NaN;
  let bucket = Number.NaN;
  /** Counts the occasions at which counters that were open are no longer: takes, and merged ones. */
  let epoch = 1;
  /** Sets of dimensions that the current bucket has. */
  let sets = new Set<string>();
  let guestSets = 0;
  const accounts = namesMemo<Account>(mostFound);

  const others = overflow<Counter>(
    limits.otherBuckets,
    (of) => noCounter(of, otherDimensions),
    (to, more) => {
      addCounts(to.counts, more.counts);
      addDurations(to.hitDurations, more.hitDurations);
      addDurations(to.missDurations, more.missDurations);
      epoch++;
    },
  );

  /** Whether the bucket has room for a set of dimensions, which then is one of it. */
  function mayOpen(set: string, isServed: boolean): boolean {
    if (sets.has(set)) return true;
    if (sets.size >= limits.sets || (!isServed && guestSets >= guestsOf(limits.sets))) return false;
    sets.add(set);
    if (!isServed) guestSets++;
    return true;
  }

  /** The counter of the current bucket; one for all that is beyond a bound. */
  function counterOf(dimensions: Dimensions, isServed: boolean): Counter {
    const set = namesIn(dimensions).join('\n');
    if (set === otherSet) return others.at(bucket);
    const id = `${bucket}\n${set}`;
    const known = counters.get(id);
    if (known !== undefined) return known;
    if (counters.size >= limits.counters || !mayOpen(set, isServed)) return others.at(bucket);
    const fresh = noCounter(bucket, dimensions);
    counters.set(id, fresh);
    return fresh;
  }

  function openAccount(given: Dimensions, names: readonly string[], isServed: boolean): Account {
    const dimensions = isServed ? bounded.bound(given) : bounded.guest(given);
    const account = {
      dimensions,
      totals: tenants.of(dimensions.tenant, isServed),
      modelTotals: models.of(dimensions.model, isServed),
      counter: counterOf(dimensions, isServed),
      epoch,
    };
    // A guest's names may be `other` now, and have room later.
    if (isServed) accounts.set(names, account);
    return account;
  }

  function turnTo(at: number): void {
    bucket = Math.floor(at / bucketMs) * bucketMs;
    sets = new Set();
    guestSets = 0;
    const today = dayOf(at);
    if (today === day) return;
    day = today;
    bounded = boundedNames(limits.names, bounded);
    accounts.clear();
  }

  return {
    accountOf(dimensions, at, isServed) {
      // Whether the clock has gone on or back.
      if (!(at >= bucket && at < bucket + bucketMs)) turnTo(at);
      const names = namesIn(dimensions);
      const account = accounts.get(names) ?? openAccount(dimensions, names, isServed);
      if (account.counter.bucket !== bucket || account.epoch !== epoch) {
        account.counter = counterOf(account.dimensions, isServed);
        account.epoch = epoch;
      }
      return account;
    },
    take() {
      const taken = [...counters.values(), ...others.take()];
      counters = new Map();
      epoch++;
      return taken;
    },
    totals() {
      const counts = noCounts();
      for (const each of tenants.all.values()) addCounts(counts, each);
      return { counts, tenants: tenants.all, models: models.all };
    },
  };
}

function noCounter(bucket: number, dimensions: Dimensions): Counter {
  return {
    bucket,
    dimensions,
    counts: noCounts(),
    hitDurations: noDurations(),
    missDurations: noDurations(),
  };
}

/** Totals by name; beyond so many names, those of all others together. */
function totalsByName(most: number) {
  const names = nameSet(most);
  const all = new Map<string, Counts>();
  return {
    all,
    of(given: string, isServed: boolean): Counts {
      const name = isServed ? names.bound(given) : names.guest(given);
      const known = all.get(name);
      if (known !== undefined) return known;
      const fresh = noCounts();
      all.set(name, fresh);
      return fresh;
    },
  };
}
