/**
 * Builds the indexes from the store, in the background: entries are walked in pages, and their vectors added a few in each
 * turn of the event loop. What is stored or removed meanwhile is known better by its caller, and is left alone.
 */
import { backOff, type Clock, pause } from '../../clock.ts';
import { messageOf } from '../../observe/report.ts';
import type { Store, WalkedEntry } from '../../store/contract.ts';
import { nextTurn } from '../../store/filter.ts';

export interface RebuildOptions {
  readonly store: Pick<Store, 'scan' | 'statistics'>;
  readonly clock: Clock;
  /** Adds the vector of an entry, if it has one. */
  readonly add: (entry: WalkedEntry) => void;
  /** Resolves once what was added lies where it stays: the walk goes no faster than that. */
  readonly settled: () => Promise<void>;
  /** Called with one sentence for the operator. */
  readonly onTrouble: (message: string) => void;
}

export interface Rebuild {
  readonly isRunning: boolean;
  /** Entries that have been walked. */
  readonly walked: number;
  /** Entries that the store had at the start, or as it estimates; undefined if it did not say. */
  readonly of: number | undefined;
  /** Resolves once all entries have been walked, or it was stopped. Never rejects. */
  readonly done: Promise<void>;
  /** Entries that were stored or removed: what the walk brings of them is out of date. */
  touched(keys: readonly string[]): void;
  stop(): void;
}

/** Entries that are added in one turn of the event loop: some hundred microseconds. */
const addedAtOnce = 64;
/** Keys of entries stored or removed meanwhile that are remembered. A page that was read before the oldest is added by then. */
const mostTouched = 65_536;
const firstRetryMs = 1_000;
const lastRetryMs = 60_000;

export function rebuild({ store, clock, add, settled, onTrouble }: RebuildOptions): Rebuild {
  const touched = new Set<string>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let isRunning = true;
  let walked = 0;
  let of: number | undefined;

  async function walk(): Promise<void> {
    walked = 0;
    of = (await store.statistics()).entries;
    if (signal.aborted) return;
    for await (const page of store.scan?.walk() ?? []) {
      for (let from = 0; from < page.length; from += addedAtOnce) {
        if (signal.aborted) return;
        const some = page.slice(from, from + addedAtOnce);
        for (const entry of some) if (!touched.has(entry.key)) add(entry);
        walked += some.length;
        await nextTurn();
      }
      await settled();
    }
  }

  async function walkUntilDone(): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await walk();
      } catch (error) {
        onTrouble(
          `the semantic indexes could not be built from the store (${messageOf(error)}); it is tried again`,
        );
        await pause(clock, backOff(attempt, firstRetryMs, lastRetryMs), signal).catch(() => {});
      }
    }
  }

  const done = (store.scan === undefined ? Promise.resolve() : walkUntilDone()).then(() => {
    isRunning = false;
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
