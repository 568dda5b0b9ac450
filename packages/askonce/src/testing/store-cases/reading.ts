/** Cases on reading entries back. */
import { randomBytes } from 'node:crypto';
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { bodyOf } from './body-of.ts';

export const reading: readonly StoreCase[] = [
  {
    title: 'finds nothing under a key that was never set',
    async run({ store, expect }) {
      expect(await store.get('missing')).toBe(undefined);
      expect(await store.getMany(['missing', 'too'])).toEqual([undefined, undefined]);
      expect(await store.getMany([])).toEqual([]);
    },
  },
  {
    title: 'returns every byte and all metadata, before and after an entry is durable',
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
    title: 'returns the events of a stream, and the headers of an error',
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
    title: 'distinguishes keys, however similar they are',
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
    title: 'answers many keys in their order, even one key twice',
    async run({ store, clock, expect }) {
      const entries = ['a', 'b', 'c'].map((key) => sampleEntry({ key, body: key, now: clock.now() }));
      expect(await store.setMany(entries)).toEqual(['stored', 'stored', 'stored']);
      const found = await store.getMany(['c', 'none', 'a', 'c']);
      expect(found.map((each) => each?.entry.key)).toEqual(['c', undefined, 'a', 'c']);
    },
  },
];
