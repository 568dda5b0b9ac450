/** Runs of maintenance on their way into the ledger. */
import { expect, it } from 'vitest';
import type { ObservedEvent } from '../../observe/events.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { openAccounts } from './accounts.ts';

const run = (looked: number): ObservedEvent => ({
  type: 'maintenance',
  outcome: 'complete',
  startedAt: 1_699_999_999_000,
  durationMs: 400.5,
  looked,
  removed: { expired: 5, 'low-value': 2 },
  freedBytes: { expired: 500, 'low-value': 200, defragment: 4_096 },
});

function accounts(isTaken = true) {
  const clock = fakeClock(1_700_000_000_000);
  const pricing = async () => {
    throw new Error('nothing is to be priced');
  };
  const troubles: string[] = [];
  const onTrouble = (message: string) => troubles.push(message);
  return { troubles, accounts: openAccounts({ clock, pricing, keepsText: true, isTaken, onTrouble }) };
}

it('a run is taken once, with its start and the kinds that it had, and needs no prices', async () => {
  const { accounts: held, troubles } = accounts();
  held.observe(run(9));
  await held.drain();
  expect(held.take().runs).toEqual([
    {
      startedAt: 1_699_999_999_000,
      ...{ durationMs: 400.5, outcome: 'complete', looked: 9 },
      kinds: {
        expired: { count: 5, bytes: 500 },
        'low-value': { count: 2, bytes: 200 },
        defragment: { count: 0, bytes: 4_096 },
      },
    },
  ]);
  expect(held.take().runs).toBe(undefined);
  expect(troubles).toEqual([]);
});

it('of more runs than are held between two batches the latest are', () => {
  const { accounts: held } = accounts();
  for (let looked = 0; looked < 250; looked++) held.observe(run(looked));
  const looked = (held.take().runs ?? []).map((one) => one.looked);
  expect([looked.length, looked[0], looked.at(-1)]).toEqual([100, 150, 249]);
});

it('accounts that no ledger takes hold no runs', () => {
  const { accounts: held } = accounts(false);
  held.observe(run(1));
  expect(held.take().runs).toBe(undefined);
});
