import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { entryHooks } from '../../engine/entry-hooks.ts';
import { keyRing } from '../../entry/key-ring.ts';
import { encodeVector } from '../../entry/vector.ts';
import type { Store } from '../../store/contract.ts';
import { memoryStore } from '../../store/memory/store.ts';
import { sqliteStore } from '../../store/sqlite/store.ts';
import { type FakeClock, fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import { sampleVectors } from '../../testing/sample-vectors.ts';
import type { VectorIndexes } from './contract.ts';
import { openVectorIndexes } from './indexes.ts';
import type { Place } from './place-table.ts';

const dimension = 16;
const embedder = 'static-256 1';
const vectors = Array.from(
  { length: 64 },
  (
    (source) => () =>
      source.next().value ?? new Float32Array(dimension)
  )(sampleVectors({ dimension })),
);
const vectorOf = (number: number) => vectors[number % vectors.length] ?? new Float32Array(dimension);
const home: Place = { partition: 'p', frame: 'f', language: 'en' };
const everywhere = 1_000_000;

interface Kept {
  readonly place?: Place | undefined;
  readonly vector?: Float32Array | undefined;
  readonly lifetimeMs?: number | undefined;
  readonly embedder?: string | undefined;
}

/** A store with its hooks, and the indexes of a cache on it. */
function cacheOn(store: Store, clock: FakeClock, maxBytes = 64_000_000) {
  const hooks = entryHooks(store);
  const troubles: string[] = [];
  const open = (from: Store = store) =>
    openVectorIndexes({
      hooks,
      store: from,
      clock,
      embedder,
      maxBytes,
      onTrouble: (message) => troubles.push(message),
    });
  return {
    hooks,
    troubles,
    open,
    async put(key: string, { place = home, vector, lifetimeMs = 3_600_000, ...other }: Kept = {}) {
      const now = clock.now();
      const text = vector && { embedder: other.embedder ?? embedder, vector: encodeVector(vector) };
      const entry = sampleEntry({ key, now, expires: now + lifetimeMs, ...place, ...text });
      if ((await store.set(entry)) === 'stored') hooks.stored(entry);
    },
    async erase(key: string) {
      if (await store.delete(key)) hooks.removed([key], 'invalidated');
    },
  };
}

async function idsIn(
  indexes: VectorIndexes,
  place: Parameters<VectorIndexes['nearest']>[0],
  number = 0,
): Promise<readonly string[]> {
  const found = await indexes.nearest(place, vectorOf(number), everywhere);
  return found.map(({ id }) => id);
}

function inMemory(maxBytes?: number) {
  const clock = fakeClock();
  const store = memoryStore({ clock });
  return { clock, store, ...cacheOn(store, clock, maxBytes) };
}

async function sqlite(clock: FakeClock): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-vectors-'));
  const store = await sqliteStore({ folder, clock });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

describe('the indexes of a cache', () => {
  it('find a stored entry within its partition, frame and language alone', async () => {
    const { open, put } = inMemory();
    const indexes = open();
    const places = ['p', 'q'].flatMap((partition) =>
      ['f', 'g'].flatMap((frame) => ['en', 'es'].map((language) => ({ partition, frame, language }))),
    );
    for (const place of places) await put(Object.values(place).join(), { place, vector: vectorOf(1) });
    for (const place of places) expect(await idsIn(indexes, place, 1)).toEqual([Object.values(place).join()]);
    expect(await idsIn(indexes, { partition: 'p', frame: 'g' })).toEqual(['p,g,en', 'p,g,es']);
    expect(await idsIn(indexes, { partition: 'q' })).toEqual(['q,f,en', 'q,f,es', 'q,g,en', 'q,g,es']);
    expect(await idsIn(indexes, { partition: 'absent' })).toEqual([]);
    expect(indexes.progress()).toMatchObject({ indexed: 8, places: 8, skipped: 0, dropped: 0 });
  });

  it('find the nearest entries first, with their similarity', async () => {
    const { open, put } = inMemory();
    const indexes = open();
    for (const number of [1, 2, 3]) await put(`k${number}`, { vector: vectorOf(number) });
    const [first, second] = await indexes.nearest(home, vectorOf(2), 2);
    expect(first?.id).toBe('k2');
    expect(first?.similarity).toBeCloseTo(1, 3);
    expect(second?.similarity).toBeLessThan(0.99);
  });

  it('return nothing for a vector of another dimension', async () => {
    const { open, put } = inMemory();
    const indexes = open();
    await put('k', { vector: vectorOf(1) });
    await put('other', { vector: vectorOf(1).subarray(0, 8) });
    expect(await indexes.nearest(home, vectorOf(1).subarray(0, 8), 5)).toEqual([]);
    expect(await idsIn(indexes, home)).toEqual(['k']);
    expect(indexes.progress()).toMatchObject({ indexed: 1, skipped: 1 });
  });

  it('an entry that is stored anew without a vector is found no more', async () => {
    const { open, put } = inMemory();
    const indexes = open();
    await put('k', { vector: vectorOf(1) });
    await put('k', { vector: vectorOf(2) });
    expect((await indexes.nearest(home, vectorOf(2), 1))[0]?.similarity).toBeCloseTo(1, 3);
    await put('k');
    expect(await idsIn(indexes, home)).toEqual([]);
    expect(indexes.progress()).toMatchObject({ indexed: 0, places: 0, bytes: 0 });
  });

  it('an entry that has expired is found no more, and leaves room for those behind it', async () => {
    const { open, put, clock } = inMemory();
    const indexes = open();
    for (let number = 0; number < 10; number++)
      await put(`k${number}`, { vector: vectorOf(number), lifetimeMs: number < 9 ? 1_000 : 5_000 });
    clock.advance(1_000);
    expect((await indexes.nearest(home, vectorOf(0), 1)).map(({ id }) => id)).toEqual(['k9']);
    clock.advance(4_000);
    expect(await idsIn(indexes, home)).toEqual([]);
    expect(indexes.progress().indexed).toBe(0);
  });

  it('one lookup removes some hundreds of expired entries, and the next ones the rest', async () => {
    const { clock, open, put } = inMemory();
    const indexes = open();
    const all = 3_000;
    for (let number = 0; number < all; number++)
      await put(`k${number}`, { vector: vectorOf(number), lifetimeMs: 1_000 });
    await indexes.built();
    clock.advance(1_000);
    expect(await indexes.nearest(home, vectorOf(1), 6)).toEqual([]);
    expect(indexes.progress().indexed).toBeGreaterThan(all - 400);
    for (let lookup = 0; lookup < 20; lookup++) await indexes.nearest(home, vectorOf(1), 6);
    expect(indexes.progress().indexed).toBe(0);
  });

  it('a report that an entry is gone does not remove the entry that has its key by now', async () => {
    const { open, put, hooks } = inMemory();
    const indexes = open();
    await put('k', { vector: vectorOf(1) });
    hooks.removed(['k'], 'expired');
    hooks.removed(['k'], 'replaced');
    expect(await idsIn(indexes, home)).toEqual(['k']);
    hooks.removed(['absent'], 'evicted');
    indexes.remove(['k', 'absent']);
    expect(await idsIn(indexes, home)).toEqual([]);
  });

  it('vectors of another embedder are left out and counted', async () => {
    const { open, put } = inMemory();
    await put('old', { vector: vectorOf(1), embedder: 'another' });
    await put('new', { vector: vectorOf(1) });
    await put('none');
    const indexes = open();
    await indexes.built();
    expect(await idsIn(indexes, home)).toEqual(['new']);
    expect(indexes.progress()).toMatchObject({ building: false, walked: 3, of: 3, indexed: 1, skipped: 1 });
  });

  it('once closed they find nothing and follow nothing', async () => {
    const { open, put, hooks } = inMemory();
    const indexes = open();
    await indexes.close();
    await indexes.close();
    await put('k', { vector: vectorOf(1) });
    hooks.forget();
    await indexes.built();
    expect(await idsIn(indexes, home)).toEqual([]);
  });
});

describe('the bound on all indexes', () => {
  it('drops the place that was used longest ago', async () => {
    const { open, put } = inMemory(40_000);
    const indexes = open();
    const at = (frame: string): Place => ({ ...home, frame });
    for (const frame of ['a', 'b']) await put(frame, { place: at(frame), vector: vectorOf(1) });
    for (let number = 0; number < 400; number++) {
      await put(`x${number}`, { place: at(`x${number}`), vector: vectorOf(1) });
      expect(indexes.progress().bytes).toBeLessThanOrEqual(40_000);
      expect(await idsIn(indexes, at('a'))).toEqual(['a']);
    }
    expect(await idsIn(indexes, at('b'))).toEqual([]);
    expect(await idsIn(indexes, at('x399'))).toEqual(['x399']);
    const { indexed, places, dropped } = indexes.progress();
    expect(indexed).toBe(places);
    expect(indexed + dropped).toBe(402);
  });

  it('drops the oldest vectors of a place that is alone, and holds nearly as many as fit', async () => {
    const { open, put } = inMemory(1_000_000);
    const indexes = open();
    const count = 5_000;
    for (let number = 0; number < count; number++) {
      await put(`k${number}`, { vector: vectorOf(number) });
      if (number % 100 === 0) await new Promise(setImmediate);
      expect(indexes.progress().bytes).toBeLessThanOrEqual(1_000_000);
    }
    await indexes.built();
    const found = new Set(await idsIn(indexes, home));
    expect(found.has(`k${count - 1}`)).toBe(true);
    expect(found.has('k0')).toBe(false);
    const { indexed, dropped } = indexes.progress();
    expect(indexed + dropped).toBe(count);
    expect(indexed).toBeGreaterThan(1_200);
  });

  it('holds no vector where none fits', async () => {
    const { open, put } = inMemory(1_000);
    const indexes = open();
    await put('k', { vector: vectorOf(1) });
    expect(indexes.progress()).toMatchObject({ indexed: 0, bytes: 0, dropped: 1 });
  });

  it('without usearch it holds 20 000 vectors a place, and says once why', async () => {
    const clock = fakeClock();
    const { hooks, store, put } = inMemory();
    const troubles: string[] = [];
    const indexes = openVectorIndexes({
      hooks,
      store,
      clock,
      embedder,
      maxBytes: 64_000_000,
      onTrouble: (message) => troubles.push(message),
      usearch: () => Promise.reject(new Error('no such package')),
    });
    for (let number = 0; number < 20_100; number++) await put(`k${number}`, { vector: vectorOf(number) });
    expect(indexes.progress()).toMatchObject({ indexed: 20_000, dropped: 100 });
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(/usearch.*no such package.*install usearch/);
  });
});

describe('the building of the indexes from the store', () => {
  it.each(['memory', 'SQLite'])('finds every vector of the entries in %s, after a restart', async (kind) => {
    const clock = fakeClock();
    const store = kind === 'memory' ? memoryStore({ clock }) : await sqlite(clock);
    const { open, put } = cacheOn(store, clock);
    for (let number = 0; number < 1_500; number++)
      await put(`k${number}`, { vector: vectorOf(number), place: { ...home, frame: `f${number % 3}` } });
    await store.flush();
    const indexes = open();
    expect(indexes.progress()).toMatchObject({ building: true, indexed: 0 });
    await indexes.built();
    expect(indexes.progress()).toMatchObject({ building: false, walked: 1_500, indexed: 1_500, places: 3 });
    expect((await idsIn(indexes, { ...home, frame: 'f0' })).length).toBe(500);
  });

  it('finds vectors of encrypted entries, which are in no file in the clear', async () => {
    const clock = fakeClock();
    const folder = mkdtempSync(join(tmpdir(), 'askonce-vectors-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const openStore = () => sqliteStore({ folder, clock, encryption: keyRing([`one:${'1a'.repeat(32)}`]) });
    const first = await openStore();
    await cacheOn(first, clock).put('k', { vector: vectorOf(1) });
    await first.close();
    const bytes = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
    expect(bytes.some((text) => text.includes(encodeVector(vectorOf(1)).slice(0, 16)))).toBe(false);
    const second = await openStore();
    const indexes = cacheOn(second, clock).open();
    await indexes.built();
    expect(await idsIn(indexes, home)).toEqual(['k']);
    await second.close();
  });

  it('lets what is stored and removed meanwhile stand', async () => {
    const { open, put, erase, store } = inMemory();
    for (let number = 0; number < 300; number++) await put(`k${number}`, { vector: vectorOf(1) });
    const stale: Store = { ...store, scan: { ...store.scan, walk: held } };
    /** One page, which is old by the time that it is walked. */
    async function* held() {
      for await (const page of store.scan.walk()) {
        await put('k7', { vector: vectorOf(2) });
        await put('k8');
        await erase('k9');
        await put('new', { vector: vectorOf(3) });
        yield page;
      }
    }
    const indexes = open(stale);
    await indexes.built();
    expect((await indexes.nearest(home, vectorOf(2), 1))[0]?.similarity).toBeCloseTo(1, 3);
    const found = new Set(await idsIn(indexes, home));
    expect([found.has('k8'), found.has('k9'), found.has('new'), found.size]).toEqual([
      false,
      false,
      true,
      299,
    ]);
  });

  it('serves what is there while it goes on', async () => {
    const { open, put, store } = inMemory();
    for (let number = 0; number < 300; number++) await put(`k${number}`, { vector: vectorOf(1) });
    const { promise: halted, resolve: goOn } = Promise.withResolvers<void>();
    const { promise: isHalfway, resolve: halfway } = Promise.withResolvers<void>();
    async function* walk() {
      for await (const page of store.scan.walk()) {
        yield page.slice(0, 100);
        halfway();
        await halted;
        yield page.slice(100);
      }
    }
    const indexes = open({ ...store, scan: { ...store.scan, walk } });
    await isHalfway;
    expect(indexes.progress()).toMatchObject({ building: true, walked: 100, of: 300, indexed: 100 });
    expect((await idsIn(indexes, home)).length).toBe(100);
    goOn();
    await indexes.built();
    expect((await idsIn(indexes, home)).length).toBe(300);
  });

  it('is tried again if the store fails, and says so', async () => {
    const { open, put, store, clock, troubles } = inMemory();
    await put('k', { vector: vectorOf(1) });
    let walks = 0;
    const failing: Store = {
      ...store,
      scan: {
        ...store.scan,
        async *walk() {
          walks += 1;
          if (walks === 1) throw new Error('the disk is gone');
          yield* store.scan.walk();
        },
      },
    };
    const indexes = open(failing);
    await expect.poll(() => troubles.length).toBe(1);
    expect(troubles[0]).toContain('the disk is gone');
    expect(indexes.progress().building).toBe(true);
    clock.advance(2_000);
    await indexes.built();
    expect(await idsIn(indexes, home)).toEqual(['k']);
  });

  it('begins anew once the entries of this process are forgotten', async () => {
    const clock = fakeClock();
    const store = memoryStore({ clock });
    const { open, put, hooks } = cacheOn(store, clock);
    await put('k', { vector: vectorOf(1) });
    const indexes = open();
    await indexes.built();
    hooks.forget();
    await put('later', { vector: vectorOf(1) });
    await indexes.built();
    expect(await idsIn(indexes, home)).toEqual(['later']);
  });
});

type Step =
  | {
      readonly do: 'store';
      readonly key: number;
      readonly vector: number | undefined;
      readonly long: boolean;
    }
  | { readonly do: 'erase'; readonly key: number }
  | { readonly do: 'wait' }
  | { readonly do: 'turn' }
  | { readonly do: 'forget' }
  | { readonly do: 'restart' };

const keys = 24;
const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('store' as const),
        key: fc.nat(keys - 1),
        vector: fc.option(fc.nat(63), { nil: undefined, freq: 6 }),
        long: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('erase' as const), key: fc.nat(keys - 1) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('wait' as const, 'turn' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('forget' as const, 'restart' as const) }) },
  ),
  { minLength: 5, maxLength: 60 },
) satisfies fc.Arbitrary<readonly Step[]>;

