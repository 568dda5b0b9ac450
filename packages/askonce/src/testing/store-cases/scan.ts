/** Cases on walks over all entries. */
import type { Store, WalkedEntry } from '../../store/contract.ts';
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { capable } from './capable.ts';

const capability = 'scan';

/** Keys that fit, each once and sorted, and the largest batch that they came in. */
async function scanned(store: Store, pattern: string): Promise<{ keys: string[]; largest: number }> {
  const keys = new Set<string>();
  let largest = 0;
  for await (const batch of capable(store, capability).keys(pattern)) {
    largest = Math.max(largest, batch.length);
    for (const key of batch) keys.add(key);
  }
  return { keys: [...keys].sort(), largest };
}

/** All entries that a walk visits, by key, and the largest batch that they came in. */
async function walked(store: Store): Promise<{ entries: Map<string, WalkedEntry>; largest: number }> {
  const entries = new Map<string, WalkedEntry>();
  let largest = 0;
  for await (const batch of capable(store, capability).walk()) {
    largest = Math.max(largest, batch.length);
    for (const entry of batch) entries.set(entry.key, entry);
  }
  return { entries, largest };
}

export const scan: readonly StoreCase[] = [
  {
    title: 'scans the keys of 2 500 entries in batches of at most 1 000, and nothing but entries',
    capability,
    wants: { maxBytes: 33_554_432 },
    async run({ store, clock, keyOf, expect }) {
      expect(await scanned(store, '*')).toEqual({ keys: [], largest: 0 });
      const keys = Array.from({ length: 2_500 }, (_none, index) => keyOf(`f${index}`));
      await store.setMany(
        keys.map((key) => sampleEntry({ key, now: clock.now(), tagDigests: ['aa', 'bb'] })),
      );
      const { shared } = store;
      await shared?.marks?.put('mark', clock.now() + 60_000);
      await shared?.notices?.put('notice', 'text');
      await shared?.log?.append([{ id: 'a', what: '{}' }], 0);
      await store.tags?.add(keyOf('f0'), ['cc'], clock.now() + 60_000);
      await shared?.leases?.take(keyOf('f1'), '', 'inbox/t', { leaseMs: 60_000, deadAfterMs: 60_000 });
      await shared?.following?.publish(keyOf('f2'), '', 'id', [Buffer.from('frame')], 60_000);
      await store.flush();
      const { keys: found, largest } = await scanned(store, '*');
      expect(found).toEqual(keys.sort());
      expect(largest > 0 && largest <= 1_000).toBe(true);
    },
  },
  {
    title: 'treats only * and ? as wildcards, and everything else literally',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const names = [
        'a[x]b',
        'axb',
        'a*b',
        'a?b',
        'a\\b',
        'a\\*b',
        'a^b',
        'ab',
        'A[x]B',
        'a%b',
        'a_b',
        'añb',
      ];
      await store.setMany(names.map((name) => sampleEntry({ key: keyOf(name), now: clock.now() })));
      await store.flush();
      const matched = async (pattern: string) => (await scanned(store, `*{${pattern}}`)).keys;
      const keysOf = (...wanted: string[]) => wanted.map(keyOf).sort();
      expect(await matched('*')).toEqual(keysOf(...names));
      expect(await matched('a[x]b')).toEqual(keysOf('a[x]b'));
      expect(await matched('a[x]*')).toEqual(keysOf('a[x]b'));
      expect(await matched('[a]*')).toEqual([]);
      expect(await matched('a[^x]b')).toEqual([]);
      expect(await matched('a\\b')).toEqual(keysOf('a\\b'));
      expect(await matched('a\\*')).toEqual(keysOf('a\\b', 'a\\*b'));
      expect(await matched('a%b')).toEqual(keysOf('a%b'));
      expect(await matched('a_b')).toEqual(keysOf('a_b'));
      expect(await matched('ab')).toEqual(keysOf('ab'));
      expect(await matched('a?')).toEqual(keysOf('ab'));
      expect(await matched('A*')).toEqual(keysOf('A[x]B'));
      expect((await matched('a?b')).filter((key) => key !== keyOf('añb'))).toEqual(
        keysOf('axb', 'a*b', 'a?b', 'a\\b', 'a^b', 'a%b', 'a_b'),
      );
    },
  },
  {
    title: 'matches a pattern against the whole key after prefix and version',
    capability,
    async run({ store, clock, prefix, keyOf, expect }) {
      await store.setMany(
        ['one', 'once', 'none'].map((name) => sampleEntry({ key: keyOf(name), now: clock.now() })),
      );
      await store.flush();
      expect((await scanned(store, '*{on*')).keys).toEqual([keyOf('once'), keyOf('one')].sort());
      expect((await scanned(store, '*{on')).keys).toEqual([]);
      expect((await scanned(store, 'partition:en:{one}')).keys).toEqual([keyOf('one')]);
      expect((await scanned(store, 'partition:*')).keys.length).toBe(3);
      expect((await scanned(store, 'v1:*')).keys).toEqual([]);
      expect((await scanned(store, `${prefix}:*`)).keys).toEqual([]);
      expect((await scanned(store, 'one}')).keys).toEqual([]);
      expect((await scanned(store, '{one}')).keys).toEqual([]);
      expect((await scanned(store, '*one}*')).keys).toEqual([keyOf('none'), keyOf('one')].sort());
    },
  },
  {
    title: 'walks 2 500 entries with their metadata in batches of at most 1 000, and nothing else',
    capability,
    wants: { maxBytes: 33_554_432 },
    async run({ store, clock, keyOf, expect }) {
      expect((await walked(store)).entries.size).toBe(0);
      const entries = Array.from({ length: 2_500 }, (_none, index) =>
        sampleEntry({ key: keyOf(`f${index}`), now: clock.now(), tagDigests: ['aa', `t${index}`] }),
      );
      await store.setMany(entries);
      const { shared } = store;
      await shared?.marks?.put('mark', clock.now() + 60_000);
      await shared?.notices?.put('notice', 'text');
      await shared?.log?.append([{ id: 'a', what: '{}' }], 0);
      await shared?.leases?.take(keyOf('f1'), '', 'inbox/t', { leaseMs: 60_000, deadAfterMs: 60_000 });
      const { entries: found, largest } = await walked(store);
      expect(found.size).toBe(entries.length);
      for (const { key, meta } of entries) expect(found.get(key)?.meta).toEqual(meta);
      expect(largest > 0 && largest <= 1_000).toBe(true);
    },
  },
  {
    title: 'walks past entries that are deleted or past their expiry, and large ones do not end the walk',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const now = clock.now();
      await store.setMany([
        sampleEntry({ key: keyOf('deleted'), now }),
        sampleEntry({ key: keyOf('short'), now, expires: now + 1_000 }),
        sampleEntry({ key: keyOf('large'), now, body: Buffer.alloc(900_000, 'x') }),
        sampleEntry({ key: keyOf('small'), now }),
      ]);
      await store.delete(keyOf('deleted'));
      clock.advance(1_000);
      expect([...(await walked(store)).entries.keys()].sort()).toEqual(['large', 'small'].map(keyOf));
    },
  },
  {
    title: 'walks without counting hits or misses, and counts those that it reports as lookups made them',
    capability,
    async run({ store, clock, keyOf, expect }) {
      await store.setMany(
        ['hit', 'never'].map((name) => sampleEntry({ key: keyOf(name), now: clock.now() })),
      );
      await store.flush();
      clock.advance(5_000);
      for (const _time of [1, 2]) await store.get(keyOf('hit'));
      await store.flush();
      const before = await store.statistics();
      const { entries } = await walked(store);
      const after = await store.statistics();
      expect([after.hits, after.misses]).toEqual([before.hits, before.misses]);
      const { hits, lastHit } = entries.get(keyOf('hit')) ?? {};
      if (hits !== undefined) expect([hits, lastHit]).toEqual([2, clock.now()]);
      const never = entries.get(keyOf('never'));
      expect([never?.hits ?? 0, never?.lastHit]).toEqual([0, undefined]);
    },
  },
  {
    title: 'continues a walk while entries are written and deleted, and lets a caller leave it early',
    capability,
    wants: { maxBytes: 33_554_432 },
    async run({ store, clock, keyOf, expect }) {
      const names = Array.from({ length: 1_200 }, (_none, index) => `f${index}`);
      await store.setMany(names.map((name) => sampleEntry({ key: keyOf(name), now: clock.now() })));
      await store.flush();
      for await (const batch of capable(store, capability).walk()) {
        expect(batch.length > 0).toBe(true);
        break;
      }
      const met = new Set<string>();
      let isFirst = true;
      for await (const batch of capable(store, capability).walk()) {
        for (const { key } of batch) met.add(key);
        if (!isFirst) continue;
        isFirst = false;
        await store.delete(keyOf('f0'));
        await store.set(sampleEntry({ key: keyOf('f1'), body: 'again', now: clock.now() }));
        await store.set(sampleEntry({ key: keyOf('new'), now: clock.now() }));
        await store.flush();
      }
      const stayed = names.slice(2).map(keyOf);
      expect(stayed.filter((key) => !met.has(key))).toEqual([]);
    },
  },
];
