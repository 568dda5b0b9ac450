/**
 * The bounds of what accounts hold.
 */
import type { Dimensions } from '../contract.ts';

export interface AccountLimits {
  /** Events that wait to be entered. A full queue is entered at once, so that no event is lost. */
  readonly queue: number;
  /** Sets of dimensions between two takes, in all buckets; further ones are counted as `other`. About 1.5 KB each. */
  readonly counters: number;
  /** Sets of dimensions of one bucket, in all its takes; further ones are counted as `other`. So no caller fills the store. */
  readonly sets: number;
  /** Buckets between two takes that have an `other`; those of older ones are added up by the day. */
  readonly otherBuckets: number;
  /** Names of tags in a day; further ones are counted as `other`. */
  readonly tags: number;
  /** Names of tags in buckets, between two takes; further ones are counted as `other`. */
  readonly tagChanges: number;
  /** Questions between two takes; hits of further ones do not count towards the top questions. */
  readonly patterns: number;
  /** Rows between two takes; further ones are lost, and counted. */
  readonly rows: number;
  /** Runs of maintenance between two takes; of more the latest are written. */
  readonly runs: number;
  /** Rows a second that are all written; of more, a random sample is. */
  readonly rowsPerSecond: number;
  /** Missed requests whose reasons are remembered until they are answered. */
  readonly openMisses: number;
  /**
   * Distinct names of each dimension in a day; further ones are counted as `other`. Names of requests that were not
   * served have a tenth of the room; so it is with tags, sets and totals.
   */
  readonly names: Readonly<Record<keyof Dimensions, number>>;
  /** Tenants, and models, that the totals tell apart; further ones are counted as `other`. */
  readonly tenants: number;
  readonly models: number;
}

export const defaultLimits: AccountLimits = {
  queue: 16_384,
  counters: 10_000,
  sets: 5_000,
  // Three days.
  otherBuckets: 288,
  tags: 500,
  tagChanges: 10_000,
  patterns: 10_000,
  rows: 10_000,
  runs: 100,
  rowsPerSecond: 100,
  openMisses: 10_000,
  names: {
    provider: 200,
    protocol: 50,
    model: 500,
    language: 200,
    category: 200,
    template: 500,
    tenant: 1_000,
  },
  tenants: 100,
  models: 100,
};

/** Stands for all names beyond a bound. */
export const otherName = 'other';

/** The dimensions of what is beyond the bound on counters. */
export const otherDimensions: Dimensions = {
  provider: otherName,
  protocol: otherName,
  model: otherName,
  language: otherName,
  category: otherName,
  template: otherName,
  tenant: otherName,
};

/** The names of a set of dimensions, in the order of `dimensionNames`. */
export function namesIn(dimensions: Dimensions): readonly string[] {
  const { provider, protocol, model, language, category, template, tenant } = dimensions;
  return [provider, protocol, model, language, category, template, tenant];
}

/** Milliseconds of a day. */
export const dayMs = 24 * 3_600_000;

/** The number of the day, in UTC: bounds on names start anew with each. */
export function dayOf(at: number): number {
  return Math.floor(at / dayMs);
}
