import { expect, it } from 'vitest';
import { memoryStore } from '../store/memory/store.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { sampleEntry } from '../testing/sample-entry.ts';
import { entryHooks } from './entry-hooks.ts';

it('a stored entry reaches every listener, also after one that throws', () => {
  const hooks = entryHooks({});
  const seen: string[] = [];
  hooks.onStored(() => {
    throw new Error('a listener with a fault');
  });
  hooks.onStored(({ key }) => seen.push(key));
  hooks.stored(sampleEntry({ key: 'one' }));
  expect(seen).toEqual(['one']);
});

it('removed keys reach the listeners with their cause, and an empty list reaches none', () => {
  const hooks = entryHooks({});
  const seen: unknown[] = [];
  hooks.onRemoved((keys, cause) => seen.push([keys, cause]));
  hooks.removed(['a', 'b'], 'invalidated');
  hooks.removed([], 'evicted');
  expect(seen).toEqual([[['a', 'b'], 'invalidated']]);
});

it('what is forgotten is dropped before the listeners are called, also after one that throws', () => {
  const seen: string[] = [];
  const hooks = entryHooks({ forget: () => seen.push('dropped') });
  hooks.onForgotten(() => {
    throw new Error('a listener with a fault');
  });
  hooks.onForgotten(() => seen.push('heard'));
  hooks.forget();
  expect(seen).toEqual(['dropped', 'heard']);
});

it('entries that the store replaces, expires or evicts by itself reach the listeners', async () => {
  const clock = fakeClock();
  const store = memoryStore({ clock, maxBytes: 8_000 });
  const seen: unknown[] = [];
  entryHooks(store).onRemoved((keys, cause) => seen.push([...keys, cause]));
  const entry = (key: string, lifetimeMs = 60_000) =>
    sampleEntry({ key, now: clock.now(), expires: clock.now() + lifetimeMs });
  store.set(entry('one'));
  store.set(entry('one', 1_000));
  clock.advance(2_000);
  expect(store.get('one')).toBeUndefined();
  for (let index = 0; index < 10; index++) store.set(entry(`more-${index}`));
  await expect.poll(() => seen).toContainEqual(['one', 'replaced']);
  await expect.poll(() => seen).toContainEqual(['one', 'expired']);
  await expect.poll(() => seen.flat()).toContain('evicted');
});
