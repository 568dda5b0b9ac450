import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settled } from '../../../../test/support/gated-provider.ts';
import { entryHooks } from '../engine/entry-hooks.ts';
import { memoryStore } from '../store/memory/store.ts';
import type { StoredVector, Vectors } from '../store/vectors.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { sampleEntry } from '../testing/sample-entry.ts';
import { type Change, type Feed, feedOfOne } from './feed/contract.ts';
import { following, hooksOfAll, reportEntries } from './following.ts';
import type { VectorIndexes } from './indexes/contract.ts';

const vectorOf = (key: string): StoredVector => ({
  ...{ key, lease: 0, partition: 'p', frame: 'f', language: 'en', expires: 2e12 },
  ...{ embedder: 'e', vector: 'AAAA' },
});

/** A feed whose reports the test makes. */
function givenFeed() {
  const listeners = new Set<(change: Change) => void>();
  const gaps = new Set<() => void>();
  const reported: Change[] = [];
  const feed: Feed = {
    ...feedOfOne(),
    report: (change) => reported.push(change),
    on(kind, listener) {
      const hears = (change: Change) => {
        if (isOf(change, kind)) listener(change);
      };
      listeners.add(hears);
      return () => listeners.delete(hears);
    },
    onGap(listener) {
      gaps.add(listener);
      return () => gaps.delete(listener);
    },
  };
  return {
    feed,
    reported,
    hear(change: Change): void {
      for (const listener of listeners) listener(change);
    },
    gap(): void {
      for (const listener of gaps) listener();
    },
  };
}

function isOf<Kind extends Change['kind']>(
  change: Change,
  kind: Kind,
): change is Extract<Change, { readonly kind: Kind }> {
  return change.kind === kind;
}

function setUp() {
  const clock = fakeClock();
  const stored = new Set<string>();
  const indexed = new Set<string>();
  const reads: (readonly string[])[] = [];
  const trouble = { isFailing: false, hold: Promise.resolve(), walks: 0, isClosed: false };
  const vectors: Pick<Vectors, 'getMany'> = {
    async getMany(keys) {
      reads.push(keys);
      if (trouble.isFailing) throw new Error('no store');
      const found = keys.map((key) => (stored.has(key) ? vectorOf(key) : undefined));
      await trouble.hold;
      return found;
    },
  };
  const store = {
    ...memoryStore({ clock }),
    vectors: { ...vectors, async *walk() {}, put: async () => false },
  };
  const hooks = entryHooks({});
  const given = givenFeed();
  const indexes: VectorIndexes = {
    nearest: () => [],
    add(added) {
      for (const { key } of added) indexed.add(key);
    },
    remove(keys) {
      for (const key of keys) indexed.delete(key);
    },
    readAnew() {
      trouble.walks += 1;
    },
    changes: () => 0,
    progress: () => ({
      building: false,
      walked: 0,
      of: 0,
      indexed: 0,
      places: 0,
      skipped: 0,
      dropped: 0,
      bytes: 0,
    }),
    built: async () => {},
    close() {
      trouble.isClosed = true;
    },
  };
  const { feed } = given;
  const opened = following(() => indexes)({ hooks, store, clock, feed, embedder: 'e', maxBytes: 1 });
  return { clock, hooks, stored, indexed, reads, trouble, opened, ...given };
}

const written = (...keys: string[]): Change => ({ kind: 'written', keys });
const removed = (...keys: string[]): Change => ({ kind: 'removed', keys });

