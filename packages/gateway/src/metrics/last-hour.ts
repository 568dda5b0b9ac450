/**
 * How the cache performed in the last hour: a ring of sixty minutes, the current one included, which is all that is held. Minutes are those of the
 * monotonic clock, so that a machine whose clock is set neither loses nor repeats one.
 */
import type { Clock } from 'askonce';
import { addMinute, emptyMinute, type Minute, type StoreCall, sizeClasses, timingsOf } from './minute.ts';
import { addTiming, rounded, type TimingFigures, timingFigures } from './timings.ts';

export interface LastHour {
  /** Counts a lookup: identifying the request, in ms, and the characters of its question, if it has one. */
  lookup(keyMs: number, textLength: number | undefined, memory: MemoryLook): void;
  /** Counts an answer that was stored; `encoded`: bytes of the whole entry, if the store encodes it. */
  stored(bytes: number, encoded: number | undefined): void;
  refused(): void;
  /** Counts a call of a provider. */
  called(): void;
  storeCall(tier: string, call: StoreCall, ms: number, failed: boolean): void;
  figures(): Performance;
}

/** What a lookup asked of memory: how many ms it took to answer, or nothing that was timed. */
type MemoryLook = number | 'in vain' | 'not asked';

export interface Performance {
  /** ISO instants in UTC. The hour begins with its oldest minute, 59 to 60 minutes ago, or with the start. */
  readonly from: string;
  readonly to: string;
  readonly keyGeneration: {
    readonly count: number;
    readonly averageMs: number | null;
    readonly maxMs: number | null;
  };
  readonly textLength: { readonly count: number; readonly average: number | null };
  readonly operations: {
    readonly total: number;
    readonly lookups: number;
    readonly stores: number;
    readonly refusals: number;
    readonly providerCalls: number;
  };
  /** By tier. */
  readonly stores: Readonly<Record<string, Readonly<Record<StoreCall, TimingFigures>>>>;
  /** Of answers that a store encodes: bytes of their bodies ÷ bytes of the entries as stored, metadata included. */
  readonly compression: {
    readonly bytesBefore: number;
    readonly bytesAfter: number;
    readonly ratio: number | null;
  };
  readonly values: {
    readonly count: number;
    readonly averageBytes: number | null;
    readonly maxBytes: number | null;
    /** How many are at most as large as a class, and larger than the one before. */
    readonly bySize: readonly { readonly upToBytes: number | null; readonly count: number }[];
  };
}

const minuteMs = 60_000;
const minutes = 60;

export function lastHour(clock: Clock): LastHour {
  const ring: Minute[] = [];
  const began = clock.monotonic();

  function current(): Minute {
    const minute = Math.floor(clock.monotonic() / minuteMs);
    const place = minute % minutes;
    const there = ring[place];
    if (there !== undefined && there.minute === minute) return there;
    const fresh = emptyMinute(minute);
    ring[place] = fresh;
    return fresh;
  }

  return {
    lookup(keyMs, textLength, memory) {
      const now = current();
      if (typeof memory === 'number') addTiming(now.memoryGets, memory, false);
      else if (memory === 'in vain') now.memoryGets.count++;
      now.lookups++;
      now.keys++;
      now.keyMs += keyMs;
      if (keyMs > now.keyMaxMs) now.keyMaxMs = keyMs;
      if (textLength === undefined) return;
      now.texts++;
      now.characters += textLength;
    },
    stored(bytes, encoded) {
      const now = current();
      now.stores++;
      now.values++;
      now.valueBytes += bytes;
      if (bytes > now.valueMaxBytes) now.valueMaxBytes = bytes;
      const place = sizeClasses.findIndex((most) => bytes <= most);
      const size = place === -1 ? sizeClasses.length : place;
      now.sizes[size] = (now.sizes[size] ?? 0) + 1;
      if (encoded === undefined) return;
      now.plainBytes += bytes;
      now.encodedBytes += encoded;
    },
    refused() {
      current().refusals++;
    },
    called() {
      current().calls++;
    },
    storeCall(tier, call, ms, failed) {
      addTiming(timingsOf(current(), tier)[call], ms, failed);
    },
    figures() {
      const at = clock.monotonic();
      const oldest = Math.floor(at / minuteMs) - minutes + 1;
      const sum = emptyMinute(0);
      for (const minute of ring) if (minute !== undefined && minute.minute >= oldest) addMinute(sum, minute);
      const to = clock.now();
      return figuresOf(sum, to - (at - Math.max(began, oldest * minuteMs)), to);
    },
  };
}

function figuresOf(sum: Minute, from: number, to: number): Performance {
  const { keys, lookups, stores, refusals, calls, plainBytes, encodedBytes, values } = sum;
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    keyGeneration: {
      count: keys,
      averageMs: keys === 0 ? null : rounded(sum.keyMs / keys),
      maxMs: keys === 0 ? null : rounded(sum.keyMaxMs),
    },
    textLength: { count: sum.texts, average: average(sum.characters, sum.texts) },
    operations: {
      total: lookups + stores + refusals + calls,
      lookups,
      stores,
      refusals,
      providerCalls: calls,
    },
    stores: Object.fromEntries(
      Array.from(sum.tiers, ([tier, { get, set, delete: removal }]) => [
        tier,
        { get: timingFigures(get), set: timingFigures(set), delete: timingFigures(removal) },
      ]),
    ),
    compression: {
      bytesBefore: plainBytes,
      bytesAfter: encodedBytes,
      ratio: encodedBytes === 0 ? null : Math.round((plainBytes / encodedBytes) * 1000) / 1000,
    },
    values: {
      count: values,
      averageBytes: average(sum.valueBytes, values),
      maxBytes: values === 0 ? null : sum.valueMaxBytes,
      bySize: [...sizeClasses, null].map((upToBytes, place) => ({ upToBytes, count: sum.sizes[place] ?? 0 })),
    },
  };
}

function average(sum: number, count: number): number | null {
  return count === 0 ? null : Math.round((sum / count) * 10) / 10;
}
