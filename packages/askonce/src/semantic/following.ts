/**
 * The indexes follow the entries of all processes: what this one stores and removes is reported by the feed, and what others
 * report is read from the store and put into the indexes here.
 *
 * A report names keys alone. What it means is decided by the store when it is read: a vector that is there is added, and one
 * that is not is removed, in whatever order the reports come.
 */
import { backOff, pause } from '../clock.ts';
import type { EntryHooks } from '../engine/entry-hooks.ts';
import { recentMap } from '../recent-map.ts';
import { nextTurn } from '../store/filter.ts';
import type { Feed } from './feed/contract.ts';
import type { VectorIndexes, VectorIndexesOpener, VectorIndexesOptions } from './indexes/contract.ts';
import { vectorsIn } from './stored-vectors.ts';

/** Vectors that are read from the store in one call. */
const readAtOnce = 256;
/** Keys whose vectors are still to be read. Beyond it all vectors are read anew. */
const mostWaiting = 16_384;
const firstRetryMs = 250;
const lastRetryMs = 10_000;

/** Makes indexes that follow the feed out of such as follow the hooks of this process alone. */
export function following(open: VectorIndexesOpener): VectorIndexesOpener {
  return (options) => {
    const indexes = open(options);
    const unfollow = options.feed && follow(indexes, options, options.feed);
    return {
      ...indexes,
      close() {
        unfollow?.();
        return indexes.close();
      },
    };
  };
}

/** Returns the end of it. */
function follow(
  indexes: Pick<VectorIndexes, 'add' | 'remove' | 'readAnew'>,
  { hooks, store, clock }: Pick<VectorIndexesOptions, 'hooks' | 'store' | 'clock'>,
  feed: Pick<Feed, 'on' | 'onGap'>,
): () => void {
  const vectorsOf = vectorsIn(store);
  const waiting = new Set<string>();
  /** Keys whose vectors are being read. What is known better meanwhile is taken out. */
  let underWay = new Set<string>();
  /** Keys that were written of late, here or elsewhere: a removal that is reported after that may be an earlier one. */
  const lately = recentMap<true>(mostWaiting);
  let isReading = false;
  const closing = new AbortController();
  const { signal } = closing;

  function look(keys: readonly string[]): void {
    for (const key of keys) {
      waiting.add(key);
      lately.set(key, true);
    }
    if (waiting.size > mostWaiting) readAnew();
    else if (!isReading) void read();
  }

  function readAnew(): void {
    waiting.clear();
    underWay.clear();
    indexes.readAnew();
  }

  async function read(): Promise<void> {
    isReading = true;
    // The reports of many rows come in one turn.
    await nextTurn();
    for (let attempt = 0; waiting.size > 0 && !signal.aborted; ) {
      const keys = [...waiting].slice(0, readAtOnce);
      underWay = new Set(keys);
      for (const key of keys) waiting.delete(key);
      const vectors = await vectorsOf(keys).catch(() => undefined);
      if (signal.aborted) break;
      if (vectors === undefined) {
        for (const key of underWay) waiting.add(key);
        await pause(clock, backOff(attempt, firstRetryMs, lastRetryMs), signal).catch(() => {});
        attempt += 1;
        continue;
      }
      attempt = 0;
      indexes.add(vectors.filter((one) => one !== undefined && underWay.has(one.key)).filter(isThere));
      indexes.remove(keys.filter((key, index) => vectors[index] === undefined && underWay.has(key)));
      underWay = new Set();
    }
    isReading = false;
  }

  function forget(keys: readonly string[]): void {
    for (const key of keys) {
      waiting.delete(key);
      underWay.delete(key);
    }
  }

  // This process knows better what it has stored or removed itself.
  hooks.onStored(({ key }) => {
    forget([key]);
    lately.set(key, true);
  });
  hooks.onRemoved((keys, cause) => {
    if (cause !== 'replaced') forget(keys);
  });
  const ends = [
    feed.on('written', ({ keys }) => look(keys)),
    feed.on('removed', ({ keys }) => {
      forget(keys);
      indexes.remove(keys);
      const again = keys.filter((key) => lately.delete(key));
      if (again.length > 0) look(again);
    }),
    feed.onGap(readAnew),
  ];

  return () => {
    closing.abort();
    waiting.clear();
    for (const end of ends) end();
  };
}

/** Reports to the other processes what this one stores and removes. */
export function reportEntries(
  { onStored, onRemoved }: Pick<EntryHooks, 'onStored' | 'onRemoved'>,
  feed: Pick<Feed, 'report'>,
): void {
  onStored(({ key, meta }) => {
    // An answer that is refreshed keeps the vector that the store has for its question.
    if (meta.embedder !== undefined) feed.report({ kind: 'written', keys: [key] });
  });
  onRemoved((keys, cause, by) => {
    // Every process knows by itself when an entry expires. What replaces another is reported as it is stored.
    if (cause === 'expired' || cause === 'replaced' || by === 'another') return;
    feed.report({ kind: 'removed', keys });
  });
}

/** The hooks, which report also what other processes remove. */
export function hooksOfAll(hooks: EntryHooks, feed: Pick<Feed, 'on' | 'onGap'>): EntryHooks {
  return {
    ...hooks,
    onRemoved(listener) {
      hooks.onRemoved(listener);
      feed.on('removed', ({ keys }) => listener(keys, 'invalidated', 'another'));
    },
    onForgotten(listener) {
      hooks.onForgotten(listener);
      feed.onGap(listener);
    },
  };
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}
