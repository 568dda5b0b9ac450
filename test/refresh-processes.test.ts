import { cacheStatusHeader, memoryStore } from 'askonce';
import type { Leases } from 'askonce/store';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { answer, completion } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { processes } from './support/processes.ts';
import { setUpCache } from './support/set-up-cache.ts';

const hour = 3_600_000;
const swr = { staleWhileRevalidate: true, staleDays: 1 / 24, ttlDays: 1 };

describe('refreshing in four processes', () => {
  async function setups() {
    const all = await processes(4, swr);
    const first = all.ask(0);
    await all.pass(20);
    answer(all.call(0), completion({ text: 'old' }));
    await all.pass(20);
    await first;
    all.clock.advance(hour + 5000);
    await all.pass(500);
    const read = async (index: number) => {
      const asked = all.ask(index % 4);
      await all.pass(20);
      return await asked;
    };
    const outcomes = (outcome: string) =>
      all.all.reduce((sum, { count }) => sum + count('refresh', outcome), 0);
    return { ...all, read, outcomes };
  }

  it('four processes refresh an answer once for four hundred readers', async () => {
    const { ask, pass, calls, call, outcomes, memory } = await setups();
    const asked = Array.from({ length: 400 }, (_, index) => ask(index % 4));
    await pass(50);
    for (const reply of await Promise.all(asked))
      expect(cacheStatusHeader(reply.cacheStatus)).toContain('hit; ttl=-');
    expect(calls.length).toBe(2);
    answer(call(1), completion({ text: 'new' }));
    await pass(50);
    expect([outcomes('started'), outcomes('succeeded'), outcomes('failed')]).toEqual([1, 1, 0]);
    expect(outcomes('skipped')).toBe(399);
    expect(memory.held).toEqual([]);
    expect(calls.length).toBe(2);
  });

  it('one process at a time refreshes an answer, also between two attempts', async () => {
    const { pass, read, calls, call, outcomes, memory } = await setups();
    await read(0);
    call(1).fail(new Error('refused'));
    await pass(50);
    for (const index of [1, 2, 3]) expect((await read(index)).cacheStatus.kind).toBe('hit');
    expect([calls.length, outcomes('skipped')]).toEqual([2, 3]);
    await pass(1500);
    expect(calls.length).toBe(3);
    answer(call(2), completion({ text: 'new' }));
    await pass(50);
    expect(await textOf(await read(3))).toContain('new');
    expect(memory.held).toEqual([]);
  });
});

it('a lease that is granted only after a refresh has gone on without it is given back', async () => {
  const clock = fakeClock();
  const released: string[] = [];
  const late: (() => void)[] = [];
  const leases: Leases = {
    take: (_key, name) =>
      name.startsWith('refresh.')
        ? new Promise((resolve) => late.push(() => resolve({ held: true, number: 1 })))
        : Promise.resolve({ held: true, number: 1 }),
    renew: () => Promise.resolve(true),
    release: (_key, name) => {
      released.push(name);
      return Promise.resolve(true);
    },
  };
  const memory = memoryStore({ clock });
  const store = { ...memory, shared: { ...memory.shared, leases } };
  const { stored, ask, call, count } = setUpCache({ clock, store, settings: swr });
  await stored();
  clock.advance(hour + 5000);
  released.length = 0;
  expect((await ask()).cacheStatus.kind).toBe('hit');
  await settled();
  clock.advance(60);
  await expect.poll(() => count('refresh', 'started')).toBe(1);
  expect(released).toEqual([]);
  for (const grant of late) grant();
  await expect.poll(() => released).toEqual(['refresh.']);
  answer(call(1), completion({ text: 'new' }));
  await expect.poll(() => count('refresh', 'succeeded')).toBe(1);
});
