import { expect, it } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import type { OnRemoved, Store } from '../contract.ts';
import { type MemoryStore, memoryStore } from '../memory/store.ts';
import { tieredStore } from './tiered.ts';

const ample = 1_048_576;
/** Holds one entry of the tests, and not two. */
const tight = 2_000;

function setUp({ upperBytes = ample, lowerBytes = ample, wrap = (lower: MemoryStore): Store => lower } = {}) {
  const clock = fakeClock();
  const upper = memoryStore({ clock, maxBytes: upperBytes });
  const lower = memoryStore({ clock, maxBytes: lowerBytes });
  const store = tieredStore({ upper, lower: wrap(lower), clock });
  const heard: string[] = [];
  const listen: OnRemoved = (keys, cause) => heard.push(...keys.map((key) => `${cause} ${key}`));
  store.onRemoved?.(listen);
  const entry = (key: string, lifeMs = 60_000) =>
    sampleEntry({ key, now: clock.now(), expires: clock.now() + lifeMs });
  return { clock, upper, lower, store, heard, entry };
}

it('an entry that the upper tier evicts is not reported, since the lower tier still has it', async () => {
  const { upper, store, heard, entry } = setUp({ upperBytes: tight });
  for (const key of ['a', 'b', 'c']) await store.set(entry(key));
  expect([upper.statistics().evictions, heard]).toEqual([2, []]);
  expect((await store.get('a'))?.tier).toBe('memory');
});

it('an entry that the lower tier evicts is reported only once the upper tier has lost it, too', async () => {
  const { clock, lower, store, heard, entry } = setUp({ lowerBytes: tight });
  await store.set(entry('a', 1_000));
  await store.set(entry('b'));
  expect([lower.statistics().evictions, heard]).toEqual([1, []]);
  expect((await store.get('a'))?.entry.key).toBe('a');
  clock.advance(1_000);
  await store.getMany(['a', 'a']);
  expect(heard).toEqual(['expired a']);
});

it('an entry that the lower tier accepted later is not reported when the upper tier evicts it', async () => {
  let isFull = true;
  const { store, heard, entry } = setUp({
    upperBytes: tight,
    wrap: (lower) => ({
      ...lower,
      set: (each) => (isFull ? 'queue-full' : lower.set(each)),
      setMany: (entries) => (isFull ? entries.map(() => 'queue-full' as const) : lower.setMany(entries)),
    }),
  });
  await store.set(entry('a'));
  isFull = false;
  await store.set(entry('a'));
  await store.set(entry('b'));
  expect(heard).toEqual(['replaced a']);
  expect((await store.get('a'))?.entry.key).toBe('a');
});

it('an entry that only the upper tier accepted is reported when that tier removes it', async () => {
  const { store, heard, entry } = setUp({
    upperBytes: tight,
    wrap: (lower) => ({
      ...lower,
      set: () => 'queue-full',
      setMany: (entries) => entries.map(() => 'queue-full' as const),
    }),
  });
  expect(await store.set(entry('a'))).toBe('stored');
  expect(await store.set(entry('b'))).toBe('stored');
  expect(heard).toEqual(['evicted a']);
});

it('a deletion through the stack is not reported, whichever tier had the entry', async () => {
  const { store, heard, entry } = setUp({ lowerBytes: tight });
  for (const key of ['a', 'b']) await store.set(entry(key));
  expect(await store.delete('a')).toBe(true);
  expect(await store.deleteMany(['b'])).toBe(1);
  expect(heard).toEqual([]);
});

it('a stack over a store that does not report removals has none to report', () => {
  const clock = fakeClock();
  const { onRemoved: _none, ...lower } = memoryStore({ clock });
  expect(tieredStore({ upper: memoryStore({ clock }), lower, clock })).not.toHaveProperty('onRemoved');
});

it('memory reports the entry that a write replaces before the write returns, and says what it holds unasked', async () => {
  const clock = fakeClock();
  const store = memoryStore({ clock });
  const heard: string[] = [];
  store.onRemoved((keys, cause) => heard.push(`${cause} ${keys.join()}`));
  const write = () => store.set(sampleEntry({ key: 'k', now: clock.now(), expires: clock.now() + 1_000 }));
  expect([write(), heard.length]).toEqual(['stored', 0]);
  expect([write(), heard.splice(0)]).toEqual(['stored', ['replaced k']]);
  expect([store.holds('k'), store.holds('none')]).toEqual([true, false]);
  clock.advance(1_000);
  expect([store.holds('k'), store.statistics().misses]).toEqual([false, 0]);
  // Tags that are added later are no new entry.
  write();
  heard.length = 0;
  await store.tags.add('k', ['aa'], clock.now() + 1_000);
  expect(heard).toEqual([]);
});
