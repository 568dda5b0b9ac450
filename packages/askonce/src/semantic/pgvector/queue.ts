/**
 * Keys of entries whose rows may no longer be right: those that this process has stored or removed, and candidates that
 * turned out to be gone. What is right is read from the store when the keys are taken.
 */
import type { StoredVector } from '../../store/vectors.ts';

export interface KeyQueue {
  readonly size: number;
  /** Adds keys. A vector is held for stores that cannot be asked for it. */
  add(keys: readonly string[], vector?: StoredVector): void;
  /** Takes the oldest keys. */
  take(count: number): ReadonlyMap<string, StoredVector | undefined>;
  /** Puts keys back that could not be used, unless they have been added anew. */
  putBack(taken: ReadonlyMap<string, StoredVector | undefined>): void;
}

/**
 * @param most keys at most; beyond that the oldest are dropped
 * @param onDropped called when keys were dropped: only reading the whole store puts that right
 */
export function keyQueue(most: number, onDropped: () => void): KeyQueue {
  const queued = new Map<string, StoredVector | undefined>();

  function bound(): void {
    if (queued.size <= most) return;
    for (const oldest of queued.keys()) {
      if (queued.size <= most) break;
      queued.delete(oldest);
    }
    onDropped();
  }

  return {
    get size() {
      return queued.size;
    },
    add(keys, vector) {
      for (const key of keys) {
        queued.delete(key);
        queued.set(key, vector);
      }
      bound();
    },
    take(count) {
      const taken = new Map<string, StoredVector | undefined>();
      for (const [key, vector] of queued) {
        if (taken.size >= count) break;
        taken.set(key, vector);
        queued.delete(key);
      }
      return taken;
    },
    putBack(taken) {
      for (const [key, vector] of taken) if (!queued.has(key)) queued.set(key, vector);
      bound();
    },
  };
}
