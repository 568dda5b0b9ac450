/** Cases on leases. Leases use the store's own time, so the cases take short ones and wait for the event. */
import { sampleEntry } from '../sample-entry.ts';
import type { StoreCase } from '../store-case.ts';
import { capable, eventually, onTwoHandles } from './capable.ts';

const capability = 'leases';
/** So long that no case comes near it. */
const long = { leaseMs: 60_000, deadAfterMs: 60_000 };

export const leases: readonly StoreCase[] = [
  {
    title: 'grants a lease to one of several simultaneous callers, and names the holder to the others',
    capability,
    async run(context) {
      const { keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      const key = keyOf('contested');
      const tokens = Array.from({ length: 20 }, (_none, index) => `inbox${index}/t`);
      const grants = await Promise.all(
        tokens.map((token, index) => (index % 2 === 0 ? one : other).take(key, '', token, long)),
      );
      const winners = tokens.filter((_token, index) => grants[index]?.held);
      expect(winners.length).toBe(1);
      for (const grant of grants) {
        if (grant.held) expect(Number.isSafeInteger(grant.number) && grant.number > 0).toBe(true);
        else {
          expect(grant.holder).toBe(winners[0]);
          expect(grant.silentMs >= 0 && grant.silentMs < long.leaseMs).toBe(true);
        }
      }
    },
  },
  {
    title: 'distinguishes leases by key and by name',
    capability,
    async run({ store, keyOf, expect }) {
      const service = capable(store, capability);
      const taken = [
        ['a', ''],
        ['a', 'stream'],
        ['a', 'lease'],
        ['b', ''],
        ['b', 'stream'],
      ] as const;
      for (const [entry, name] of taken) {
        expect((await service.take(keyOf(entry), name, `i/${entry}${name}`, long)).held).toBe(true);
      }
      for (const [entry, name] of taken) {
        const grant = await service.take(keyOf(entry), name, 'i/late', long);
        expect(!grant.held && grant.holder).toBe(`i/${entry}${name}`);
      }
      expect(await service.release(keyOf('a'), 'stream', 'i/astream')).toBe(true);
      expect((await service.take(keyOf('a'), 'stream', 'i/next', long)).held).toBe(true);
      expect((await service.take(keyOf('a'), '', 'i/next', long)).held).toBe(false);
    },
  },
  {
    title: 'lets only the holder renew or release a lease',
    capability,
    async run(context) {
      const { keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      const key = keyOf('owned');
      expect(await one.release(key, '', 'i/mine')).toBe(false);
      expect(await one.renew(key, '', 'i/mine', 60_000)).toBe(false);
      await one.take(key, '', 'i/mine', long);
      for (const foreign of ['i/theirs', 'i/min', 'i/mine2', 'i/MINE', '']) {
        expect(await other.release(key, '', foreign)).toBe(false);
        expect(await other.renew(key, '', foreign, 60_000)).toBe(false);
      }
      expect(await one.renew(key, '', 'i/mine', 60_000)).toBe(true);
      expect(await one.renew(key, 'stream', 'i/mine', 60_000)).toBe(false);
      expect((await other.take(key, '', 'i/theirs', long)).held).toBe(false);
      expect(await one.release(key, '', 'i/mine')).toBe(true);
      expect(await one.release(key, '', 'i/mine')).toBe(false);
      expect((await other.take(key, '', 'i/theirs', long)).held).toBe(true);
      expect(await one.renew(key, '', 'i/mine', 60_000)).toBe(false);
      expect(await one.release(key, '', 'i/mine')).toBe(false);
    },
  },
  {
    title: 'numbers each lease above every earlier one',
    capability,
    async run(context) {
      const { keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      const key = keyOf('numbered');
      const numbers: number[] = [];
      for (let turn = 0; turn < 20; turn++) {
        const by = turn % 2 === 0 ? one : other;
        const grant = await by.take(key, '', `i/${turn}`, long);
        if (grant.held) numbers.push(grant.number);
        await by.release(key, '', `i/${turn}`);
      }
      expect(numbers.length).toBe(20);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    },
  },
  {
    title: 'numbers a lease above the stored entry, however high its number is',
    capability,
    async run({ store, clock, keyOf, expect }) {
      const key = keyOf('service');
      for (const lease of [1, 9_000_000_000_000_000, 9_000_000_000_000_255]) {
        expect(await store.set(sampleEntry({ key, lease, now: clock.now() }))).toBe('stored');
        await store.flush();
        const grant = await capable(store, capability).take(key, '', `i/${lease}`, long);
        expect(grant.held && Number.isSafeInteger(grant.number) && grant.number > lease).toBe(true);
        await capable(store, capability).release(key, '', `i/${lease}`);
      }
    },
  },
  {
    title: 'reports how long the holder has been silent, and takes the lease from a dead holder',
    capability,
    async run(context) {
      const { clock, keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      const key = keyOf('silent');
      const first = await one.take(key, '', 'i/silent', long);
      const silent = await eventually(clock, async () => {
        const grant = await other.take(key, '', 'i/heir', long);
        return !grant.held && grant.silentMs >= 60 ? grant : undefined;
      });
      expect(silent.holder).toBe('i/silent');
      const second = await eventually(clock, async () => {
        const grant = await other.take(key, '', 'i/heir', { leaseMs: 60_000, deadAfterMs: 60 });
        return grant.held ? grant : undefined;
      });
      expect(first.held && second.number > first.number).toBe(true);
      expect(await one.renew(key, '', 'i/silent', 60_000)).toBe(false);
      expect(await one.release(key, '', 'i/silent')).toBe(false);
      expect(await other.renew(key, '', 'i/heir', 60_000)).toBe(true);
    },
  },
  {
    title: "counts a holder's silence from its last renewal",
    capability,
    async run({ store, clock, keyOf, expect }) {
      const service = capable(store, capability);
      const key = keyOf('renewed');
      const silence = async () => {
        const grant = await service.take(key, '', 'i/other', long);
        return grant.held ? -1 : grant.silentMs;
      };
      await service.take(key, '', 'i/holder', long);
      await eventually(clock, async () => ((await silence()) >= 100 ? true : undefined));
      const least = await eventually(clock, async () => {
        expect(await service.renew(key, '', 'i/holder', 30_000)).toBe(true);
        const since = await silence();
        return since >= 0 && since < 100 ? since : undefined;
      });
      expect(least >= 0).toBe(true);
    },
  },
  {
    title: 'frees a lease that is not renewed in time',
    capability,
    async run(context) {
      const { clock, keyOf, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      const key = keyOf('lapsed');
      const first = await one.take(key, '', 'i/first', { leaseMs: 80, deadAfterMs: 60_000 });
      const second = await eventually(clock, async () => {
        const grant = await other.take(key, '', 'i/second', long);
        return grant.held ? grant : undefined;
      });
      expect(first.held && second.number > first.number).toBe(true);
      expect(await one.renew(key, '', 'i/first', 60_000)).toBe(false);
    },
  },
];
