import { describe, expect, it } from 'vitest';
import { facts, hit } from '../../../../../test/support/ledger-events.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import { type FakeClock, fakeClock } from '../../testing/fake-clock.ts';
import { bucketMs } from '../contract.ts';
import type { Pricing } from '../pricing/contract.ts';
import { flatPricing } from '../pricing/flat-rate.ts';
import { loadPricing } from '../pricing/pricing.ts';
import { type Accounts, type AccountsOptions, openAccounts } from './accounts.ts';

function open(options: Partial<AccountsOptions> = {}): { accounts: Accounts; clock: FakeClock } {
  const clock = fakeClock();
  return {
    clock,
    accounts: openAccounts({ clock, pricing: () => loadPricing(), keepsText: true, ...options }),
  };
}

const usage = { inputTokens: 1000, outputTokens: 200 };
/** 1000 tokens at $2.50 and 200 at $10 a million. */
const usageNano = 4_500_000;

describe('accounts', () => {
  it('count a hit with its tokens and what it would have cost', async () => {
    const { accounts } = open();
    accounts.observe(hit({ usage }));
    await accounts.drain();
    const { counters, rows, patterns, lostRows } = accounts.take();
    expect(counters).toHaveLength(1);
    expect(counters[0]?.counts).toMatchObject({
      requests: 1,
      hits: 1,
      savedTokens: 1200,
      savedNano: usageNano,
      estimatedSavedNano: 0,
      hitMicros: 500,
    });
    expect(rows).toMatchObject([
      { event: 'lookup', outcome: 'hit', kind: 'exact', tier: 'memory', weight: 1 },
    ]);
    expect(patterns).toMatchObject([{ key: facts.key, hits: 1 }]);
    expect(lostRows).toBe(0);
  });

  it('enter what they hold by themselves, 50 ms after the first event', async () => {
    let loaded: (pricing: Pricing) => void = () => {};
    const pricing = new Promise<Pricing>((resolve) => {
      loaded = resolve;
    });
    const { accounts, clock } = open({ pricing: () => pricing });
    accounts.observe(hit({ usage }));
    clock.advance(50);
    loaded(flatPricing);
    await pricing;
    await expect.poll(() => accounts.totals().counts.hits).toBe(1);
  });

  it('bucket an event by the time at which it was observed', async () => {
    const { accounts, clock } = open();
    accounts.observe(hit({ usage }));
    const first = Math.floor(clock.now() / bucketMs) * bucketMs;
    clock.setNow(clock.now() + bucketMs);
    accounts.observe(hit({ usage }));
    clock.setNow(clock.now() - 3 * bucketMs);
    accounts.observe(hit({ usage }));
    await accounts.drain();
    const buckets = accounts.take().counters.map(({ bucket, counts }) => [bucket, counts.hits]);
    expect(buckets).toEqual([
      [first, 1],
      [first + bucketMs, 1],
      [first - 2 * bucketMs, 1],
    ]);
  });

  it('count spending by the cause of the call', async () => {
    const { accounts } = open();
    for (const cause of ['leader', 'refresh', 'audit', 'bypass', 'abandoned'] as const)
      accounts.observe({
        ...facts,
        type: 'provider-answer',
        cause,
        status: 200,
        durationMs: 900,
        bytes: 10,
        usage,
      });
    await accounts.drain();
    const { counts } = accounts.totals();
    const { missNano, refreshNano, auditNano, bypassNano, abandonedNano } = counts;
    expect([missNano, refreshNano, auditNano, bypassNano, abandonedNano]).toEqual(Array(5).fill(usageNano));
    expect(counts).toMatchObject({ inputTokens: 5000, outputTokens: 1000, savedNano: 0, requests: 0 });
  });

  it('lose no event when the queue is full before there are prices', () => {
    const { accounts } = open({ limits: { queue: 10 }, pricing: () => new Promise(() => {}) });
    for (let each = 0; each < 25; each++) accounts.observe(hit({ usage }));
    const { counts } = accounts.totals();
    expect(counts).toMatchObject({ hits: 20, savedNano: 20 * 2_000_000, estimatedSavedNano: 20 * 2_000_000 });
  });

  it('count at the flat rate, and report it once, if there are no prices', async () => {
    const troubles: string[] = [];
    const { accounts } = open({
      pricing: () => Promise.reject(new Error('the package is missing')),
      onTrouble: (message) => troubles.push(message),
    });
    for (let each = 0; each < 3; each++) {
      accounts.observe(hit({ usage }));
      await accounts.drain();
    }
    const flat = { savedNano: 6_000_000, estimatedSavedNano: 6_000_000 };
    expect(accounts.totals().counts).toMatchObject(flat);
    expect(troubles).toEqual([
      'There are no prices: the package is missing. Every answer counts at the flat rate.',
    ]);
  });

  it('listen to no event that they do not count', () => {
    const { accounts } = open();
    const types: ReadonlySet<ObservedEvent['type']> | undefined = accounts.observe.types;
    expect(types?.has('hit')).toBe(true);
    expect(types?.has('lease')).toBe(false);
  });
});
