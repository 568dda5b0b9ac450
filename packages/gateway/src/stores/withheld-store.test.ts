import { memoryStore, type Store } from 'askonce';
import { ReportedError, wrapped } from 'askonce/store';
import { expect, it } from 'vitest';
import { withheldStore } from './withheld-store.ts';

function setUp() {
  const calls: string[] = [];
  const noted = (name: string) => (): undefined => {
    calls.push(name);
  };
  const inner: Store = wrapped(memoryStore(), {
    budgetMs: 7,
    getShared: noted('getShared'),
    noteHit: noted('noteHit'),
    forget: noted('forget'),
    vectors: {
      getMany: async (keys) => keys.map(() => undefined),
      async *walk() {
        yield [];
      },
      put: async () => true,
    },
    shared: { log: memoryStore().shared.log, feed: memoryStore().shared.log },
  });
  const state: { why: string | undefined } = { why: undefined };
  return { calls, state, store: withheldStore(inner, () => state.why) };
}

it('a store without an objection is unchanged', async () => {
  const { calls, store } = setUp();
  await store.getShared?.('k');
  store.noteHit?.('k');
  store.forget?.();
  expect(calls).toEqual(['getShared', 'noteHit', 'forget']);
  expect(store.budgetMs).toBe(7);
  expect(await store.delete('k')).toBe(false);
  expect((await store.shared?.log?.read(1))?.last).toBe(0);
  await store.shared?.feed?.append([{ id: 'a', what: '{}' }], 0);
  expect((await store.shared?.feed?.read(1))?.last).toBe(1);
  expect(await store.vectors?.getMany(['k'])).toEqual([undefined]);
  expect(await store.vectors?.put({ key: 'k', lease: 0, embedder: 'e', vector: 'AAAB' })).toBe(true);
  for await (const batch of store.vectors?.walk() ?? []) calls.push(`walked ${batch.length}`);
  expect(calls.at(-1)).toBe('walked 0');
});

it('a withheld store is empty, notes no hit, rejects what must not be guessed, and still forgets', async () => {
  const { calls, state, store } = setUp();
  state.why = 'there is a reason';
  expect(await store.getShared?.('k')).toBe(undefined);
  expect(await store.getMany(['k', 'l'])).toEqual([undefined, undefined]);
  store.noteHit?.('k');
  store.forget?.();
  expect(calls).toEqual(['forget']);
  await expect(store.delete('k')).rejects.toBeInstanceOf(ReportedError);
  for (const log of [store.shared?.log, store.shared?.feed])
    await expect(log?.read(1)).rejects.toThrow('there is a reason');
  await expect(store.vectors?.getMany(['k'])).rejects.toThrow('there is a reason');
  await expect(store.vectors?.put({ key: 'k', lease: 0, embedder: 'e', vector: 'AAAB' })).rejects.toThrow(
    'there is a reason',
  );
  const walk = async () => {
    for await (const _batch of store.vectors?.walk() ?? []) calls.push('walked');
  };
  await expect(walk()).rejects.toThrow('there is a reason');
});
