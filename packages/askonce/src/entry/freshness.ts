/**
 * Fresh, stale or gone: when an entry may be served, and how long a new one lives.
 *
 * Inside there are three absolute instants (created, stale, expires); durations are what a user types.
 */
import type { Settings } from '../settings/table.ts';
import type { EntryMeta } from './entry.ts';

/** Where nothing but want of room ends an entry: ten years, since every entry carries an expiry. */
const forRoomOnlySeconds = 315_360_000;
const daySeconds = 86_400;

export interface Lifetime {
  /** Seconds. Never longer than `gone`. */
  readonly stale: number;
  readonly gone: number;
}

/** What a request may ask of lifetimes; seconds. */
export interface LifetimeWish {
  readonly ttl?: number | undefined;
  readonly staleAfter?: number | undefined;
}

/**
 * How long an answer lives: by the request where it says so (clamped by `maxTtlSeconds`), else by its category,
 * else by the settings.
 */
export function lifetime(settings: Settings, category: string | undefined, wish: LifetimeWish): Lifetime {
  const listed =
    category !== undefined && Object.hasOwn(settings.categories, category)
      ? settings.categories[category]
      : undefined;
  const usualGone = settings.ttlSeconds ?? settings.ttlDays * daySeconds;
  const categoryGone = listed === undefined ? usualGone : (listed.gone ?? forRoomOnlySeconds);
  const categoryStale =
    listed === undefined ? settings.staleDays * daySeconds : (listed.stale ?? forRoomOnlySeconds);
  const ttl = secondsOf(wish.ttl);
  const gone = ttl === undefined ? categoryGone : Math.min(ttl, settings.maxTtlSeconds);
  return { gone, stale: Math.min(secondsOf(wish.staleAfter) ?? categoryStale, gone) };
}

/** No wish is a duration that nothing could be compared with, or an end before the beginning. */
function secondsOf(wish: number | undefined): number | undefined {
  return wish === undefined || Number.isNaN(wish) ? undefined : Math.max(0, wish);
}

/** What a request allows to be served (RFC 9111, section 5.2.1); seconds. */
export interface FreshnessLimits {
  readonly noCache?: boolean | undefined;
  readonly maxAge?: number | undefined;
  readonly maxStale?: number | undefined;
  readonly minFresh?: number | undefined;
}

export type Verdict =
  | 'fresh'
  /** Stale, and the request takes it. */
  | 'stale'
  /** Stale, and the request did not say that it takes that. */
  | 'too-stale'
  /** The request wants a younger or longer-lived one, or none that is kept. */
  | 'forbidden'
  | 'gone';

/** Judges an entry at an instant: it is stale from `staleAfter` on, and gone from `expires` on. */
export function judge(meta: EntryMeta, limits: FreshnessLimits, now: number): Verdict {
  if (now >= meta.expires) return 'gone';
  if (limits.noCache) return 'forbidden';
  const ageMs = now - meta.refreshed;
  const freshMs = meta.staleAfter - now;
  if (limits.maxAge !== undefined && ageMs > limits.maxAge * 1000) return 'forbidden';
  if (limits.minFresh !== undefined && freshMs < limits.minFresh * 1000) return 'forbidden';
  if (freshMs > 0) return 'fresh';
  return limits.maxStale !== undefined && -freshMs <= limits.maxStale * 1000 ? 'stale' : 'too-stale';
}
