/** Cases on several handles, and on a closed store. */
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { bodyOf } from './body-of.ts';

export const lifetimes: readonly StoreCase[] = [
  {
    title: "shows one handle another handle's writes and deletions, once they are durable",
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
    title: 'still has its entries when it is opened again',
    async run({ store, another, clock, expect }) {
      await store.set(sampleEntry({ key: 'k', now: clock.now() }));
      await store.close();
      const reopened = await another();
      expect(reopened === undefined).toBe(false);
      expect(reopened && (await bodyOf(reopened, 'k'))).toBe('an answer');
    },
  },
  {
    title: 'finds and stores nothing once it is closed, and may be closed twice',
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
