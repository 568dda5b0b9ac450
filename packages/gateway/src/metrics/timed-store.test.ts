import { memoryStore, type Store } from 'askonce';
import { fakeClock, sampleEntry } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { memoryWithTimedWrites, timedStore } from './timed-store.ts';

function timedFor(change: (store: Store, wait: () => void) => Partial<Store> = () => ({})) {
  const clock = fakeClock();
  const calls: (readonly [string, string, number, boolean])[] = [];
  const inner: Store = memoryStore({ clock });
  const slow = { ...inner, name: 'sqlite', ...change(inner, () => clock.advance(7)) };
  const store = timedStore(slow, clock, (...call) => calls.push(call));
  return { clock, store, calls, entry: sampleEntry({ key: 'a', now: clock.now() }) };
}

describe('a store whose calls are timed', () => {
  it('reports each call of entries once, by what it asks for', async () => {
    const { store, calls, entry } = timedFor();
    await store.get('a');
    await store.getMany(['a', 'b']);
    await store.set(entry);
    await store.setMany([entry, entry]);
    await store.delete('a');
    await store.deleteMany(['a', 'b']);
    expect(calls.map(([tier, call]) => `${tier} ${call}`)).toEqual([
      'sqlite get',
      'sqlite get',
      'sqlite set',
      'sqlite set',
      'sqlite delete',
      'sqlite delete',
    ]);
  });

  it('times an answer that is there at once, and one that comes later', async () => {
    const { store, calls } = timedFor((inner, wait) => ({
      get(key) {
        wait();
        return inner.get(key);
      },
      async delete() {
        await Promise.resolve();
        wait();
        return true;
      },
    }));
    await store.get('a');
    await store.delete('a');
    expect(calls).toEqual([
      ['sqlite', 'get', 7, false],
      ['sqlite', 'delete', 7, false],
    ]);
  });

  it('passes failures on, thrown or rejected, and counts them', async () => {
    const { store, calls } = timedFor(() => ({
      get() {
        throw new Error('thrown');
      },
      delete: () => Promise.reject(new Error('rejected')),
    }));
    expect(() => store.get('a')).toThrow('thrown');
    await expect(store.delete('a')).rejects.toThrow('rejected');
    expect(calls).toEqual([
      ['sqlite', 'get', 0, true],
      ['sqlite', 'delete', 0, true],
    ]);
  });

  it('times a lookup that takes a lease until the entry is known, and a write that releases one', async () => {
    const { store, calls, entry } = timedFor((_inner, wait) => ({
      lookAndLease() {
        const found = Promise.resolve().then(() => {
          wait();
          return [undefined];
        });
        return { found, lease: new Promise(() => {}) };
      },
      async setAndRelease() {
        await Promise.resolve();
        wait();
        return 'stored' as const;
      },
    }));
    await store.lookAndLease?.('a', () => ({ beside: [], lease: undefined })).found;
    await store.setAndRelease?.(entry, { name: 'n', token: 't', onReleased: () => {} });
    expect(calls).toEqual([
      ['sqlite', 'get', 7, false],
      ['sqlite', 'set', 7, false],
    ]);
  });

  it('has what the store has, and lacks what it lacks', () => {
    const { store } = timedFor();
    expect([store.lookAndLease, store.setAndRelease, store.getShared]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([store.tags, store.scan, store.sweep, store.holds].every((part) => part !== undefined)).toBe(true);
  });
});

it('memory is timed in its writes alone: its lookups are the very function of the store', () => {
  const clock = fakeClock();
  const memory = memoryStore({ clock });
  const calls: string[] = [];
  const store = memoryWithTimedWrites(memory, clock, (_tier, call) => calls.push(call));
  expect([store.get, store.getMany]).toEqual([memory.get, memory.getMany]);
  store.set(sampleEntry({ key: 'a', now: clock.now() }));
  store.deleteMany(['a']);
  expect(calls).toEqual(['set', 'delete']);
});
