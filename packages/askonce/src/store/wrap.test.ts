import { expect, it } from 'vitest';
import { fakeClock } from '../testing/fake-clock.ts';
import { sampleEntry } from '../testing/sample-entry.ts';
import { breaker } from './breaker/breaker.ts';
import type { Store } from './contract.ts';
import { memoryStore } from './memory/store.ts';
import { switched, wrapped } from './wrap.ts';

/** A store with everything that a store can have, and what it was asked. */
function everything() {
  const asked: string[] = [];
  const note =
    <T>(name: string, answer: T) =>
    () => {
      asked.push(name);
      return answer;
    };
  const nothing = Promise.resolve();
  const figures = { name: 'all', entries: 0, bytes: 0, hits: 0, misses: 0, evictions: 0 };
  const never = () => () => {};
  async function* none() {}
  const noLog = {
    read: () => Promise.reject(new Error('no log')),
    append: () => Promise.reject(new Error('no log')),
    onAppended: never,
  };
  const store = {
    name: 'all',
    budgetMs: 50,
    get: note('get', undefined),
    getShared: note('getShared', undefined),
    sharedTier: 'all',
    getMany: note('getMany', []),
    lookAndLease: note('lookAndLease', { found: [], lease: undefined }),
    set: note('set', 'stored'),
    setAndRelease: note('setAndRelease', 'stored'),
    setMany: note('setMany', []),
    delete: note('delete', false),
    deleteMany: note('deleteMany', 0),
    noteHit: note('noteHit', undefined),
    forget: note('forget', undefined),
    onRemoved: note('onRemoved', () => {}),
    onRecovered: note('onRecovered', () => {}),
    holds: note('holds', false),
    sweep: note('sweep', Promise.resolve(0)),
    tags: { add: () => {}, find: none },
    scan: { keys: none, walk: none },
    maintenance: { bytesEstimated: false, survey: none },
    browse: { page: () => Promise.resolve(undefined), look: () => undefined },
    vectors: { getMany: () => Promise.resolve([]), walk: none, put: () => Promise.resolve(false) },
    shared: {
      marks: { get: () => undefined, put: () => {}, remove: () => {} },
      notices: { get: () => Promise.resolve(undefined), put: () => Promise.resolve('') },
      log: noLog,
      feed: noLog,
      leases: {
        take: () => Promise.resolve({ held: true, number: 1 }),
        renew: () => Promise.resolve(true),
        release: () => Promise.resolve(true),
      },
      following: {
        inbox: 'me',
        ask: () => nothing,
        onAsked: never,
        publish: () => nothing,
        follow: none,
      },
    },
    statistics: note('statistics', { ...figures, unreadable: 0, refused: {} }),
    flush: note('flush', nothing),
    close: note('close', nothing),
  } satisfies Required<Store>;
  return { store, asked };
}

const ways: Readonly<Record<string, (store: Store) => Store>> = {
  'that overrides nothing': (store) => wrapped(store, {}),
  'of a breaker': (store) => breaker(store, { clock: fakeClock() }),
  'of a switch': (store) => switched(store, () => true),
};

it.each(Object.entries(ways))('a wrapper %s passes on everything that its store can do', async (_, wrap) => {
  const { store, asked } = everything();
  const outer = wrap(store);
  // A breaker listens for the recovery of its store itself.
  asked.length = 0;
  const entry = sampleEntry({ key: 'k', now: 0 });
  await outer.get('k');
  await outer.getShared?.('k');
  await outer.getMany(['k']);
  const terms = { beside: [], lease: undefined };
  await outer.lookAndLease?.('k', () => terms).found;
  await outer.set(entry);
  await outer.setAndRelease?.(entry, { name: '', token: 'i/t', onReleased: () => {} });
  await outer.setMany([entry]);
  await outer.delete('k');
  await outer.deleteMany(['k']);
  outer.noteHit?.('k');
  outer.forget?.();
  outer.onRemoved?.(() => {});
  outer.onRecovered?.(() => {});
  outer.holds?.('k');
  await outer.sweep?.(() => false);
  await outer.statistics();
  await outer.flush();
  await outer.close();
  const methods = Object.entries(store).filter(([, member]) => typeof member === 'function');
  expect(asked).toEqual(methods.map(([name]) => name));
  expect(Object.keys(outer)).toEqual(expect.arrayContaining(Object.keys(store)));
  expect(outer.budgetMs).toBe(50);
  expect(outer.sharedTier).toBe('all');
  expect(Object.keys(outer.shared ?? {}).sort()).toEqual(Object.keys(store.shared).sort());
});

it.each(Object.entries(ways))('a wrapper %s has nothing that its store does not have', (_, wrap) => {
  const plain = memoryStore({ clock: fakeClock() });
  expect(plain).not.toHaveProperty('getShared');
  const outer = wrap(plain);
  for (const name of ['getShared', 'sharedTier', 'noteHit', 'budgetMs'])
    expect(wrap === ways['of a breaker'] && name === 'budgetMs' ? {} : outer).not.toHaveProperty(name);
  expect(Object.keys(outer.shared ?? {})).toEqual(['log']);
});

it('only overridden members do not reach the store', async () => {
  const { store, asked } = everything();
  const outer = wrapped(store, { get: () => undefined, forget: () => {} });
  await outer.get('k');
  outer.forget?.();
  await outer.delete('k');
  expect(asked).toEqual(['delete']);
});
