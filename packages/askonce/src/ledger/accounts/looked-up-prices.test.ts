/** Accounts whose prices are looked up elsewhere: events wait for them, and none is entered at a wrong price. */
import { describe, expect, it } from 'vitest';
import { hit } from '../../../../../test/support/ledger-events.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { PricedAnswer, Pricing } from '../pricing/contract.ts';
import { openAccounts } from './accounts.ts';

const usage = { inputTokens: 1000, outputTokens: 200 };
const flatNano = 2_000_000;

/** Prices of 7 nanodollars, each known once its look-up is answered. */
function slowPricing() {
  const known = new Set<string>();
  const lookUps: { readonly models: readonly string[]; answer(): void; fail(): void }[] = [];
  const pricing: Pricing = {
    source: { name: 'slow', version: '', date: '', flatRate: 0.002 },
    costOf: ({ model }) => ({
      nano: known.has(model) ? 7 : flatNano,
      estimated: !known.has(model),
      promptCacheNano: 0,
    }),
    isKnown: ({ model }) => known.has(model),
    learn(answers: readonly PricedAnswer[]) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const models = answers.map(({ model }) => model);
      const answer = () => {
        for (const model of models) known.add(model);
        resolve();
      };
      lookUps.push({ models, answer, fail: () => reject(new Error('no price list')) });
      return promise;
    },
  };
  return { pricing, lookUps };
}

function open(limits: Parameters<typeof openAccounts>[0]['limits'] = {}) {
  const clock = fakeClock();
  const { pricing, lookUps } = slowPricing();
  const troubles: string[] = [];
  const accounts = openAccounts({
    clock,
    pricing: async () => pricing,
    keepsText: false,
    onTrouble: (message) => void troubles.push(message),
    limits,
  });
  const ask = (...models: readonly string[]) => {
    for (const model of models) accounts.observe(hit({ usage, model }));
  };
  return { accounts, clock, lookUps, ask, troubles, counts: () => accounts.totals().counts };
}

describe('prices that are looked up', () => {
  it('are waited for, those of all waiting events at once', async () => {
    const { accounts, lookUps, ask, counts } = open();
    ask('a', 'b', 'a', 'c');
    const drained = accounts.drain();
    await expect.poll(() => lookUps.length).toBe(1);
    expect(lookUps[0]?.models).toEqual(['a', 'b', 'a', 'c']);
    expect(counts().hits).toBe(0);
    lookUps[0]?.answer();
    await drained;
    expect(counts()).toMatchObject({ hits: 4, savedNano: 28, estimatedSavedNano: 0 });
    ask('a', 'c');
    await accounts.drain();
    expect(counts().savedNano).toBe(42);
    expect(lookUps).toHaveLength(1);
  });

  it('are looked up once for a drain and the turn of the accounts themselves', async () => {
    const { accounts, clock, lookUps, ask, counts } = open();
    ask('a');
    clock.advance(50);
    const drained = accounts.drain();
    await expect.poll(() => lookUps.length).toBe(1);
    ask('a', 'a');
    lookUps[0]?.answer();
    await drained;
    await expect.poll(() => counts()).toMatchObject({ hits: 3, savedNano: 21 });
    expect(lookUps).toHaveLength(1);
  });

  it('are the flat rate from then on if a look-up fails, which is reported once', async () => {
    const { accounts, lookUps, ask, counts, troubles } = open();
    ask('a', 'b');
    const drained = accounts.drain();
    await expect.poll(() => lookUps.length).toBe(1);
    lookUps[0]?.fail();
    await drained;
    ask('a');
    await accounts.drain();
    expect(counts()).toMatchObject({ hits: 3, savedNano: 3 * flatNano, estimatedSavedNano: 3 * flatNano });
    expect(troubles).toEqual(['There are no prices: no price list. Every answer counts at the flat rate.']);
  });

  it('are estimates for the events of a queue that is full before they are known', async () => {
    const { accounts, lookUps, ask, counts } = open({ queue: 3 });
    ask('a', 'b');
    const drained = accounts.drain();
    await expect.poll(() => lookUps.length).toBe(1);
    ask('a');
    expect(counts()).toMatchObject({ hits: 3, savedNano: 3 * flatNano, estimatedSavedNano: 3 * flatNano });
    lookUps[0]?.answer();
    await drained;
    ask('b');
    await accounts.drain();
    expect(counts()).toMatchObject({ hits: 4, savedNano: 3 * flatNano + 7 });
  });
});
