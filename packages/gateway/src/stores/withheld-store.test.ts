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
  await expect(store.shared?.log?.read(1)).rejects.toThrow('there is a reason');
});
