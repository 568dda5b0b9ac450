/** What cases on finding entries by tag have in common. */
import type { EntryFilter, FoundKeys, Store, TagIndex } from '../../store/contract.ts';
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCaseContext } from '../store-case.ts';
import { capable } from './capable.ts';

export const capability = 'tags';

interface Everything extends FoundKeys {
  readonly largest: number;
}

/** All found keys, sorted; a key that comes twice is listed twice. */
export async function found(index: TagIndex, filter: EntryFilter, thorough = false): Promise<Everything> {
  const keys: string[] = [];
  const added: string[] = [];
  let largest = 0;
  for await (const batch of index.find(filter, { thorough })) {
    keys.push(...batch.keys);
    added.push(...batch.added);
    largest = Math.max(largest, batch.keys.length);
  }
  return { keys: keys.sort(), added: added.sort(), largest };
}

/** Keys that an index finds by the index, and by looking at every entry; both must be the same. */
export async function keysOf(
  { expect, store }: StoreCaseContext,
  filter: EntryFilter,
): Promise<readonly string[]> {
  const index = capable(store, capability);
  const quickly = await found(index, filter);
  expect((await found(index, filter, true)).keys, 'thoroughly').toEqual(quickly.keys);
  return quickly.keys;
}

/** Stores one entry for each name, with its tags. */
export async function save(
  { clock, keyOf }: StoreCaseContext,
  store: Store,
  tagged: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  await store.setMany(
    Object.entries(tagged).map(([name, tagDigests]) =>
      sampleEntry({ key: keyOf(name), now: clock.now(), tagDigests }),
    ),
  );
  await store.flush();
}

export const clauses = (...wanted: string[][]): EntryFilter => ({ clauses: wanted });
