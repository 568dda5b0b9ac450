/**
 * What is beyond a bound is added up in one item for each bucket, so that no figure is lost. If nothing takes the items for
 * days, those of the oldest days become one for each day, so that their number is bounded, too.
 */
import { dayMs, dayOf } from './limits.ts';

export interface Overflow<Item> {
  /** The item of a bucket, which is valid until the item of another bucket is asked for. */
  at(bucket: number): Item;
  /** Hands over the items since the last take. */
  take(): readonly Item[];
}

/**
 * @param most items; at least 1
 * @param open makes the empty item of a bucket
 * @param add adds the second item to the first, and is the last to see the second
 */
export function overflow<Item>(
  most: number,
  open: (bucket: number) => Item,
  add: (to: Item, more: Item) => void,
): Overflow<Item> {
  let items = new Map<number, Item>();

  function itemOf(bucket: number): Item {
    const known = items.get(bucket);
    if (known !== undefined) return known;
    const fresh = open(bucket);
    items.set(bucket, fresh);
    return fresh;
  }

  function move(from: number, to: number): void {
    const item = items.get(from);
    if (item === undefined || from === to) return;
    items.delete(from);
    add(itemOf(to), item);
  }

  function inOrder(): readonly number[] {
    return [...items.keys()].sort((one, other) => one - other);
  }

  /** The oldest go to the beginnings of their days; if even these are too many, each to the one after it. */
  function makeRoom(): void {
    for (const bucket of inOrder()) {
      if (items.size < most) return;
      move(bucket, dayOf(bucket) * dayMs);
    }
    const buckets = inOrder();
    for (let at = 0; items.size >= most && at + 1 < buckets.length; at++)
      move(buckets[at] ?? 0, buckets[at + 1] ?? 0);
  }

  return {
    at(bucket) {
      if (!items.has(bucket)) makeRoom();
      return itemOf(bucket);
    },
    take() {
      const taken = [...items.values()];
      items = new Map();
      return taken;
    },
  };
}
