import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Leases } from '../store/shared.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { renewLease } from './claim.ts';

function setUp(renew: () => Promise<boolean>, settings = { leaseMs: 30_000, progressMs: 5000 }) {
  const clock = fakeClock();
  const seen = { renewed: 0, released: 0, lost: 0, trouble: [] as unknown[] };
  const over: string[] = [];
  const leases: Leases = {
    take: () => Promise.reject(new Error('no lease is taken here')),
    renew: () => {
      seen.renewed += 1;
      return renew();
    },
    release: () => {
      seen.released += 1;
      return Promise.resolve(true);
    },
  };
  const lease = renewLease({
    leases,
    key: 'k',
    name: '',
    token: 'i/t',
    settings,
    clock,
    onOver: (how) => {
      over.push(how);
      if (how === 'lost') seen.lost += 1;
    },
    onTrouble: (error) => seen.trouble.push(error),
  });
  async function pass(ms: number) {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await nextTurn();
    }
  }
  return { lease, seen, over, pass };
}

it('a lease is renewed twice within the time after which others take silence for death, until it is released', async () => {
  const { lease, seen, over, pass } = setUp(() => Promise.resolve(true));
  await pass(20_000);
  expect(over).toEqual([]);
  expect(seen.renewed).toBe(10);
  await lease.release();
  await lease.release();
  await pass(20_000);
  expect(seen).toEqual({ renewed: 10, released: 1, lost: 0, trouble: [] });
  expect(over).toEqual(['released']);
});

it('a short lease is renewed three times within its duration', async () => {
  const { seen, pass } = setUp(() => Promise.resolve(true), { leaseMs: 3000, progressMs: 60_000 });
  await pass(3000);
  expect(seen.renewed).toBe(3);
});

it('the loss of a lease is reported once, after which it is neither renewed nor released', async () => {
  const { lease, seen, pass } = setUp(() => Promise.resolve(false));
  await pass(10_000);
  await lease.release();
  expect(seen).toEqual({ renewed: 1, released: 0, lost: 1, trouble: [] });
});

it('a lease that a write releases is released once, however that becomes known', async () => {
  for (const isRenewed of [true, false]) {
    const { lease, seen, over, pass } = setUp(() => Promise.resolve(isRenewed));
    const releasing = lease.releasable('');
    // A renewal may find that it is free before the write has answered.
    await pass(5_000);
    releasing?.onReleased();
    await lease.release();
    expect([over, seen.released, lease.releasable('')]).toEqual([['released'], 0, undefined]);
  }
});

it.each([
  ['fails', () => Promise.reject(new Error('no'))],
  ['hangs', () => new Promise<boolean>(() => {})],
])('a renewal that %s is tried again', async (_name, renew) => {
  const { seen, pass } = setUp(renew);
  await pass(10_000);
  expect(seen.renewed).toBe(5);
  expect(seen.trouble.length).toBeGreaterThan(3);
  expect(seen.lost).toBe(0);
});
