/** Cases on reports of removals. */
import type { OwnRemovalCause } from '../../store/contract.ts';
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { capable } from './capable.ts';

const capability = 'removals';

/** A listener, and what it was called with: `cause key`. */
function listener() {
  const heard: string[] = [];
  const listen = (keys: readonly string[], cause: OwnRemovalCause) => {
    heard.push(...keys.map((key) => `${cause} ${key}`));
  };
  return { heard, listen };
}

export const removals: readonly StoreCase[] = [
  {
    title: 'reports every entry that it evicts, once, and none that it still has',
    capability,
    wants: { maxBytes: 524_288 },
    async run({ store, clock, maxBytes, expect }) {
      const bytes = 4_000;
      const { heard, listen } = listener();
      capable(store, capability)(listen);
      const keys = Array.from({ length: Math.ceil((maxBytes * 3) / bytes) }, (_none, index) => `k${index}`);
      for (const [index, key] of keys.entries()) {
        clock.advance(1);
        await store.set(sampleEntry({ key, body: Buffer.alloc(bytes, index), now: clock.now() }));
        if (index % 50 === 0) await store.flush();
      }
      await store.flush();
      const found = await store.getMany(keys);
      const gone = keys.filter((_key, index) => found[index] === undefined);
      expect(gone.length > 0).toBe(true);
      expect(heard.toSorted()).toEqual(gone.map((key) => `evicted ${key}`).sort());
    },
  },
  {
    title:
      'reports an entry that it removes past its expiry to every listener, though one throws, until it leaves',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const onRemoved = capable(store, capability);
      const [stays, leaves] = [listener(), listener()];
      onRemoved(() => {
        throw new Error('a listener that throws');
      });
      onRemoved(stays.listen);
      const leave = onRemoved(leaves.listen);
      const expire = async (name: string) => {
        const now = clock.now();
        await store.set(sampleEntry({ key: keyOf(name), now, expires: now + 1_000 }));
        await store.set(sampleEntry({ key: keyOf('long'), now, expires: now + 3_600_000 }));
        await store.flush();
        clock.advance(1_000);
        expect(await store.get(keyOf(name))).toBe(undefined);
        await store.flush();
      };
      const expired = ({ heard }: typeof stays) => heard.filter((each) => each.startsWith('expired'));
      await expire('first');
      leave();
      leave();
      await expire('second');
      expect(expired(stays)).toEqual([`expired ${keyOf('first')}`, `expired ${keyOf('second')}`]);
      expect(expired(leaves)).toEqual([`expired ${keyOf('first')}`]);
    },
  },
  {
    title: 'reports no deletion that it is asked for, and an overwrite as nothing but replaced',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const { heard, listen } = listener();
      capable(store, capability)(listen);
      const entry = (name: string, body: string) => sampleEntry({ key: keyOf(name), body, now: clock.now() });
      await store.setMany([entry('a', 'one'), entry('b', 'one'), entry('c', 'one')]);
      await store.flush();
      await store.set(entry('a', 'two'));
      await store.flush();
      expect(await store.delete(keyOf('b'))).toBe(true);
      expect(await store.deleteMany([keyOf('a'), keyOf('c')])).toBe(2);
      await store.flush();
      expect(heard.filter((each) => each !== `replaced ${keyOf('a')}`)).toEqual([]);
      expect(heard.length <= 1).toBe(true);
    },
  },
];
