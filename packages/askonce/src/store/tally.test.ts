import { expect, it } from 'vitest';
import { fakeClock } from '../testing/fake-clock.ts';
import { breaker } from './breaker/breaker.ts';
import { memoryStore } from './memory/store.ts';
import { tieredStore } from './stack/tiered.ts';
import { Tally } from './tally.ts';

it('statistics say since when they count, and go on from there', async () => {
  const clock = fakeClock();
  const began = clock.now();
  const store = memoryStore({ clock });
  clock.advance(90_000);
  store.get('none');
  expect(store.statistics()).toMatchObject({ since: began, misses: 1 });
});

it('the statistics of a stack begin with its first tier, and each tier states its own beginning', async () => {
  const clock = fakeClock();
  const lower = memoryStore({ clock });
  const began = clock.now();
  clock.advance(1_000);
  const upper = memoryStore({ clock });
  const store = tieredStore({ upper, lower: breaker(lower, { clock }), clock });
  const { since, tiers } = await store.statistics();
  expect([since, tiers?.map((tier) => tier.since)]).toEqual([began, [began + 1_000, began]]);
});

it('a write that is not stored is counted by its reason', () => {
  const tally = new Tally(fakeClock());
  tally.outcome('failed', 2);
  tally.outcome('stored');
  tally.outcome('expired');
  expect(tally.snapshot().refused).toEqual({ failed: 2, expired: 1 });
});
