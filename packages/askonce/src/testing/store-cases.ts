/** The cases of the contract of stores. A title is the promise that its case asserts. */
import { randomBytes } from 'node:crypto';
import type { Store } from '../store/contract.ts';
import { sampleEntry } from './sample-entry.ts';
import type { StoreCase } from './store-case.ts';
import { following } from './store-cases/following.ts';
import { leases } from './store-cases/leases.ts';
import { log } from './store-cases/log.ts';
import { notices } from './store-cases/notices.ts';
import { scan } from './store-cases/scan.ts';
import { tags } from './store-cases/tags.ts';

async function bodyOf(store: Store, key: string): Promise<string | undefined> {
  const found = await store.get(key);
  return found === undefined ? undefined : Buffer.from(found.entry.recording.body).toString('latin1');
}

const reading: readonly StoreCase[] = [
  {
    title: 'finds nothing under a key that was never set',
    async run({ store, expect }) {
      expect(await store.get('missing')).toBe(undefined);
      expect(await store.getMany(['missing', 'too'])).toEqual([undefined, undefined]);
      expect(await store.getMany([])).toEqual([]);
    },
  },
  {
    title: 'gives back every byte and all metadata, before and after they are durable',
    async run({ store, clock, expect }) {
      const everyByte = Uint8Array.from({ length: 256 }, (_none, index) => index);
      const bodies = [
        Buffer.alloc(0),
        Buffer.from('héllo ✓ 日本 \u{1f600}'),
        everyByte,
        randomBytes(1_048_576),
      ];
      for (const [index, body] of bodies.entries()) {
        const entry = sampleEntry({
          key: `k${index}`,
          body,
          now: clock.now(),
          semanticText: 'Où? 日本',
          cost: 0.25,
        });
        expect(await store.set(entry)).toBe('stored');
        for (const moment of ['at once', 'durable']) {
          const found = await store.get(entry.key);
          expect(found?.entry.key, moment).toBe(entry.key);
          expect(found?.entry.meta, moment).toEqual(entry.meta);
          expect(found?.entry.recording.headers).toEqual(entry.recording.headers);
          expect(found?.entry.recording.status).toBe(200);
          expect(Buffer.from(found?.entry.recording.body ?? []).equals(body), moment).toBe(true);
          await store.flush();
        }
      }
    },
  },
  {
    title: 'gives back the events of a stream, and the headers of an error',
    async run({ store, clock, expect }) {
      const events = { ends: Uint32Array.of(3, 9, 10), at: Uint32Array.of(0, 7, 4_000_000_000) };
      const recording = { form: 'stream+usage', status: 429, headers: { 'x-a': 'b' }, events } as const;
      await store.set(sampleEntry({ key: 'stream', body: '0123456789', now: clock.now(), recording }));
      await store.flush();
      const found = await store.get('stream');
      expect(found?.entry.recording.form).toBe('stream+usage');
      expect(found?.entry.recording.status).toBe(429);
      expect(found?.entry.recording.headers).toEqual({ 'x-a': 'b' });
      expect(Array.from(found?.entry.recording.events?.ends ?? [])).toEqual([3, 9, 10]);
      expect(Array.from(found?.entry.recording.events?.at ?? [])).toEqual([0, 7, 4_000_000_000]);
    },
  },
  {
    title: 'tells keys apart however alike they look',
    async run({ store, clock, expect }) {
      const keys = [
        'users',
        'usersAbc',
        'user',
        'Users',
        'users:1',
        'users%',
        'users_',
        'user*',
        'users*',
        '日本',
        '%',
        '_',
      ];
      for (const key of keys)
        await store.set(sampleEntry({ key, body: encodeURI(`<${key}>`), now: clock.now() }));
      await store.delete('users%');
      await store.delete('user*');
      await store.flush();
      const found = await store.getMany(keys);
      for (const [index, key] of keys.entries()) {
        const isGone = key === 'users%' || key === 'user*';
        expect(found[index]?.entry.key).toBe(isGone ? undefined : key);
        expect(await bodyOf(store, key)).toBe(isGone ? undefined : encodeURI(`<${key}>`));
      }
    },
  },
  {
    title: 'answers many keys in their order, the same key twice too',
    async run({ store, clock, expect }) {
      const entries = ['a', 'b', 'c'].map((key) => sampleEntry({ key, body: key, now: clock.now() }));
      expect(await store.setMany(entries)).toEqual(['stored', 'stored', 'stored']);
      const found = await store.getMany(['c', 'none', 'a', 'c']);
      expect(found.map((each) => each?.entry.key)).toEqual(['c', undefined, 'a', 'c']);
    },
  },
];

