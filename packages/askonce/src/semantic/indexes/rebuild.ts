/**
 * Builds the indexes from the store, in the background: vectors are walked in batches, and added a few in each turn of the
 * event loop. What is stored or removed meanwhile is known better by its caller, and is left alone.
 */
import { backOff, type Clock, pause } from '../../clock.ts';
import { messageOf } from '../../observe/report.ts';
import type { Store } from '../../store/contract.ts';
import { nextTurn } from '../../store/filter.ts';
import type { StoredVector } from '../../store/vectors.ts';
import { walkedVectors } from './walked-vectors.ts';

export interface RebuildOptions {
  readonly store: Pick<Store, 'scan' | 'statistics' | 'vectors'>;
  readonly clock: Clock;
  /** Adds a vector that was walked. */
  readonly add: (vector: StoredVector) => void;
  /** Called once all have been walked: removes what was in the indexes before, and is no longer in the store. */
  readonly finish?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Called with one sentence for the operator. */
  readonly onTrouble: (message: string) => void;
}

export interface Rebuild {
  readonly isRunning: boolean;
  /** Entries that have been walked. */
  readonly walked: number;
  /** Entries that the store had at the start, or as it estimates; undefined if it did not say. */
  readonly of: number | undefined;
  /** Why it has not come to an end, in one sentence. */
  readonly trouble: string | undefined;
  /** Resolves once all entries have been walked, or it was stopped. Never rejects. */
  readonly done: Promise<void>;
  /** Entries that were stored or removed: what the walk brings of them is out of date. */
  touched(keys: readonly string[]): void;
  stop(): void;
}

/** Vectors that are added in one turn of the event loop: some hundred microseconds. */
const addedAtOnce = 64;
/** Keys of entries stored or removed meanwhile that are remembered. A page that was read before the oldest is added by then. */
const mostTouched = 65_536;
const firstRetryMs = 1_000;
const lastRetryMs = 60_000;

export function rebuild({ store, clock, add, finish, onTrouble }: RebuildOptions): Rebuild {
  const touched = new Set<string>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let isRunning = true;
  let walked = 0;
  let of: number | undefined;
  let trouble: string | undefined;

  async function walk(): Promise<void> {
    walked = 0;
    of = (await store.statistics()).entries;
    if (signal.aborted) return;
    for await (const { entries, vectors } of walkedVectors(store)) {
      for (let from = 0; from < vectors.length; from += addedAtOnce) {
        if (signal.aborted) return;
        for (const vector of vectors.slice(from, from + addedAtOnce))
          if (!touched.has(vector.key)) add(vector);
        await nextTurn();
      }
      walked += entries;
      if (signal.aborted) return;
    }
    await finish?.(signal);
  }

  async function walkUntilDone(): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await walk();
      } catch (error) {
        trouble = `the semantic indexes could not be built from the store (${messageOf(error)}); it is tried again`;
        onTrouble(trouble);
        await pause(clock, backOff(attempt, firstRetryMs, lastRetryMs), signal).catch(() => {});
      }
    }
  }

  const isEmpty = store.scan === undefined && store.vectors === undefined;
  const done = (isEmpty ? Promise.resolve() : walkUntilDone()).then(() => {
    isRunning = false;
    trouble = undefined;
    touched.clear();
  });

  return {
    get isRunning() {
      return isRunning;
    },
    get walked() {
      return walked;
    },
    get of() {
      return of;
    },
    get trouble() {
      return trouble;
    },
    done,
    touched(keys) {
      if (!isRunning) return;
      for (const key of keys) {
        touched.delete(key);
        touched.add(key);
      }
      for (const oldest of touched) {
        if (touched.size <= mostTouched) return;
        touched.delete(oldest);
      }
    },
    stop: () => stopping.abort(),
  };
}
