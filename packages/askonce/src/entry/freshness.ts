/**
 * Freshness: how long a new entry lives, and whether a stored one is fresh, stale or expired.
 *
 * Entries hold absolute instants; durations are what a user types.
 */
import type { Settings } from '../settings/table.ts';
import type { EntryMeta } from './entry.ts';

/** Lifetime of an entry that only eviction ends: ten years, since every entry has an expiry. */
const forRoomOnlySeconds = 315_360_000;
const daySeconds = 86_400;

export interface Lifetime {
  /** Seconds until the entry is stale, never more than `expires`. */
  readonly stale: number;
  /** Seconds until the entry expires. */
  readonly expires: number;
}

/** The lifetimes that a request may ask for, in seconds. */
export interface LifetimeWish {
  readonly ttl?: number | undefined;
  readonly staleAfter?: number | undefined;
}

/**
 * The lifetime of an answer: the request's (clamped by `maxTtlSeconds`), else its category's, else that of the
 * settings.
 */
export function lifetime(settings: Settings, named: string | undefined, wish: LifetimeWish): Lifetime {
  const category = named?.toLowerCase();
  const listed =
    category !== undefined && Object.hasOwn(settings.categories, category)
      ? settings.categories[category]
      : undefined;
  const usualExpires = settings.ttlSeconds ?? settings.ttlDays * daySeconds;
  const categoryExpires = listed === undefined ? usualExpires : (listed.gone ?? forRoomOnlySeconds);
  const categoryStale =
    listed === undefined ? settings.staleDays * daySeconds : (listed.stale ?? forRoomOnlySeconds);
  const ttl = secondsOf(wish.ttl);
  const expires = ttl === undefined ? categoryExpires : Math.min(ttl, settings.maxTtlSeconds);
  return { expires, stale: Math.min(secondsOf(wish.staleAfter) ?? categoryStale, expires) };
}

/** NaN counts as no wish, and a negative duration as none at all. */
function secondsOf(wish: number | undefined): number | undefined {
  return wish === undefined || Number.isNaN(wish) ? undefined : Math.max(0, wish);
}

/** The freshness that a request demands (RFC 9111, section 5.2.1), in seconds. */
export interface FreshnessLimits {
  readonly noCache?: boolean | undefined;
  readonly maxAge?: number | undefined;
  readonly maxStale?: number | undefined;
  readonly minFresh?: number | undefined;
}

export type Verdict =
  | 'fresh'
  /** Stale, and the request accepts that. */
  | 'stale'
  /** Stale, and the request does not say that it accepts that. */
  | 'too-stale'
  /** The request demands a younger or longer-lived entry, or none from the cache. */
  | 'forbidden'
  | 'expired';

/** Judges an entry at an instant: it is stale from `staleAfter` on and expired from `expires` on. */
export function judge(meta: EntryMeta, limits: FreshnessLimits, now: number): Verdict {
  if (now >= meta.expires) return 'expired';
  if (limits.noCache) return 'forbidden';
  const ageMs = now - meta.refreshed;
  const freshMs = meta.staleAfter - now;
  if (limits.maxAge !== undefined && ageMs > limits.maxAge * 1000) return 'forbidden';
  if (limits.minFresh !== undefined && freshMs < limits.minFresh * 1000) return 'forbidden';
  if (freshMs > 0) return 'fresh';
  return limits.maxStale !== undefined && -freshMs <= limits.maxStale * 1000 ? 'stale' : 'too-stale';
}