describe('indexes that follow other processes', () => {
  it('what others have written is read from the store in one call a turn, and added', async () => {
    const { stored, indexed, reads, hear } = setUp();
    for (const key of ['a', 'b', 'c']) stored.add(key);
    hear(written('a'));
    hear(written('b', 'c', 'gone'));
    await settled();
    expect([[...indexed], reads]).toEqual([['a', 'b', 'c'], [['a', 'b', 'c', 'gone']]]);
  });

  it('what others have removed is removed at once, without asking the store', async () => {
    const { indexed, reads, hear } = setUp();
    indexed.add('a');
    hear(removed('a'));
    expect([[...indexed], reads]).toEqual([[], []]);
    await settled();
    expect(reads).toEqual([]);
  });

  it('a vector that was read before its removal was reported does not come back', async () => {
    const { stored, indexed, trouble, hear } = setUp();
    let release: () => void = () => {};
    trouble.hold = new Promise((resolve) => {
      release = resolve;
    });
    stored.add('a');
    stored.add('b');
    hear(written('a', 'b'));
    await settled();
    stored.delete('a');
    hear(removed('a'));
    release();
    await settled();
    expect([...indexed]).toEqual(['b']);
  });

  it('a removal that is reported after a later write of the same key costs nothing', async () => {
    const { stored, indexed, hear, hooks } = setUp();
    stored.add('a');
    hear(written('a'));
    await settled();
    hear(removed('a'));
    await settled();
    expect([...indexed]).toEqual(['a']);
    stored.add('own');
    indexed.add('own');
    hooks.stored(sampleEntry({ key: 'own' }));
    hear(removed('own'));
    await settled();
    expect(indexed.has('own')).toBe(true);
  });

  it('what cannot be read is read later, and what was removed meanwhile is not', async () => {
    const { clock, stored, indexed, trouble, hear, hooks } = setUp();
    trouble.isFailing = true;
    stored.add('a');
    stored.add('b');
    hear(written('a', 'b', 'c'));
    await settled();
    stored.delete('b');
    hear(removed('b'));
    hooks.removed(['c'], 'evicted');
    trouble.isFailing = false;
    clock.advance(10_000);
    await settled();
    expect([...indexed]).toEqual(['a']);
  });

  it('a gap has everything read anew, and so do more keys than can wait', async () => {
    const { trouble, reads, hear, gap } = setUp();
    hear(written('a'));
    gap();
    await settled();
    expect([trouble.walks, reads]).toEqual([1, []]);
    trouble.isFailing = true;
    hear(written(...Array.from({ length: 20_000 }, (_, at) => `${at}`)));
    expect(trouble.walks).toBe(2);
  });

  it('nothing is read or added once they are closed', async () => {
    const { stored, indexed, reads, trouble, opened, hear, gap } = setUp();
    stored.add('a');
    hear(written('a'));
    await opened.close();
    hear(written('a'));
    gap();
    await settled();
    expect([trouble.isClosed, trouble.walks, [...indexed], reads]).toEqual([true, 0, [], []]);
  });

  it('after any order of reports the indexes hold what the store holds', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      does: fc.constantFrom('write', 'remove', 'late removal', 'turn', 'fail', 'recover'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { clock, stored, indexed, trouble, hear } = setUp();
        const late: string[] = [];
        for (const { key, does } of steps) {
          if (does === 'write') {
            stored.add(key);
            hear(written(key));
          } else if (does === 'remove') {
            stored.delete(key);
            hear(removed(key));
          } else if (does === 'late removal') {
            stored.delete(key);
            late.push(key);
          } else if (does === 'turn') await settled();
          else trouble.isFailing = does === 'fail';
        }
        for (const key of late) hear(removed(key));
        trouble.isFailing = false;
        clock.advance(20_000);
        await settled();
        expect([...indexed].toSorted()).toEqual([...stored].toSorted());
      }),
    );
  });
});

describe('what a process reports to the others', () => {
  it('vectors that it has written, and entries that it has removed, but not what the others know by themselves', () => {
    const hooks = entryHooks({});
    const { feed, reported } = givenFeed();
    reportEntries(hooks, feed);
    const entry = sampleEntry({ key: 'a' });
    hooks.stored({ ...entry, key: 'no question', meta: { ...entry.meta, embedder: undefined } });
    hooks.stored({ ...entry, meta: { ...entry.meta, embedder: 'e' } });
    hooks.removed(['b'], 'evicted');
    hooks.removed(['c'], 'invalidated');
    hooks.removed(['d'], 'expired');
    hooks.removed(['e'], 'replaced');
    hooks.removed(['f'], 'invalidated', 'another');
    expect(reported).toEqual([written('a'), removed('b'), removed('c')]);
  });

  it('hooks of all processes report what others remove, and a gap as if all were forgotten', () => {
    const { feed, hear, gap } = givenFeed();
    const seen: unknown[] = [];
    const hooks = entryHooks({});
    const all = hooksOfAll(hooks, feed);
    all.onRemoved((keys, cause, by) => seen.push([keys, cause, by]));
    all.onForgotten(() => seen.push('forgotten'));
    hear(removed('a'));
    hooks.removed(['b'], 'evicted');
    gap();
    hooks.forget();
    expect(seen).toEqual([
      [['a'], 'invalidated', 'another'],
      [['b'], 'evicted', 'this'],
      'forgotten',
      'forgotten',
    ]);
  });
});
