/** What a store that walks all its entries keeps. */
import type { Store } from '../../store/contract.ts';
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

export const scan: readonly StoreCase[] = [
  {
    title: 'walks 2 500 entries in batches of at most 1 000, and nothing but entries',
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
    title: 'matches * and ? alone as wild, and everything else as it is',
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
    title: 'matches a pattern from the first to the last character behind prefix and version',
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
];
