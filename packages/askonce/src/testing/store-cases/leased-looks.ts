/** Cases on lookups that take a lease, and on writes that release it. */
import type { LeasedLook, Store } from '../../store/contract.ts';
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { capable } from './capable.ts';

const capability = 'leased-looks';
/** So long that no case comes near it. */
const long = { leaseMs: 60_000, deadAfterMs: 60_000 };

function look(store: Store, key: string, token: string, beside: readonly string[] = []): LeasedLook {
  return capable(store, capability).look(key, () => ({ beside, lease: { ...long, name: '', token } }));
}

export const leasedLooks: readonly StoreCase[] = [
  {
    title: 'takes the lease on an entry that a look does not find, for one of several simultaneous callers',
    capability,
    async run({ store, keyOf, expect }) {
      const tokens = Array.from({ length: 40 }, (_none, index) => `inbox${index}/t`);
      const looks = tokens.map((token) => look(store, keyOf('absent'), token));
      for (const { found } of looks) expect((await found).every((each) => each === undefined)).toBe(true);
      const grants = await Promise.all(looks.map(({ lease }) => lease));
      const winners = tokens.filter((_token, index) => grants[index]?.held);
      expect(winners.length).toBe(1);
      for (const grant of grants) if (grant?.held === false) expect(grant.holder).toBe(winners[0]);
      const leases = capable(store, 'leases');
      expect(await leases.release(keyOf('absent'), '', winners[0] ?? '')).toBe(true);
    },
  },
  {
    title: 'takes no lease on an entry that a look finds, nor if it finds one beside it',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const [there, beside] = [keyOf('there'), `${keyOf('absent')}:neg`];
      for (const key of [there, beside]) await store.set(sampleEntry({ key, now: clock.now() }));
      await store.flush();
      const first = look(store, there, 'i/a');
      const second = look(store, keyOf('absent'), 'i/b', [`${keyOf('absent')}:x:neg`, beside]);
      expect((await first.found).map((each) => each?.entry.key)).toEqual([there]);
      expect((await second.found).map((each) => each?.entry.key)).toEqual([undefined, undefined, beside]);
      expect([await first.lease, await second.lease]).toEqual([undefined, undefined]);
      const leases = capable(store, 'leases');
      for (const key of [there, keyOf('absent')])
        expect((await leases.take(key, '', 'i/c', long)).held).toBe(true);
    },
  },
  {
    title: 'looks for entries that lie elsewhere in the same call',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const elsewhere = ['b', 'c', 'd'].map(keyOf);
      for (const key of elsewhere) await store.set(sampleEntry({ key, now: clock.now() }));
      await store.flush();
      const looked = look(store, keyOf('a'), 'i/a', [keyOf('none'), ...elsewhere]);
      const keys = (await looked.found).map((each) => each?.entry.key);
      expect(keys).toEqual([undefined, undefined, ...elsewhere]);
    },
  },
  {
    title: 'takes no lease if none is wanted',
    capability,
    async run({ store, keyOf, expect }) {
      const key = keyOf('unwanted');
      const looked = capable(store, capability).look(key, () => ({ beside: [], lease: undefined }));
      expect((await looked.found).every((each) => each === undefined)).toBe(true);
      expect(await looked.lease).toBe(undefined);
      expect((await capable(store, 'leases').take(key, '', 'i/a', long)).held).toBe(true);
    },
  },
  {
    title: 'releases the lease with the write, and only that of its holder',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const key = keyOf('written');
      const leases = capable(store, 'leases');
      const write = capable(store, capability).write;
      await leases.take(key, '', 'i/mine', long);
      let released = 0;
      const onReleased = () => {
        released += 1;
      };
      const entry = sampleEntry({ key, now: clock.now() });
      expect(await write(entry, { name: '', token: 'i/theirs', onReleased })).toBe('stored');
      expect((await leases.take(key, '', 'i/next', long)).held).toBe(false);
      expect(await write(entry, { name: '', token: 'i/mine', onReleased })).toBe('stored');
      expect(released).toBe(2);
      expect((await leases.take(key, '', 'i/next', long)).held).toBe(true);
      expect((await store.get(key))?.entry.key).toBe(key);
      const expired = sampleEntry({ key, now: clock.now(), expires: clock.now() - 1 });
      expect(await write(expired, { name: '', token: 'i/next', onReleased })).toBe('expired');
      // What was not written has released nothing: its caller does.
      expect(released).toBe(2);
    },
  },
];
