/**
 * Entries that a lookup has come by and that were taken back: they are deleted behind it, for nobody will be served them.
 */
import { standingOf } from '../invalidation/answer.ts';
import type { House } from './ask.ts';
import { storeCall, trouble } from './store-call.ts';

/** Deletions under way, in all; what is beyond them waits for another lookup, or its expiry. */
const mostAtOnce = 16;

const underWay = new WeakMap<House['store'], Set<string>>();

/** Deletes what is kept under the key if it is dead in the tier that all share, too: it may be newer there. */
export function dropDead(house: House, key: string): void {
  const dropping = underWay.get(house.store) ?? new Set();
  underWay.set(house.store, dropping);
  if (dropping.size >= mostAtOnce || dropping.has(key)) return;
  dropping.add(key);
  void dropped(house, key).finally(() => dropping.delete(key));
}

async function dropped(house: House, key: string): Promise<void> {
  const { store, log } = house;
  if (store.getShared !== undefined) {
    const found = await storeCall(house, 'get', () => store.getShared?.(key));
    if (found === undefined || found === trouble) return;
    try {
      if (standingOf(log, found.entry, found.added) !== 'taken-back') return;
    } catch {
      return;
    }
  }
  await storeCall(house, 'delete', () => store.delete(key));
}
