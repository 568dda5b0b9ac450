import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import type { EntryFilter, SearchOptions } from '../contract.ts';
import { type MemoryStore, memoryStore } from './store.ts';

const names = Array.from({ length: 12 }, (_none, index) => `p:v1:part${index % 2}:en:{k${index}}`);
const key = fc.constantFrom(...names);
const digest = fc.constantFrom('t1', 't2', 't3', 't4', 't5');
const digests = fc.array(digest, { maxLength: 4 });
const filter: fc.Arbitrary<EntryFilter> = fc.record(
  {
    clauses: fc.array(fc.uniqueArray(digest, { maxLength: 3 }), { maxLength: 3 }),
    keys: fc.uniqueArray(key, { maxLength: 3 }),
    partitions: fc.constant(['part1']),
    pattern: fc.constantFrom('*', 'part0:*', '*{k1?}'),
  },
  { requiredKeys: ['clauses'] },
);
const entry = fc.record({
  key,
  tagDigests: digests,
  bytes: fc.constantFrom(0, 900, 3_000),
  lifetime: fc.constantFrom(5, 1_000),
  lease: fc.nat(2),
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), entries: fc.array(entry) }) },
  fc.record({ do: fc.constant('delete' as const), keys: fc.array(key, { maxLength: 3 }) }),
  fc.record({ do: fc.constant('tag' as const), key, digests, lifetime: fc.constantFrom(5, 1_000) }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 5) }),
  fc.record({ do: fc.constant('get' as const), key }),
  fc.record({ do: fc.constant('sweep' as const), digest }),
  fc.record({ do: fc.constant('drop expired' as const) }),
  fc.record({ do: fc.constant('forget' as const) }),
  fc.record({ do: fc.constant('close' as const) }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('find' as const), filter }) },
  fc.record({ do: fc.constant('invalidate' as const), filter }),
);

async function found(store: MemoryStore, wanted: EntryFilter, options?: SearchOptions) {
  const keys: string[] = [];
  const added: string[] = [];
  for await (const batch of store.tags.find(wanted, options)) {
    keys.push(...batch.keys);
    added.push(...batch.added);
  }
  return { keys: keys.sort(), added: added.sort() };
}

interface Modelled {
  readonly own: readonly string[];
  readonly added: ReadonlyMap<string, number>;
}

/** What a look at every entry finds. */
function expected(store: MemoryStore, model: ReadonlyMap<string, Modelled>, wanted: EntryFilter) {
  const fits = (name: string, tags: readonly string[]) =>
    (wanted.keys?.includes(name) ?? true) &&
    (wanted.partitions?.some((one) => name.startsWith(`p:v1:${one}:`)) ?? true) &&
    (wanted.pattern !== 'part0:*' || name.startsWith('p:v1:part0:')) &&
    (wanted.pattern !== '*{k1?}' || /\{k1.\}$/.test(name)) &&
    wanted.clauses.every((clause) => clause.some((one) => tags.includes(one)));
  // What was evicted is for the store to say.
  const there = [...model].filter(([name]) => store.holds(name));
  const keys = there.filter(([name, { own, added }]) => fits(name, [...own, ...added.keys()]));
  const added = keys.filter(([name, { own }]) => !fits(name, own));
  return { keys: keys.map(([name]) => name).sort(), added: added.map(([name]) => name).sort() };
}

it('a search by tag in memory finds what a look at every entry finds, whatever has happened', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, isSmall) => {
      const clock = fakeClock();
      const maxBytes = isSmall ? 9_000 : 1_000_000;
      const store = memoryStore({ clock, maxBytes });
      const model = new Map<string, Modelled>();
      const live = (name: string) => (store.holds(name) ? model.get(name) : undefined);
      for (const each of steps) {
        if (each.do === 'set') {
          for (const { key: name, tagDigests, bytes, lifetime, lease } of each.entries) {
            const now = clock.now();
            const before = live(name);
            const written = sampleEntry({
              ...{ key: name, tagDigests, lease, now },
              body: Buffer.alloc(bytes),
              expires: now + lifetime,
            });
            if (store.set(written) !== 'stored') continue;
            const added = [...(before?.added ?? [])].filter(([, until]) => until > now);
            model.set(name, { own: tagDigests, added: new Map(added) });
          }
        } else if (each.do === 'delete') store.deleteMany(each.keys);
        else if (each.do === 'tag') {
          const there = live(each.key);
          const until = clock.now() + each.lifetime;
          void store.tags.add(each.key, each.digests, until);
          if (there === undefined) continue;
          const added = new Map(there.added);
          for (const one of each.digests) added.set(one, Math.max(until, added.get(one) ?? 0));
          model.set(each.key, { ...there, added });
        } else if (each.do === 'advance') clock.advance(each.ms);
        else if (each.do === 'get') store.get(each.key);
        else if (each.do === 'sweep')
          await store.sweep(({ entry: { meta } }) => meta.tagDigests?.includes(each.digest) ?? false);
        else if (each.do === 'drop expired') await store.maintenance?.dropExpired?.();
        else if (each.do === 'forget') store.forget();
        else if (each.do === 'close') await store.close();
        else {
          const first = await found(store, each.filter);
          // Only now, since the first search of all makes the index, and evicts what has no room beside it.
          const wanted = expected(store, model, each.filter);
          expect(first).toEqual(wanted);
          expect(await found(store, each.filter, { thorough: true })).toEqual(wanted);
          if (each.do === 'find') continue;
          expect(store.deleteMany(wanted.keys)).toBe(wanted.keys.length);
          expect(await found(store, each.filter)).toEqual({ keys: [], added: [] });
        }
        const { bytes } = store.statistics();
        expect(bytes).toBeLessThanOrEqual(maxBytes);
      }
    }),
    { numRuns: 300 },
  );
});

