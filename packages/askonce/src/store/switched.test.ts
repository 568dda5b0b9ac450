import { expect, it } from 'vitest';
import { fakeClock } from '../testing/fake-clock.ts';
import { sampleEntry } from '../testing/sample-entry.ts';
import type { Store } from './contract.ts';
import { memoryStore } from './memory/store.ts';
import { tieredStore } from './stack/tiered.ts';
import { switched } from './wrap.ts';

function setUp() {
  const clock = fakeClock();
  const off = new Set<string>();
  const lower = memoryStore({ clock });
  const upper = memoryStore({ clock });
  const tier = switched(lower, (key) => !off.has(key));
  const store = tieredStore({ upper, lower: tier, clock });
  const entry = (key: string, body = 'an answer') =>
    sampleEntry({ key, body, now: clock.now(), tagDigests: ['aa'] });
  const has = (key: string) => lower.get(key) !== undefined;
  return { off, lower, upper, tier, store, entry, has };
}

it('a switch neither reads nor writes keys that are off, and passes on the others', async () => {
  const { off, tier, entry, has } = setUp();
  await tier.setMany([entry('a'), entry('b')]);
  off.add('a');
  expect(await tier.get('a')).toBe(undefined);
  expect((await tier.getMany(['a', 'b', 'a'])).map((found) => found?.entry.key)).toEqual([
    undefined,
    'b',
    undefined,
  ]);
  expect(await tier.setMany([entry('a', 'new'), entry('c')])).toEqual(['off', 'stored']);
  off.delete('a');
  expect(Buffer.from((await tier.get('a'))?.entry.recording.body ?? []).toString()).toBe('an answer');
  off.add('d');
  expect([await tier.set(entry('d')), has('d')]).toEqual(['off', false]);
  expect(await tier.getMany(['d'])).toEqual([undefined]);
  expect(await tier.setMany([entry('d')])).toEqual(['off']);
});

it('while the lower tier is off, the memory tier above goes on storing, and loses no entry that cannot be replaced', async () => {
  const { off, store, upper, entry } = setUp();
  off.add('k');
  expect(await store.set(entry('k', 'small'))).toBe('stored');
  expect((await store.get('k'))?.tier).toBe('memory');
  expect(await store.set(entry('k', 'x'.repeat(70_000)))).toBe('off');
  expect(upper.get('k')?.entry.recording.body.length).toBe(5);
});

it('a switch passes on deletions, searches and tags of keys that are off', async () => {
  const { off, store, tier, entry, has } = setUp();
  await store.set(entry('a'));
  await store.set(entry('b'));
  off.add('a');
  off.add('b');
  await store.tags?.add('a', ['bb'], 2_000_000_000_000);
  const found: string[] = [];
  for await (const { keys } of tier.tags?.find({ clauses: [['bb']] }) ?? []) found.push(...keys);
  expect(found).toEqual(['a']);
  expect(await store.delete('a')).toBe(true);
  expect(await store.deleteMany(['a', 'b'])).toBe(1);
  expect([has('a'), has('b')]).toEqual([false, false]);
});

it('a switch reads the vectors of keys that are off, and puts none beside them', async () => {
  const put: string[] = [];
  const lower: Store = {
    ...memoryStore({ clock: fakeClock() }),
    vectors: {
      getMany: async (keys) => keys.map(() => undefined),
      async *walk() {
        yield [];
      },
      put: async ({ key }) => put.push(key) > 0,
    },
  };
  const tier = switched(lower, (key) => key !== 'off');
  const given = { lease: 0, embedder: 'e', vector: 'AAAB' };
  expect(await tier.vectors?.put({ ...given, key: 'off' })).toBe(false);
  expect(await tier.vectors?.put({ ...given, key: 'on' })).toBe(true);
  expect(put).toEqual(['on']);
  expect(await tier.vectors?.getMany(['off', 'on'])).toEqual([undefined, undefined]);
  const batches: number[] = [];
  for await (const batch of tier.vectors?.walk() ?? []) batches.push(batch.length);
  expect(batches).toEqual([0]);
});
