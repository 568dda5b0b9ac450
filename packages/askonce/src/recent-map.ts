/**
 * Maps that hold a bounded number of entries, of which the least recently used is dropped first.
 */
import { LRUCache } from 'lru-cache';

/** Holds `most` entries at most, and takes memory only for those that it holds. */
export function recentMap<Value extends NonNullable<unknown>>(most: number): LRUCache<string, Value> {
  // As sizes of one each: with `max`, the memory for all of them would be reserved at once.
  return new LRUCache({ maxSize: most, sizeCalculation: () => 1 });
}