/** The place of a key, which does not change. */
const placeOf = (key: number): Place => ({
  partition: `p${key % 2}`,
  frame: `f${key % 3}`,
  language: key % 4 === 0 ? 'es' : 'en',
});

/** Goes through a history; afterwards the indexes find what is stored with a vector, in its place, and nothing else. */
async function walkThrough(store: Store, clock: FakeClock, history: readonly Step[]): Promise<void> {
  const { open, put, erase, hooks } = cacheOn(store, clock);
  /** By key: what was stored last, whether or not it is still there. */
  const last = new Map<number, number | undefined>();
  let indexes = open();

  async function isThere(key: number): Promise<boolean> {
    return (await store.get(`k${key}`)) !== undefined;
  }

  async function compare(isComplete: boolean): Promise<void> {
    for (const key of last.keys()) {
      const found = await indexes.nearest(placeOf(key), vectorOf(last.get(key) ?? 0), everywhere);
      const here = found.some(({ id }) => id === `k${key}`);
      const isStored = (await isThere(key)) && last.get(key) !== undefined;
      if (here) expect(isStored, `k${key} is found, so it is stored`).toBe(true);
      if (isStored && isComplete) expect(here, `k${key} is stored, so it is found`).toBe(true);
      expect(found.every(({ id }) => placeOf(Number(id.slice(1))).frame === placeOf(key).frame)).toBe(true);
    }
  }

  for (const step of history) {
    if (step.do === 'store') {
      const vector = step.vector === undefined ? undefined : vectorOf(step.vector);
      const lifetimeMs = step.long ? 1_000_000 : 1_000;
      await put(`k${step.key}`, { place: placeOf(step.key), vector, lifetimeMs });
      last.set(step.key, step.vector);
    } else if (step.do === 'erase') await erase(`k${step.key}`);
    else if (step.do === 'wait') clock.advance(400);
    else if (step.do === 'turn') await new Promise(setImmediate);
    else if (step.do === 'forget') hooks.forget();
    else {
      await indexes.close();
      await store.flush();
      indexes = open();
    }
    await compare(false);
  }
  await store.flush();
  await indexes.built();
  await compare(true);
  await indexes.close();
}

describe('after any history of entries', () => {
  it('the indexes find what is stored in memory, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (history, isTight) => {
        const clock = fakeClock();
        const store = memoryStore({ clock, maxBytes: isTight ? 30_000 : 1_000_000 });
        await walkThrough(store, clock, history);
        await store.close();
      }),
      { numRuns: 200 },
    );
  });

  it('the indexes find what is stored in SQLite, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const clock = fakeClock();
        const store = await sqlite(clock);
        await walkThrough(store, clock, history);
      }),
      { numRuns: 8 },
    );
  }, 60_000);
});
