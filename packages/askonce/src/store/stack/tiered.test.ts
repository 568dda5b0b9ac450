import { describe, expect, it } from 'vitest';
import { ReportedError } from '../../observe/report.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { type Fault, faultyStore } from '../../testing/faulty-store.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import type { Found, Store } from '../contract.ts';
import { type MemoryStore, memoryStore } from '../memory/store.ts';
import { holdsClasses, sizeClassOf } from './size-class.ts';
import { tieredStore } from './tiered.ts';

function stack(options: { readonly upperHolds?: (bytes: number) => boolean } = {}) {
  const clock = fakeClock();
  const upper = faultyStore({ store: named('upper', memoryStore({ clock })), clock });
  const lower = faultyStore({ store: named('lower', memoryStore({ clock })), clock });
  const troubles: string[] = [];
  const onTrouble = ({ message }: { message: string }) => troubles.push(message);
  const store = tieredStore({ upper, lower, clock, onTrouble, ...options });
  const entry = (key: string, body = 'an answer') => sampleEntry({ key, body, now: clock.now() });
  return { clock, upper, lower, troubles, store, entry };
}

function named(name: string, store: MemoryStore): MemoryStore {
  const own = (found: Found | undefined) => found && { ...found, tier: name };
  return {
    ...store,
    name,
    get: (key) => own(store.get(key)),
    getMany: (keys) => store.getMany(keys).map(own),
  };
}

const bodyIn = async (store: Store, key: string) => {
  const body = (await store.get(key))?.entry.recording.body;
  return body && Buffer.from(body).toString();
};

/** A store whose `get` answers, with what was there when it was called, only when events. */
function slowReads(store: Store) {
  const waiting: (() => void)[] = [];
  const get = async (key: string): Promise<Found | undefined> => {
    const found = await store.get(key);
    await new Promise<void>((resolve) => waiting.push(resolve));
    return found;
  };
  return {
    store: { ...store, get },
    answer() {
      for (const resolve of waiting.splice(0)) resolve();
    },
    waiting,
  };
}

