/** Cases on marks. */
import type { StoreCase } from '../store-case.ts';
import { capable } from './capable.ts';

export const marks: readonly StoreCase[] = [
  {
    title: 'preserves marks until their instant, or until they are removed',
    capability: 'marks',
    async run({ store, clock, expect }) {
      const until = clock.now() + 1_000;
      const marks = capable(store, 'marks');
      expect(await marks.get('a')).toBe(undefined);
      for (const name of ['a', 'b']) await marks.put(name, until);
      expect(await marks.get('a')).toBe(until);
      await store.flush();
      expect(await marks.get('a')).toBe(until);
      await marks.put('a', until + 500);
      await marks.remove('b');
      expect(await marks.get('b')).toBe(undefined);
      clock.advance(1_000);
      expect(await marks.get('a')).toBe(until + 500);
      clock.advance(500);
      expect(await marks.get('a')).toBe(undefined);
    },
  },
];
