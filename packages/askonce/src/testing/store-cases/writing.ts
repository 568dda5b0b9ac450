/** Cases on writing, replacing and deleting entries. */
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { bodyOf } from './body-of.ts';

export const writing: readonly StoreCase[] = [
  {
    title: 'stores a copy: later changes to the entry that was set have no effect',
    async run({ store, clock, expect }) {
      const body = Buffer.from('original');
      const setting = store.set(sampleEntry({ key: 'k', body, now: clock.now() }));
      body.fill('x');
      await setting;
      expect(await bodyOf(store, 'k')).toBe('original');
      await store.flush();
      expect(await bodyOf(store, 'k')).toBe('original');
    },
  },
  {
    title: 'returns a copy: changes to a returned entry have no effect',
    async run({ store, clock, expect }) {
      await store.set(sampleEntry({ key: 'k', body: 'original', now: clock.now() }));
      for (const _moment of ['at once', 'durable']) {
        (await store.get('k'))?.entry.recording.body.fill(0);
        expect(await bodyOf(store, 'k')).toBe('original');
        await store.flush();
      }
    },
  },
  {
    title: 'replaces value and expiry, so that the old deadline has no effect',
    async run({ store, clock, expect }) {
      const now = clock.now();
      await store.set(sampleEntry({ key: 'longer', body: 'old', now, expires: now + 1_000 }));
      await store.set(sampleEntry({ key: 'shorter', body: 'old', now, expires: now + 5_000 }));
      await store.flush();
      await store.set(sampleEntry({ key: 'longer', body: 'new', now, expires: now + 5_000 }));
      await store.set(sampleEntry({ key: 'shorter', body: 'new', now, expires: now + 1_000 }));
      expect(await bodyOf(store, 'longer')).toBe('new');
      expect(await bodyOf(store, 'shorter')).toBe('new');
      await store.flush();
      clock.advance(2_000);
      expect(await bodyOf(store, 'longer')).toBe('new');
      expect(await bodyOf(store, 'shorter')).toBe(undefined);
    },
  },
  {
    title: 'does not store an entry that is past its deadline',
    async run({ store, clock, expect }) {
      const now = clock.now();
      expect(await store.set(sampleEntry({ key: 'past', now, expires: now - 1 }))).toBe('expired');
      expect(await store.set(sampleEntry({ key: 'this instant', now, expires: now }))).toBe('expired');
      await store.flush();
      expect(await store.getMany(['past', 'this instant'])).toEqual([undefined, undefined]);
    },
  },
  {
    title: 'finds an entry until its last millisecond, and not at its deadline',
    async run({ store, clock, expect }) {
      const now = clock.now();
      const keys = ['durable', 'pending'];
      await store.set(sampleEntry({ key: 'durable', now, expires: now + 1_000 }));
      await store.flush();
      await store.set(sampleEntry({ key: 'pending', now, expires: now + 1_000 }));
      clock.advance(999);
      for (const key of keys) expect(await bodyOf(store, key)).toBe('an answer');
      clock.advance(1);
      for (const key of keys) expect(await store.get(key)).toBe(undefined);
      expect(await store.delete('durable')).toBe(false);
    },
  },
  {
    title: 'reports whether there was an entry to delete, and no longer finds it',
    async run({ store, clock, expect }) {
      await store.set(sampleEntry({ key: 'durable', now: clock.now() }));
      await store.flush();
      await store.set(sampleEntry({ key: 'pending', now: clock.now() }));
      for (const key of ['durable', 'pending']) {
        expect(await store.delete(key)).toBe(true);
        expect(await store.get(key)).toBe(undefined);
        expect(await store.delete(key)).toBe(false);
      }
      await store.set(sampleEntry({ key: 'durable', body: 'again', now: clock.now() }));
      expect(await bodyOf(store, 'durable')).toBe('again');
    },
  },
  {
    title: 'counts the entries that it deletes of many, and no longer finds them',
    async run({ store, clock, expect }) {
      expect(await store.deleteMany([])).toBe(0);
      await store.setMany(['a', 'b', 'c'].map((key) => sampleEntry({ key, now: clock.now() })));
      await store.flush();
      await store.set(sampleEntry({ key: 'pending', now: clock.now() }));
      expect(await store.deleteMany(['a', 'none', 'pending', 'c'])).toBe(3);
      expect((await store.getMany(['a', 'b', 'c', 'pending'])).map((found) => found?.entry.key)).toEqual([
        undefined,
        'b',
        undefined,
        undefined,
      ]);
      expect(await store.deleteMany(['a', 'b', 'b'])).toBe(1);
    },
  },
  {
    title: 'prefers the entry that was written under the higher lease',
    async run({ store, clock, expect }) {
      const write = (lease: number, body: string) =>
        store.set(sampleEntry({ key: 'k', body, lease, now: clock.now() }));
      expect(await write(7, 'seven')).toBe('stored');
      expect(await write(6, 'six')).toBe('superseded');
      await store.flush();
      expect(await write(6, 'six')).toBe('superseded');
      expect(await bodyOf(store, 'k')).toBe('seven');
      expect(await write(7, 'seven again')).toBe('stored');
      expect(await write(8, 'eight')).toBe('stored');
      expect(await bodyOf(store, 'k')).toBe('eight');
    },
  },
];
