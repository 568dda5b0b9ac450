import { describe, expect, it } from 'vitest';
import { fakeClock } from '../testing/fake-clock.ts';
import { type Fault, faultyStore } from '../testing/faulty-store.ts';
import { sampleEntry } from '../testing/sample-entry.ts';
import type { Found, Store } from './contract.ts';
import { type MemoryStore, memoryStore } from './memory.ts';
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

/** A store whose `get` answers, with what was there when it was called, only when told. */
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
  it('fills above what it finds below, and tells where it was found', async () => {
    const { store, lower, entry } = stack();
    await lower.set(entry('k'));
    expect((await store.get('k'))?.tier).toBe('lower');
    const calls = lower.calls;
    expect((await store.get('k'))?.tier).toBe('upper');
    expect(await bodyIn(store, 'k')).toBe('an answer');
    expect(lower.calls).toBe(calls);
  });

  it('asks each tier once for many keys, and the lower only for what the upper lacks', async () => {
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

  it('keeps large entries below only, and lets them replace small ones above', async () => {
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
    it(`answers from the other tier while one does this: ${fault}`, async () => {
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

  it('fails a deletion that one tier did not do, and deletes in the other all the same', async () => {
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

  it('does not fill above what was deleted or replaced while it was being read below', async () => {
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

  it('takes from above what the lower tier has a higher lease of', async () => {
    const { store, upper, lower, clock } = stack();
    const under = (lease: number, body: string) => sampleEntry({ key: 'k', body, lease, now: clock.now() });
    await lower.set(under(5, 'five'));
    expect(await store.set(under(4, 'four'))).toBe('superseded');
    expect(await upper.get('k')).toBe(undefined);
    expect(await bodyIn(store, 'k')).toBe('five');
  });

  it('keeps nothing above either of what is too large for the lower tier, and says so', async () => {
    const { clock, entry } = stack();
    const upper = memoryStore({ clock });
    const store = tieredStore({ upper, lower: memoryStore({ clock, maxBytes: 4_096 }), clock });
    expect(await store.set(entry('k', 'x'.repeat(4_096)))).toBe('too-large');
    expect([await bodyIn(store, 'k'), upper.statistics().entries]).toEqual([undefined, 0]);
    expect((await store.statistics()).refused).toEqual({ 'too-large': 1 });
    expect(await store.set(entry('k'))).toBe('stored');
    expect(await bodyIn(store, 'k')).toBe('an answer');
  });

  it('answers at once where its tiers do', () => {
    const clock = fakeClock();
    const store = tieredStore({ upper: memoryStore({ clock }), lower: memoryStore({ clock }), clock });
    expect(store.set(sampleEntry({ key: 'k', now: clock.now() }))).toBe('stored');
    expect(store.get('k')).toMatchObject({ tier: 'memory' });
    expect(store.getMany(['k'])).toHaveLength(1);
  });

  it('tells the figures of all its tiers', async () => {
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
