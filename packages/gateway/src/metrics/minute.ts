/**
 * What one minute of the last hour has counted.
 */
import { addTimings, noTimings, type Timings } from './timings.ts';

/** What a store is asked for. */
export type StoreCall = 'get' | 'set' | 'delete';

export const storeCalls = ['get', 'set', 'delete'] as const satisfies readonly StoreCall[];

/** Upper bounds of the classes of value sizes, in bytes; a last class has none. */
export const sizeClasses = [1024, 4096, 16_384, 65_536, 262_144, 1_048_576] as const;

type TierTimings = Readonly<Record<StoreCall, Timings>>;

export interface Minute {
  /** Minutes on the monotonic clock. */
  minute: number;
  keys: number;
  keyMs: number;
  keyMaxMs: number;
  texts: number;
  characters: number;
  lookups: number;
  stores: number;
  refusals: number;
  calls: number;
  /** Of answers that were encoded: their bodies, and their entries. */
  plainBytes: number;
  encodedBytes: number;
  values: number;
  valueBytes: number;
  valueMaxBytes: number;
  readonly sizes: number[];
  /** The lookups in memory, which are the most of all; they are part of `tiers`. */
  readonly memoryGets: Timings;
  /** By tier and call; made when the tier is first called. */
  readonly tiers: Map<string, TierTimings>;
}

export function emptyMinute(minute: number): Minute {
  const memory = noTierTimings();
  return {
    minute,
    keys: 0,
    keyMs: 0,
    keyMaxMs: 0,
    texts: 0,
    characters: 0,
    lookups: 0,
    stores: 0,
    refusals: 0,
    calls: 0,
    plainBytes: 0,
    encodedBytes: 0,
    values: 0,
    valueBytes: 0,
    valueMaxBytes: 0,
    sizes: [...sizeClasses, 0].map(() => 0),
    memoryGets: memory.get,
    tiers: new Map([['memory', memory]]),
  };
}

const summed = [
  'keys',
  'keyMs',
  'texts',
  'characters',
  'lookups',
  'stores',
  'refusals',
  'calls',
  'plainBytes',
  'encodedBytes',
  'values',
  'valueBytes',
] as const satisfies readonly (keyof Minute)[];

export function addMinute(to: Minute, more: Minute): void {
  for (const name of summed) to[name] += more[name];
  to.keyMaxMs = Math.max(to.keyMaxMs, more.keyMaxMs);
  to.valueMaxBytes = Math.max(to.valueMaxBytes, more.valueMaxBytes);
  for (const [place, count] of more.sizes.entries()) to.sizes[place] = (to.sizes[place] ?? 0) + count;
  for (const [tier, timings] of more.tiers) {
    const own = timingsOf(to, tier);
    for (const call of storeCalls) addTimings(own[call], timings[call]);
  }
}

/** The times of a tier's calls; tiers are few. */
export function timingsOf({ tiers }: Minute, tier: string): TierTimings {
  const known = tiers.get(tier);
  if (known !== undefined) return known;
  const fresh = noTierTimings();
  tiers.set(tier, fresh);
  return fresh;
}

function noTierTimings(): TierTimings {
  return { get: noTimings(), set: noTimings(), delete: noTimings() };
}
