/**
 * After vectors were walked anew: removes those in the indexes that the walk did not bring, and that the store does not have
 * when it is asked for them. A walk may miss what is written meanwhile.
 */
import type { Store } from '../../store/contract.ts';
import { nextTurn } from '../../store/filter.ts';
import { wideMap } from './wide-map.ts';

export interface SweepOptions {
  readonly store: Pick<Store, 'vectors' | 'holds'>;
  readonly keys: () => Iterable<string>;
  readonly remove: (key: string) => void;
}

export interface Sweep {
  /** The walk brought it, or it was stored meanwhile. */
  seen(key: string): void;
  /** Rejects if the store fails. */
  finish(signal: AbortSignal): Promise<void>;
}

/** Keys that are looked at in one turn of the event loop. */
const lookedAtOnce = 2_000;
/** Keys that the store is asked for at once. */
const askedAtOnce = 500;

export function sweep({ store, keys, remove }: SweepOptions): Sweep {
  const seen = wideMap<true>();

  /** Those that the store does not have. */
  async function goneOf(unseen: readonly string[]): Promise<readonly string[]> {
    const held = await store.vectors?.getMany(unseen);
    return unseen.filter((key, at) => held?.[at] === undefined && store.holds?.(key) !== true);
  }

  async function removeGone(unseen: string[]): Promise<void> {
    // What was stored while the store was asked has been seen by now.
    for (const key of await goneOf(unseen.splice(0))) if (!seen.has(key)) remove(key);
  }

  return {
    seen: (key) => seen.set(key, true),
    async finish(signal) {
      const unseen: string[] = [];
      let looked = 0;
      for (const key of keys()) {
        if (!seen.has(key)) unseen.push(key);
        looked += 1;
        if (looked % lookedAtOnce === 0) await nextTurn();
        if (unseen.length === askedAtOnce) await removeGone(unseen);
        if (signal.aborted) return;
      }
      if (unseen.length > 0) await removeGone(unseen);
    },
  };
}