const tagged = (name: string, tagDigests: readonly string[]) =>
  sampleEntry({ key: name, tagDigests, expires: Number.MAX_SAFE_INTEGER });
const clauses = (...digestsOf: string[][]): EntryFilter => ({ clauses: digestsOf });

it('what comes and goes while the first search makes the index is found, or not, as it is at the end', async () => {
  const store = memoryStore({ clock: fakeClock() });
  const many = Array.from({ length: 2_000 }, (_none, index) => `k${index}`);
  store.setMany(many.map((name) => tagged(name, ['all'])));
  const finding = found(store, clauses(['all']));
  store.deleteMany(['k0', 'k1500']);
  store.set(tagged('k1600', ['other']));
  void store.tags.add('k1700', ['later'], Number.MAX_SAFE_INTEGER);
  store.set(tagged('new', ['all']));
  const left = many.filter((name) => !['k0', 'k1500', 'k1600'].includes(name));
  expect((await finding).keys.filter((name) => name !== 'new')).toEqual(left.sort());
  expect((await found(store, clauses(['all']))).keys).toEqual([...left, 'new'].sort());
  expect(await found(store, clauses(['other'], ['all', 'other']))).toEqual({ keys: ['k1600'], added: [] });
  expect(await found(store, clauses(['later']))).toEqual({ keys: ['k1700'], added: ['k1700'] });
});

it('an index that is being made when everything is forgotten does not lack what is written afterwards', async () => {
  const store = memoryStore({ clock: fakeClock() });
  const many = Array.from({ length: 1_000 }, (_none, index) => `k${index}`);
  store.setMany(many.map((name) => tagged(name, ['all'])));
  const finding = found(store, clauses(['all']));
  store.forget();
  store.set(tagged('k7', ['all']));
  const second = found(store, clauses(['all']));
  expect((await finding).keys.filter((name) => name !== 'k7')).toEqual([]);
  expect((await second).keys).toEqual(['k7']);
  expect((await found(store, clauses(['all']))).keys).toEqual(['k7']);
});

it('the index of tags counts in the size of entries from the first search on, and keeps the order of use', async () => {
  const clock = fakeClock();
  const evicted: string[] = [];
  const [plain, searched] = [memoryStore({ clock }), memoryStore({ clock })];
  for (const store of [plain, searched])
    store.setMany(['a', 'b', 'c'].map((name) => tagged(name, ['t1', 't2'])));
  const before = plain.statistics().bytes;
  await found(searched, clauses(['t1']));
  const after = searched.statistics().bytes;
  expect(after - before).toBeGreaterThanOrEqual(3 * 2 * 60);
  searched.set(tagged('a', ['t1', 't2']));
  expect(searched.statistics().bytes).toBe(after);

  const tight = memoryStore({ clock, maxBytes: before });
  tight.onRemoved((keys) => evicted.push(...keys));
  tight.setMany(['a', 'b', 'c'].map((name) => tagged(name, ['t1', 't2'])));
  tight.get('a');
  expect((await found(tight, clauses(['t1']))).keys).toEqual(['a', 'c']);
  expect(evicted).toEqual(['b']);
  expect(tight.statistics()).toMatchObject({ evictions: 1, entries: 2 });
});

it('an entry that fits only without its place in the index is evicted by the first search, and is too large from then on', async () => {
  const clock = fakeClock();
  const only = tagged('only', ['t1']);
  const roomy = memoryStore({ clock });
  roomy.set(only);
  const tight = memoryStore({ clock, maxBytes: roomy.statistics().bytes });
  const removals: unknown[] = [];
  tight.onRemoved((keys, cause) => removals.push([keys, cause]));
  expect(tight.set(only)).toBe('stored');
  expect((await found(tight, clauses(['t1']))).keys).toEqual([]);
  expect(removals).toEqual([[['only'], 'evicted']]);
  expect(tight.set(only)).toBe('too-large');
});

it('a search by tag looks at the entries under the rarest tag alone', async () => {
  const store = memoryStore({ clock: fakeClock() });
  const read: string[] = [];
  store.setMany(
    Array.from({ length: 500 }, (_none, index) =>
      tagged(`k${index}`, ['all', index === 3 ? 'rare' : 'common']),
    ),
  );
  await found(store, clauses(['all']));
  await store.sweep(({ entry: { key: name, meta } }) => {
    const { tagDigests } = meta;
    Object.defineProperty(meta, 'tagDigests', {
      get() {
        read.push(name);
        return tagDigests;
      },
    });
    return false;
  });
  expect((await found(store, clauses(['all'], ['rare', 'none']))).keys).toEqual(['k3']);
  expect(read).toEqual(['k3']);
});
