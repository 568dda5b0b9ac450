/** What a store of marks keeps. */
import type { StoreCase } from '../store-case.ts';

export const marks: readonly StoreCase[] = [
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