const writing: readonly StoreCase[] = [
  {
    title: 'is not changed by later changes to what was put in',
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
    title: 'is not changed by changes to what was handed out',
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
    title: 'replaces value and expiry, so that the old deadline means nothing',
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
    title: 'does not keep what is already past its deadline',
    async run({ store, clock, expect }) {
      const now = clock.now();
      expect(await store.set(sampleEntry({ key: 'past', now, expires: now - 1 }))).toBe('expired');
      expect(await store.set(sampleEntry({ key: 'this instant', now, expires: now }))).toBe('expired');
      await store.flush();
      expect(await store.getMany(['past', 'this instant'])).toEqual([undefined, undefined]);
    },
  },
  {
    title: 'finds an entry until its very last millisecond, and not at its deadline',
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
    title: 'says whether there was something to delete, and finds it no longer',
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
    title: 'counts those that it deletes of many, and finds none of them',
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
    title: 'keeps what was written under the higher lease',
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

const bounds: readonly StoreCase[] = [
  {
    title: 'keeps an entry of the largest size, and refuses one of a byte more',
    wants: { maxBytes: 1_048_576, maxValueBytes: 16_384 },
    async run({ store, clock, maxBytes, expect }) {
      const incompressible = randomBytes(maxBytes + 1);
      const write = (bytes: number) =>
        store.set(sampleEntry({ key: 'k', body: incompressible.subarray(0, bytes), now: clock.now() }));
      let largest = 0;
      let tooLarge = maxBytes + 1;
      while (tooLarge - largest > 1) {
        const middle = Math.floor((largest + tooLarge) / 2);
        if ((await write(middle)) === 'stored') largest = middle;
        else tooLarge = middle;
        await store.flush();
      }
      expect(largest > 0).toBe(true);
      expect(await write(largest)).toBe('stored');
      expect((await bodyOf(store, 'k'))?.length).toBe(largest);
      expect(await write(largest + 1)).toBe('too-large');
      expect((await bodyOf(store, 'k'))?.length).toBe(largest);
      const { refused } = await store.statistics();
      expect((refused['too-large'] ?? 0) > 0).toBe(true);
    },
  },
  {
    title: 'stays within its bound after ten times as many inserts, and has the newest',
    wants: { maxBytes: 524_288 },
    async run({ store, clock, maxBytes, expect }) {
      const bytes = 4_000;
      const keys = Array.from({ length: Math.ceil((maxBytes * 10) / bytes) }, (_none, index) => `k${index}`);
      for (const [index, key] of keys.entries()) {
        clock.advance(1);
        await store.set(sampleEntry({ key, body: Buffer.alloc(bytes, index), now: clock.now() }));
        if (index % 100 === 0) await store.flush();
      }
      await store.flush();
      const kept = (await store.getMany(keys)).filter((found) => found !== undefined);
      expect(kept.length > 1).toBe(true);
      expect(kept.length * bytes <= maxBytes).toBe(true);
      expect(kept.at(-1)?.entry.key).toBe(keys.at(-1));
      expect((await store.statistics()).evictions > 0).toBe(true);
    },
  },
  {
    title: 'counts hits, misses and entries',
    async run({ store, clock, expect }) {
      await store.setMany(['a', 'b'].map((key) => sampleEntry({ key, now: clock.now() })));
      await store.flush();
      await store.get('a');
      await store.getMany(['a', 'b', 'none']);
      const statistics = await store.statistics();
      expect([statistics.entries, statistics.hits, statistics.misses]).toEqual([2, 3, 1]);
      expect(statistics.bytes > 0).toBe(true);
    },
  },
];

const lifetimes: readonly StoreCase[] = [
  {
    title: 'shows one handle what another has written or deleted, once it is durable',
    async run({ store, another, clock, expect }) {
      const other = await another();
      expect(other === undefined).toBe(false);
      await store.set(sampleEntry({ key: 'k', body: 'from one', now: clock.now() }));
      await store.flush();
      expect(other && (await bodyOf(other, 'k'))).toBe('from one');
      expect(await other?.delete('k')).toBe(true);
      expect(await store.get('k')).toBe(undefined);
    },
  },
  {
    title: 'has what was kept when it is opened again',
    async run({ store, another, clock, expect }) {
      await store.set(sampleEntry({ key: 'k', now: clock.now() }));
      await store.close();
      const reopened = await another();
      expect(reopened === undefined).toBe(false);
      expect(reopened && (await bodyOf(reopened, 'k'))).toBe('an answer');
    },
  },
  {
    title: 'finds and keeps nothing once it is closed, and may be closed twice',
    async run({ store, clock, expect }) {
      await store.set(sampleEntry({ key: 'k', now: clock.now() }));
      await Promise.all([store.close(), store.close()]);
      await store.close();
      expect(await store.get('k')).toBe(undefined);
      expect(await store.getMany(['k'])).toEqual([undefined]);
      expect(await store.set(sampleEntry({ key: 'k', now: clock.now() }))).toBe('failed');
      expect(await store.get('k')).toBe(undefined);
    },
  },
];

const marks: readonly StoreCase[] = [
  {
    title: 'keeps marks until their instant, and until they are removed',
    capability: 'marks',
    async run({ store, clock, expect }) {
      const until = clock.now() + 1_000;
      expect(store.capabilities.has('marks')).toBe(true);
      expect(await store.marks?.get('a')).toBe(undefined);
      for (const name of ['a', 'b']) await store.marks?.put(name, until);
      expect(await store.marks?.get('a')).toBe(until);
      await store.flush();
      expect(await store.marks?.get('a')).toBe(until);
      await store.marks?.put('a', until + 500);
      await store.marks?.remove('b');
      expect(await store.marks?.get('b')).toBe(undefined);
      clock.advance(1_000);
      expect(await store.marks?.get('a')).toBe(until + 500);
      clock.advance(500);
      expect(await store.marks?.get('a')).toBe(undefined);
    },
  },
];

export const storeCases: readonly StoreCase[] = [
  ...reading,
  ...writing,
  ...bounds,
  ...lifetimes,
  ...marks,
  ...notices,
  ...scan,
  ...tags,
  ...log,
  ...leases,
  ...following,
];
