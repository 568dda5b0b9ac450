import { expect, it, onTestFinished } from 'vitest';
import { entryHooks } from '../../engine/entry-hooks.ts';
import { encodeVector } from '../../entry/vector.ts';
import type { Store } from '../../store/contract.ts';
import { memoryStore } from '../../store/memory/store.ts';
import type { StoredVector } from '../../store/vectors.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { type SampleEntry, sampleEntry } from '../../testing/sample-entry.ts';
import { sampleVectors } from '../../testing/sample-vectors.ts';
import { openVectorIndexes } from './indexes.ts';
import { loadUsearch } from './usearch.ts';

const dimension = 16;
const embedder = 'static-16 1';
const source = sampleVectors({ dimension });
const vectors = Array.from({ length: 64 }, () => source.next().value ?? new Float32Array(dimension));
const vectorOf = (number: number) => vectors[number % vectors.length] ?? new Float32Array(dimension);
const home = { partition: 'p', frame: 'f', language: 'en' };
const everything = 1_000_000;

/** Indexes before a store whose vectors the test holds, and whose walk it may stop after each batch. */
function follower({ batch = 100, isHeld = false } = {}) {
  const clock = fakeClock();
  const held = new Map<string, StoredVector>();
  const troubles: string[] = [];
  let waiting: (() => void) | undefined;
  let walks = 0;
  let failures = 0;
  let loads = 0;

  const stored = (key: string, number: number, lifetimeMs = 3_600_000): StoredVector => ({
    ...{ key, lease: 0, ...home, embedder, expires: clock.now() + lifetimeMs },
    vector: encodeVector(vectorOf(number)),
  });
  const entries = memoryStore({ clock });
  onTestFinished(() => entries.close());
  const store: Store = {
    ...entries,
    scan: {
      ...entries.scan,
      walk() {
        throw new Error('entries are walked');
      },
    },
    vectors: {
      getMany: async (keys) => keys.map((key) => held.get(key)),
      async *walk() {
        walks += 1;
        if (failures > 0) {
          failures -= 1;
          throw new Error('the store is away');
        }
        const all = [...held.values()];
        for (let from = 0; from < all.length; from += batch) {
          yield all.slice(from, from + batch);
          if (isHeld) await new Promise<void>((resolve) => (waiting = resolve));
        }
      },
      put: async () => false,
    },
  };
  const hooks = entryHooks(store);
  const indexes = openVectorIndexes({
    ...{ hooks, store, clock, embedder, maxBytes: 64_000_000 },
    onTrouble: (message) => troubles.push(message),
    usearch: () => {
      loads += 1;
      return loadUsearch();
    },
  });
  return {
    ...{ clock, held, hooks, indexes, stored, troubles },
    walks: () => walks,
    loads: () => loads,
    failNext: () => (failures += 1),
    /** Waits until the walk is held, with what it has brought in the indexes. */
    async isHalfway(indexed: number) {
      await expect.poll(() => waiting !== undefined && indexes.progress().indexed).toBe(indexed);
    },
    goOn() {
      isHeld = false;
      waiting?.();
    },
    async found(number = 0) {
      const near = await indexes.nearest(home, vectorOf(number), everything);
      return near.map(({ id }) => id).sort();
    },
    entry: (key: string, meta: Omit<SampleEntry, 'key'>) =>
      sampleEntry({ now: clock.now(), ...home, ...meta, key }),
  };
}

/** With vectors `k0`, `k1` and so on in the store. */
function filled(count: number, options?: Parameters<typeof follower>[0]) {
  const made = follower(options);
  for (let number = 0; number < count; number++)
    made.held.set(`k${number}`, made.stored(`k${number}`, number));
  return made;
}

it('vectors are walked where the store has them beside its entries, and no entry is read', async () => {
  const { indexes, found, held } = filled(350);
  await indexes.built();
  expect(await found()).toEqual([...held.keys()].sort());
  expect(indexes.progress()).toMatchObject({ building: false, walked: 350, indexed: 350 });
});

it('what has been walked is found while the walk goes on, and moves to the graph afterwards', async () => {
  const { indexes, isHalfway, goOn, loads } = filled(2_000, { batch: 1_500, isHeld: true });
  await isHalfway(1_500);
  expect(loads()).toBe(1);
  const { bytes } = indexes.progress();
  for (const number of [0, 700, 1_499]) {
    const near = await indexes.nearest(home, vectorOf(number), 30);
    expect(near.map(({ id }) => id)).toContain(`k${number}`);
  }
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  expect(indexes.progress().bytes).toBe(bytes);
  goOn();
  await indexes.built();
  expect(indexes.progress().indexed).toBe(2_000);
  // In the graph each vector has links, which take more bytes than its 16 components.
  expect(indexes.progress().bytes).toBeGreaterThan(bytes * 1.5);
});

it('what another process removed does not come back from a batch that was read before', async () => {
  const { indexes, held, isHalfway, goOn, found } = filled(200, { isHeld: true });
  await isHalfway(100);
  held.delete('k150');
  indexes.remove(['k150', 'k20']);
  goOn();
  await indexes.built();
  const keys = await found();
  expect([keys.includes('k150'), keys.includes('k20'), keys.length]).toEqual([false, false, 198]);
});