describe('a stack of tiers', () => {
  it('a stack never answers that a mark is absent if it could not look, and leaves the report to the caller', async () => {
    const clock = fakeClock();
    const events: string[] = [];
    const marks = {
      get: () => Promise.reject(new Error('out of reach')),
      put: async () => {},
      remove: async () => {},
    };
    const lower = { ...memoryStore({ clock }), shared: { marks } };
    const onTrouble = ({ operation }: { operation: string }) => events.push(operation);
    const store = tieredStore({ upper: memoryStore({ clock }), lower, clock, onTrouble });
    await expect(store.shared?.marks?.get('m')).rejects.toThrow('out of reach');
    expect(events).toEqual([]);
  });

  it('a stack fills the upper tier with what it finds below, and names the tier that had it', async () => {
    const { store, lower, entry } = stack();
    await lower.set(entry('k'));
    expect((await store.get('k'))?.tier).toBe('lower');
    const calls = lower.calls;
    expect((await store.get('k'))?.tier).toBe('upper');
    expect(await bodyIn(store, 'k')).toBe('an answer');
    expect(lower.calls).toBe(calls);
  });

  it('a stack asks each tier once for many keys, and the lower one only for keys that the upper lacks', async () => {
    const { store, upper, lower, entry } = stack();
    await upper.set(entry('a'));
    await lower.setMany([entry('b'), entry('c')]);
    const before = lower.calls;
    const found = await store.getMany(['c', 'a', 'none', 'b', 'c']);
    expect(found.map((each) => each?.entry.key)).toEqual(['c', 'a', undefined, 'b', 'c']);
    expect(lower.calls - before).toBe(1);
    expect((await store.getMany(['a', 'b', 'c'])).length).toBe(3);
    expect(lower.calls - before).toBe(1);
  });

  it('a stack stores large entries only below, and lets them replace small ones above', async () => {
    const { store, upper, lower, entry } = stack();
    expect([0, 4_095, 4_096, 65_535, 65_536].map(sizeClassOf)).toEqual([
      'small',
      'small',
      'medium',
      'medium',
      'large',
    ]);
    await store.set(entry('k', 'small'));
    expect(await bodyIn(upper, 'k')).toBe('small');
    await store.set(entry('k', 'x'.repeat(65_536)));
    expect(await upper.get('k')).toBe(undefined);
    expect((await bodyIn(store, 'k'))?.length).toBe(65_536);
    expect(await upper.get('k')).toBe(undefined);
    expect(await bodyIn(lower, 'k')).toBeDefined();
    expect(holdsClasses(['large'])(10)).toBe(false);
  });

  for (const fault of ['throw', 'reject', 'other-key', 'hang', 'delay'] as const satisfies readonly Fault[]) {
    it(`a stack answers from the other tier while one does this: ${fault}`, async () => {
      const { clock, store, upper, lower, entry, troubles } = stack();
      await store.set(entry('k'));
      for (const [ill, well] of [
        [upper, lower],
        [lower, upper],
      ] as const) {
        ill.fault = fault;
        const reading = Promise.all([store.get('k'), store.getMany(['k']), store.set(entry('new'))]);
        await patiently(clock.advance, reading);
        const [found, many, result] = await reading;
        expect(found?.entry.key).toBe('k');
        expect(many[0]?.entry.key).toBe('k');
        expect(result).toBe('stored');
        expect(await well.get('k')).toBeDefined();
        ill.fault = 'sound';
      }
      expect(troubles.length).toBeGreaterThan(0);
    });
  }

  it('a stack rejects a deletion that one tier failed, and still deletes in the other', async () => {
    const { clock, store, upper, lower, entry } = stack();
    for (const fault of ['throw', 'hang'] as const) {
      await store.set(entry('k'));
      lower.fault = fault;
      const deleting = expect(Promise.resolve(store.delete('k'))).rejects.toMatchObject({
        code: 'store_failed',
      });
      await patiently(clock.advance, deleting);
      await deleting;
      lower.fault = 'sound';
      expect(await upper.get('k')).toBe(undefined);
      expect(await store.delete('k')).toBe(true);
    }
  });

  it('a stack does not fill the upper tier with an entry that was deleted or replaced while it was read below', async () => {
    for (const change of ['delete', 'set'] as const) {
      const clock = fakeClock();
      const upper = memoryStore({ clock });
      const lower = memoryStore({ clock });
      const slow = slowReads(lower);
      const store = tieredStore({ upper, lower: slow.store, clock });
      const entry = (body: string) => sampleEntry({ key: 'k', body, now: clock.now() });
      lower.set(entry('old'));
      const reading = store.get('k');
      await expect.poll(() => slow.waiting.length).toBe(1);
      if (change === 'delete') await store.delete('k');
      else await store.set(entry('new'));
      slow.answer();
      await reading;
      expect(await bodyIn(upper, 'k')).toBe(change === 'delete' ? undefined : 'new');
    }
  });

  it('a stack removes an entry above if the lower tier has one of a higher lease', async () => {
    const { store, upper, lower, clock } = stack();
    const under = (lease: number, body: string) => sampleEntry({ key: 'k', body, lease, now: clock.now() });
    await lower.set(under(5, 'five'));
    expect(await store.set(under(4, 'four'))).toBe('superseded');
    expect(await upper.get('k')).toBe(undefined);
    expect(await bodyIn(store, 'k')).toBe('five');
  });

  it('a stack stores an entry in neither tier if it is too large for the lower one, and reports that', async () => {
    const { clock, entry } = stack();
    const upper = memoryStore({ clock });
    const store = tieredStore({ upper, lower: memoryStore({ clock, maxBytes: 4_096 }), clock });
    expect(await store.set(entry('k', 'x'.repeat(4_096)))).toBe('too-large');
    expect([await bodyIn(store, 'k'), upper.statistics().entries]).toEqual([undefined, 0]);
    expect((await store.statistics()).refused).toEqual({ 'too-large': 1 });
    expect(await store.set(entry('k'))).toBe('stored');
    expect(await bodyIn(store, 'k')).toBe('an answer');
  });

  it('a stack answers synchronously if its tiers do', () => {
    const clock = fakeClock();
    const store = tieredStore({ upper: memoryStore({ clock }), lower: memoryStore({ clock }), clock });
    expect(store.set(sampleEntry({ key: 'k', now: clock.now() }))).toBe('stored');
    expect(store.get('k')).toMatchObject({ tier: 'memory' });
    expect(store.getMany(['k'])).toHaveLength(1);
  });

  it('a stack reports a slow tier once, and rejects a lookup that only that tier could answer', async () => {
    const { clock, store, lower, entry, troubles } = stack();
    await store.set(entry('above'));
    lower.fault = 'hang';
    const looked = [store.get('k'), store.getMany(['k'])];
    for (const looking of looked) {
      const rejected = expect(Promise.resolve(looking)).rejects.toBeInstanceOf(ReportedError);
      await patiently(clock.advance, rejected);
      await rejected;
    }
    const some = Promise.resolve(store.getMany(['k', 'above']));
    await patiently(clock.advance, some);
    expect((await some).map((found) => found?.entry.key)).toEqual([undefined, 'above']);
    expect(troubles).toEqual(Array(3).fill('The lower store took more than 50 ms.'));
  });

  it('a stack does not mark trouble as reported if there is no listener', async () => {
    const clock = fakeClock();
    const lower = faultyStore({ store: memoryStore({ clock }), clock });
    const store = tieredStore({ upper: memoryStore({ clock }), lower, clock });
    lower.fault = 'reject';
    const error = await Promise.resolve(store.get('k')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'store_failed' });
    expect(error).not.toBeInstanceOf(ReportedError);
  });

  it('a stack finds and scans the entries of either tier, and adds tags in both', async () => {
    const { store, upper, lower, entry } = stack();
    const tagged = (key: string) => ({ ...entry(key), meta: { ...entry(key).meta, tagDigests: ['aa'] } });
    await upper.set(tagged('above'));
    await lower.set(tagged('below'));
    await store.set(tagged('both'));
    await store.tags?.add('both', ['bb'], 2_000_000_000_000);
    await lower.tags?.add('below', ['bb'], 2_000_000_000_000);
    await upper.tags?.add('above', ['bb'], 2_000_000_000_000);
    for (const digest of ['aa', 'bb']) {
      const found: string[] = [];
      const added: string[] = [];
      for await (const batch of store.tags?.find({ clauses: [[digest]] }) ?? []) {
        found.push(...batch.keys);
        added.push(...batch.added);
      }
      expect(found.sort()).toEqual(['above', 'below', 'both']);
      expect(added.sort()).toEqual(digest === 'aa' ? [] : found);
    }
    const scanned = new Set<string>();
    for await (const keys of store.scan?.keys('*') ?? []) for (const key of keys) scanned.add(key);
    expect([...scanned].sort()).toEqual(['above', 'below', 'both']);
    expect((await upper.get('both'))?.added?.has('bb')).toBe(true);
  });

  it('a stack counts each deleted entry once, whichever tiers had it, and deletes it in both', async () => {
    const { store, upper, lower, entry } = stack();
    await upper.set(entry('above'));
    await lower.setMany([entry('below'), entry('also below')]);
    await store.setMany([entry('both'), entry('stays')]);
    expect(await store.deleteMany(['above', 'below', 'both', 'none', 'both', 'also below'])).toBe(4);
    expect(await store.deleteMany(['above', 'below', 'both'])).toBe(0);
    expect((await store.get('stays'))?.entry.key).toBe('stays');
    const many = Array.from({ length: 2_500 }, (_none, index) => entry(`k${index}`));
    await lower.setMany(many);
    expect(await store.deleteMany(many.map(({ key }) => key))).toBe(2_500);
  });

  it('a stack rejects the deletion of many if the lower tier fails, and still deletes them above', async () => {
    const { store, upper, lower, entry } = stack();
    await store.setMany([entry('a'), entry('b')]);
    lower.fault = 'throw';
    await expect(store.deleteMany(['a', 'b'])).rejects.toMatchObject({ code: 'store_failed' });
    expect(await upper.getMany(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it('a stack rejects adding a tag, and a search, if the lower tier fails', async () => {
    const clock = fakeClock();
    const lower = faultyStore({ store: memoryStore({ clock }), clock, affects: 'everything' });
    const store = tieredStore({ upper: memoryStore({ clock }), lower, clock });
    await store.set(sampleEntry({ key: 'k', now: clock.now() }));
    for (const fault of ['reject', 'hang'] as const) {
      lower.fault = fault;
      const adding = expect(Promise.resolve(store.tags?.add('k', ['aa'], 1))).rejects.toMatchObject({
        code: 'store_failed',
      });
      await patiently(clock.advance, adding);
      await adding;
    }
    lower.fault = 'reject';
    const find = async () => {
      for await (const _found of store.tags?.find({ clauses: [] }) ?? []);
    };
    await expect(find()).rejects.toMatchObject({ code: 'store_failed' });
  });

  it('a stack forgets the entries of the memory tier, and does not fill it from earlier reads', async () => {
    const clock = fakeClock();
    const upper = memoryStore({ clock });
    const lower = memoryStore({ clock });
    const slow = slowReads(lower);
    const store = tieredStore({ upper, lower: slow.store, clock });
    const entry = (key: string) => sampleEntry({ key, now: clock.now() });
    upper.set(entry('above'));
    lower.set(entry('below'));
    const reading = store.get('below');
    await expect.poll(() => slow.waiting.length).toBe(1);
    store.forget?.();
    slow.answer();
    expect((await reading)?.entry.key).toBe('below');
    expect(upper.statistics().entries).toBe(0);
    expect(lower.statistics().entries).toBe(1);
  });

  it("a stack shares the lower tier's services, or else the upper tier's", async () => {
    const clock = fakeClock();
    const [upper, lower] = [memoryStore({ clock }), memoryStore({ clock })];
    expect(tieredStore({ upper, lower, clock }).shared?.log).toBe(lower.shared.log);
    const { shared: _shared, tags: _tags, scan: _scan, ...plain } = lower;
    const store = tieredStore({ upper, lower: plain, clock });
    expect(store.shared?.log).toBe(upper.shared.log);
    expect([store.tags, store.scan, Object.keys(store.shared ?? {})]).toEqual([
      undefined,
      undefined,
      ['log'],
    ]);
  });

  it("a stack has the lower tier's vectors and feed, and not those of a tier that lacks entries", () => {
    const clock = fakeClock();
    const vectors: Store['vectors'] = {
      getMany: async (keys) => keys.map(() => undefined),
      async *walk() {},
      put: async () => true,
    };
    const plain = memoryStore({ clock });
    const withVectors = { ...memoryStore({ clock }), vectors, shared: { feed: plain.shared.log } };
    const store = tieredStore({ upper: plain, lower: withVectors, clock });
    expect([store.vectors, store.shared?.feed]).toEqual([vectors, plain.shared.log]);
    expect(tieredStore({ upper: withVectors, lower: plain, clock })).not.toHaveProperty('vectors');
  });

  it('a stack reports the figures of all tiers', async () => {
    const { store, entry } = stack();
    await store.set(entry('k'));
    await store.get('k');
    const { tiers, hits, entries } = await store.statistics();
    expect(tiers?.map(({ entries: each }) => each)).toEqual([1, 1]);
    expect([hits, entries]).toEqual([1, 1]);
  });
});

/** Moves time on until what waits for it is done. */
async function patiently(advance: (ms: number) => void, waiting: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = waiting.then(
    () => (isDone = true),
    () => (isDone = true),
  );
  while (!isDone) {
    advance(100);
    await Promise.race([done, new Promise((resolve) => setImmediate(resolve))]);
  }
}
