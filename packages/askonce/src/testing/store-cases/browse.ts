/** Cases on pages of entries. */
import type { BrowsedEntry, PageTerms } from '../../store/browse.ts';
import type { Store } from '../../store/contract.ts';
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { capable } from './capable.ts';

const capability = 'browse';
const any = () => true;

/** All entries of all pages, in order, and the largest page. `between` runs after each page. */
async function paged(
  store: Store,
  terms: PageTerms,
  between: (pages: number) => Promise<void> = async () => {},
) {
  const entries: BrowsedEntry[] = [];
  let largest = 0;
  let pages = 0;
  for (let from: string | undefined = ''; from !== undefined; ) {
    const begin: string = from;
    const page = await capable(store, capability).page(begin, terms);
    if (page === undefined) throw new Error(`the position ${begin} is not known`);
    entries.push(...page.entries);
    largest = Math.max(largest, page.entries.length);
    pages += 1;
    await between(pages);
    from = page.next;
  }
  return { entries, keys: entries.map(({ key }) => key), largest, pages };
}

export const browse: readonly StoreCase[] = [
  {
    title: 'pages through 700 entries, each once, with metadata and size, and nothing but entries',
    capability,
    wants: { maxBytes: 33_554_432 },
    async run({ store, clock, keyOf, expect }) {
      expect((await paged(store, { limit: 7, wants: any })).keys).toEqual([]);
      const entries = Array.from({ length: 700 }, (_none, index) =>
        sampleEntry({
          key: keyOf(`f${index}`),
          now: clock.now(),
          body: 'x'.repeat(index),
          tagDigests: ['aa'],
        }),
      );
      await store.setMany(entries);
      const { shared } = store;
      await shared?.marks?.put('mark', clock.now() + 60_000);
      await shared?.notices?.put('notice', 'text');
      await shared?.leases?.take(keyOf('f1'), '', 'inbox/t', { leaseMs: 60_000, deadAfterMs: 60_000 });
      const found = await paged(store, { limit: 150, wants: any });
      expect(found.keys.toSorted()).toEqual(entries.map(({ key }) => key).toSorted());
      expect(found.largest <= 150 && found.pages >= 5).toBe(true);
      const byKey = new Map(found.entries.map((one) => [one.key, one]));
      for (const { key, meta, recording } of entries)
        expect([byKey.get(key)?.meta, byKey.get(key)?.bytes]).toEqual([meta, recording.body.length]);
    },
  },
  {
    title: 'leaves out of pages what is not wanted, deleted or past its expiry',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const now = clock.now();
      await store.setMany([
        sampleEntry({ key: keyOf('deleted'), now }),
        sampleEntry({ key: keyOf('short'), now, expires: now + 1_000 }),
        sampleEntry({ key: keyOf('wanted'), now, tagDigests: ['aa'] }),
        sampleEntry({ key: keyOf('other'), now, tagDigests: ['bb'] }),
      ]);
      await store.delete(keyOf('deleted'));
      clock.advance(1_000);
      const wants = ({ meta }: BrowsedEntry) => meta.tagDigests?.includes('aa') === true;
      expect((await paged(store, { limit: 1, wants })).keys).toEqual([keyOf('wanted')]);
      expect((await paged(store, { limit: 1, wants: () => false })).keys).toEqual([]);
    },
  },
  {
    title:
      'misses no entry that is there throughout, while others are written, replaced and deleted between pages',
    capability,
    wants: { maxBytes: 33_554_432 },
    async run({ store, clock, keyOf, expect }) {
      const names = Array.from({ length: 300 }, (_none, index) => `f${index}`);
      await store.setMany(names.map((name) => sampleEntry({ key: keyOf(name), now: clock.now() })));
      await store.flush();
      const { keys } = await paged(store, { limit: 20, wants: any }, async (pages) => {
        if (pages > 12) return;
        const now = clock.now();
        await store.set(sampleEntry({ key: keyOf(`new${pages}`), now }));
        await store.set(sampleEntry({ key: keyOf(`f${pages}`), body: 'again', now }));
        await store.delete(keyOf(`f${pages + 20}`));
        await store.get(keyOf('f299'));
        await store.flush();
      });
      const stayed = names.slice(40).map(keyOf);
      expect(stayed.filter((key) => !keys.includes(key))).toEqual([]);
    },
  },
  {
    title: 'does not know a position that is none of its own',
    capability,
    async run({ store, clock, keyOf, expect }) {
      await store.set(sampleEntry({ key: keyOf('a'), now: clock.now() }));
      for (const from of ['no position', 'x'.repeat(5_000), 'above', '-1', '\u0000', '1e9 2 3 4 5']) {
        const page = await capable(store, capability).page(from, { limit: 10, wants: any });
        expect(page?.entries.some(({ key }) => key !== keyOf('a')) ?? false).toBe(false);
      }
    },
  },
  {
    title: 'looks at one entry, and pages, without counting a hit or a miss',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const entry = sampleEntry({ key: keyOf('a'), body: 'the body', now: clock.now() });
      await store.set(entry);
      await store.get(keyOf('a'));
      await store.flush();
      const before = await store.statistics();
      const looked = await capable(store, capability).look(keyOf('a'));
      expect(await capable(store, capability).look(keyOf('b'))).toBe(undefined);
      const { entries } = await paged(store, { limit: 10, wants: any });
      const after = await store.statistics();
      expect([after.hits, after.misses]).toEqual([before.hits, before.misses]);
      expect([looked?.entry.key, looked?.entry.meta]).toEqual([entry.key, entry.meta]);
      expect(Buffer.from(looked?.entry.recording.body ?? []).toString()).toEqual('the body');
      if (looked?.hits !== undefined) expect([looked.hits, entries[0]?.hits]).toEqual([1, 1]);
    },
  },
];