it('a vector of another process replaces none whose entry expires later', async () => {
  const { indexes, stored, clock, found } = follower();
  await indexes.built();
  indexes.add([stored('k', 1, 5_000)]);
  indexes.add([stored('k', 1, 1_000)]);
  clock.advance(2_000);
  expect(await found(1)).toEqual(['k']);
  clock.advance(3_000);
  expect(await found(1)).toEqual([]);
});

it('reading anew drops what is gone, keeps the rest findable meanwhile, and brings what is new', async () => {
  const { indexes, held, stored, found, isHalfway, goOn } = filled(200, { isHeld: true });
  await isHalfway(100);
  goOn();
  await indexes.built();
  for (let number = 0; number < 50; number++) held.delete(`k${number}`);
  held.set('new', stored('new', 3));
  indexes.readAnew();
  expect(indexes.progress()).toMatchObject({ building: true, indexed: 200 });
  expect(await found()).toHaveLength(200);
  await indexes.built();
  expect(await found()).toEqual([...held.keys()].sort());
});

it('reading anew keeps what was stored meanwhile, and what the walk missed although the store has it', async () => {
  const { indexes, held, stored, hooks, entry, found, isHalfway, goOn } = filled(150, { isHeld: true });
  await isHalfway(100);
  const missed = stored('missed', 4);
  indexes.add([missed]);
  indexes.readAnew();
  goOn();
  await new Promise(setImmediate);
  // By now the walk has taken its list.
  held.set('missed', missed);
  hooks.stored(entry('mine', { embedder, vector: encodeVector(vectorOf(5)) }));
  await indexes.built();
  const keys = await found();
  expect(keys).toEqual([...held.keys(), 'mine'].sort());
});

it('reading anew starts the walk over: what was read before does not count', async () => {
  const { indexes, held, isHalfway, goOn, found, walks } = filled(200, { isHeld: true });
  await isHalfway(100);
  held.delete('k5');
  indexes.readAnew();
  goOn();
  await indexes.built();
  expect(walks()).toBe(2);
  expect(await found()).toEqual([...held.keys()].sort());
});

it('a walk that fails while the store is read anew drops nothing, says so, and is tried again', async () => {
  const { indexes, held, failNext, found, clock, troubles } = filled(20);
  await indexes.built();
  held.delete('k5');
  failNext();
  indexes.readAnew();
  await expect.poll(() => troubles.length).toBe(1);
  expect(indexes.progress().trouble).toContain('the store is away');
  expect(await found()).toHaveLength(20);
  clock.advance(2_000);
  await indexes.built();
  expect(await found()).toHaveLength(19);
  expect(indexes.progress().trouble).toBeUndefined();
});

it('entries of this process that are forgotten do not empty indexes whose vectors other processes share', async () => {
  const { indexes, held, hooks, found } = filled(30);
  await indexes.built();
  hooks.forget();
  expect(await found()).toHaveLength(30);
  held.delete('k7');
  hooks.forget();
  await indexes.built();
  expect(await found()).toHaveLength(29);
});

it('an entry that is stored without its vector leaves the vector that the store has, under the new expiry', async () => {
  const { indexes, hooks, entry, clock, found } = filled(3);
  await indexes.built();
  hooks.stored(entry('k1', { embedder, expires: clock.now() + 1_000 }));
  expect(await found()).toHaveLength(3);
  clock.advance(1_000);
  expect(await found()).toEqual(['k0', 'k2']);
  hooks.stored(entry('k2', {}));
  expect(await found()).toEqual(['k0']);
});

it('the number of changes is unknown during a walk, and differs after each change', async () => {
  const { indexes, stored, hooks, entry, found } = filled(3);
  expect(indexes.changes()).toBeNaN();
  await indexes.built();
  const seen = [indexes.changes()];
  await found();
  expect(indexes.changes()).toBe(seen[0]);
  const noted = () => seen.push(indexes.changes());
  indexes.add([stored('l', 2)]);
  noted();
  indexes.remove(['l']);
  noted();
  hooks.stored(entry('m', { embedder, vector: encodeVector(vectorOf(1)) }));
  noted();
  hooks.removed(['m'], 'invalidated');
  noted();
  indexes.readAnew();
  await indexes.built();
  noted();
  expect(new Set(seen).size).toBe(6);
});

it('that usearch cannot be loaded is the trouble of the indexes', async () => {
  const { hooks, store, clock } = { ...follower(), store: memoryStore({ clock: fakeClock() }) };
  const indexes = openVectorIndexes({
    ...{ hooks, store, clock, embedder, maxBytes: 64_000_000 },
    usearch: () => Promise.reject(new Error('no such package')),
  });
  expect(indexes.progress().trouble).toBeUndefined();
  for (let number = 0; number < 600; number++)
    indexes.add([{ ...follower().stored(`k${number}`, number), key: `k${number}` }]);
  await indexes.built();
  expect(indexes.progress().trouble).toMatch(/usearch.*no such package/);
});
