import { describe, expect, it } from 'vitest';
import { answered, facts, hit, providerAnswer } from '../../../../../test/support/ledger-events.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import { type FakeClock, fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
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

  it('enter a thousand events in a turn of the event loop, so that requests are served in between', async () => {
    const pricing = Promise.resolve(flatPricing);
    const { accounts, clock } = open({ pricing: () => pricing });
    for (let each = 0; each < 2500; each++) accounts.observe(hit());
    clock.advance(50);
    const hits = () => accounts.totals().counts.hits;
    await expect.poll(hits).toBe(1000);
    clock.advance(1);
    expect(hits()).toBe(2000);
    // What comes meanwhile waits for its turn.
    accounts.observe(hit());
    clock.advance(1);
    expect(hits()).toBe(2501);
    accounts.observe(hit());
    clock.advance(50);
    await expect.poll(hits).toBe(2502);
  });

  it('end a turn early when events take long', async () => {
    const { accounts, clock } = open({
      pricing: async () => ({
        source: flatPricing.source,
        costOf() {
          // As if each took a tenth of a millisecond.
          clock.advance(0.1);
          return { nano: 1, estimated: false, promptCacheNano: 0 };
        },
      }),
    });
    for (let each = 0; each < 300; each++) accounts.observe(hit());
    clock.advance(50);
    const hits = () => accounts.totals().counts.hits;
    await expect.poll(hits).toBe(50);
    clock.advance(1);
    expect(hits()).toBe(100);
    await accounts.drain();
    expect(hits()).toBe(300);
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

  it('count a request and its call under the model that was asked for, whatever the answer calls it', async () => {
    const { accounts } = open();
    const answering = { model: 'gpt-4o-2024-08-06', usage };
    accounts.observe({ ...facts, type: 'miss', reason: 'absent', durationMs: 1, keyMs: 1, storeMs: 0 });
    accounts.observe(providerAnswer(answering));
    accounts.observe({ ...facts, type: 'stored', bytes: 1, storeMs: 1, ...answering });
    accounts.observe(answered(answering));
    accounts.observe(hit(answering));
    accounts.observe({
      ...facts,
      type: 'provider-failure',
      cause: 'leader',
      code: 'provider_timeout',
      durationMs: 1,
    });
    await accounts.drain();
    const { counters, patterns } = accounts.take();
    expect(counters.map(({ dimensions }) => dimensions.model)).toEqual(['gpt-4o']);
    expect(counters[0]?.counts).toMatchObject({ requests: 2, calls: 2, errors: 1, missNano: usageNano });
    expect([...accounts.totals().models.keys()]).toEqual(['gpt-4o']);
    expect(patterns.map(({ model }) => model)).toEqual(['gpt-4o']);
  });

  it('count a call whose request was not read under the model that the answer names', async () => {
    const { accounts } = open();
    accounts.observe({ ...facts, subject: '', key: undefined, type: 'bypass', reason: 'encoded-body' });
    accounts.observe(providerAnswer({ subject: '', cause: 'bypass', model: 'gpt-4o-2024-08-06', usage }));
    await accounts.drain();
    const counted = accounts
      .take()
      .counters.map(({ dimensions, counts }) => [dimensions.model, counts.calls]);
    expect(counted).toEqual([
      ['', 0],
      ['gpt-4o-2024-08-06', 1],
    ]);
  });

  it('price an answer by the model that it names, not by the one that was asked for', async () => {
    const { accounts } = open();
    accounts.observe(providerAnswer({ subject: 'router', model: 'gpt-4o-2024-08-06', usage }));
    await accounts.drain();
    expect(accounts.totals().counts).toMatchObject({ missNano: usageNano, estimatedSpentNano: 0 });
    expect(accounts.take().counters[0]?.dimensions.model).toBe('router');
  });

  it('open no counter for a miss, which is counted when it is answered', async () => {
    const { accounts } = open();
    accounts.observe({ ...facts, type: 'miss', reason: 'absent', durationMs: 1, keyMs: 1, storeMs: 0 });
    await accounts.drain();
    expect(accounts.take().counters).toEqual([]);
  });

  it.each([
    ['its model has no price', { model: 'my-embedder', usage: { inputTokens: 12, outputTokens: 0 } }, 0],
    ['it reports no tokens', { model: 'text-embedding-3-small' }, 0],
    ['both are known', { model: 'text-embedding-3-small', usage: { inputTokens: 12, outputTokens: 0 } }, 240],
    ['it has a price of its own', { model: 'my-embedder', usd: 0.000_001 }, 1000],
    [
      'its price is in a list of your own',
      { model: 'listed', usage: { inputTokens: 12, outputTokens: 0 } },
      12_000,
    ],
    ['its price for each answer is in such a list', { model: 'per-answer' }, 5000],
  ])('price a call of the semantic tier, never at the flat rate: %s', async (_what, call, nano) => {
    const prices = [
      { model: 'listed', inputUsdPerMillion: 1 },
      { model: 'per-answer', perRequestUsd: 0.000_005 },
    ];
    const { accounts } = open({ pricing: () => loadPricing({ prices }) });
    const provider = 'https://models.example/v1';
    accounts.observe({ type: 'semantic-call', part: 'embedder', durationMs: 1, provider, ...call });
    await accounts.drain();
    expect(accounts.totals().counts.embeddingNano).toBe(nano);
  });

  it('count nothing for a call of the semantic tier if there are no prices', async () => {
    const { accounts } = open({ pricing: () => Promise.reject(new Error('the package is missing')) });
    const call = {
      type: 'semantic-call',
      part: 'embedder',
      durationMs: 1,
      provider: '',
      model: 'm',
      usage,
    } as const;
    accounts.observe(call);
    await accounts.drain();
    expect(accounts.totals().counts).toMatchObject({ embeddingNano: 0, estimatedSpentNano: 0 });
  });

  it('count spending by the cause of the call', async () => {
    const { accounts } = open();
    for (const cause of ['leader', 'refresh', 'audit', 'bypass', 'warm', 'abandoned'] as const)
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
    const { missNano, refreshNano, auditNano, bypassNano, warmNano, abandonedNano } = counts;
    expect([missNano, refreshNano, auditNano, bypassNano, warmNano, abandonedNano]).toEqual(
      Array(6).fill(usageNano),
    );
    expect(counts).toMatchObject({ inputTokens: 6000, outputTokens: 1200, savedNano: 0, requests: 0 });
  });

  it('count nothing as shared of a batch whose own call was answered with an error', async () => {
    const { accounts } = open();
    const batch = { ...facts, type: 'answered', by: 'call', durationMs: 900, savedUsage: usage } as const;
    accounts.observe({ ...batch, status: 200 });
    accounts.observe({ ...batch, status: 503 });
    await accounts.drain();
    const { counts } = accounts.totals();
    expect(counts).toMatchObject({ misses: 2, sharedTokens: 1200, sharedNano: usageNano });
  });

  it('open one counter for a request, under the model that was asked for where another one has answered', async () => {
    const { accounts } = open();
    const times = { durationMs: 1, keyMs: 0.1, storeMs: 0 };
    const asked = { ...facts, subject: 'gpt-4o' };
    const model = 'gpt-4o-2024-08-06';
    accounts.observe({ ...asked, type: 'miss', reason: 'absent', ...times });
    accounts.observe({ ...asked, type: 'provider-call', cause: 'leader', streamed: false });
    const answer = { status: 200, durationMs: 900, usage, model };
    accounts.observe({ ...asked, ...answer, type: 'provider-answer', cause: 'leader', bytes: 10 });
    accounts.observe({ ...asked, ...answer, type: 'answered', by: 'call' });
    await accounts.drain();
    const { counters } = accounts.take();
    expect(counters.map(({ dimensions }) => dimensions.model)).toEqual(['gpt-4o']);
    expect(counters[0]?.counts).toMatchObject({ requests: 1, misses: 1, calls: 1, missNano: usageNano });
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

  it('go on when the listener to their trouble fails, and when prices are wanted in vain', async () => {
    const { accounts } = open({
      pricing: () => {
        throw new Error('no such package');
      },
      onTrouble: () => {
        throw new Error('nothing listens');
      },
    });
    accounts.observe(hit({ usage }));
    await expect(accounts.drain()).resolves.toBeUndefined();
    expect(accounts.totals().counts).toMatchObject({ hits: 1, savedNano: 2_000_000 });
  });

  it('count at the flat rate what the price list fails at', async () => {
    const failing: Pricing = {
      source: flatPricing.source,
      costOf({ model }) {
        if (model === 'broken') throw new Error('Unknown price constraint');
        return { nano: 7, estimated: false, promptCacheNano: 0 };
      },
    };
    const { accounts } = open({ pricing: async () => failing });
    accounts.observe(hit({ model: 'broken' }));
    accounts.observe(hit());
    await accounts.drain();
    expect(accounts.totals().counts).toMatchObject({ savedNano: 2_000_007, estimatedSavedNano: 2_000_000 });
  });

  it('know where their prices are from once there was something to price', async () => {
    const { accounts } = open();
    await accounts.drain();
    expect(accounts.priceSource).toBeUndefined();
    accounts.observe(hit({ usage }));
    await accounts.drain();
    expect(accounts.priceSource?.name).toBe('@pydantic/genai-prices');
  });

  it.each([
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 0],
    [-1, 0],
    [1e9, 0],
    [0.25, 250_000_000],
  ])('keep their sums whole if a verifier says that a call cost %d US dollars', async (usd, nano) => {
    const { accounts } = open();
    accounts.observe({
      type: 'semantic-call',
      part: 'verifier',
      durationMs: 1,
      provider: '',
      model: '',
      usd,
    });
    accounts.observe(hit({ usage, durationMs: usd }));
    await accounts.drain();
    const { counts } = accounts.totals();
    expect(counts.verifyingNano).toBe(nano);
    expect(Object.values(counts).every(Number.isSafeInteger)).toBe(true);
  });

  it('keep the totals alone if nothing takes what they add up', async () => {
    const { accounts } = open({ isTaken: false });
    accounts.observe(hit({ usage }));
    accounts.stored(sampleEntry({ key: 'key', semanticText: 'How?' }));
    await accounts.drain();
    expect(accounts.totals().counts).toMatchObject({ hits: 1, savedNano: usageNano });
    expect(accounts.take()).toEqual({ counters: [], tags: [], patterns: [], rows: [], lostRows: 0 });
  });

  it('listen to no event that they do not count', () => {
    const { accounts } = open();
    const types: ReadonlySet<ObservedEvent['type']> | undefined = accounts.observe.types;
    expect(types?.has('hit')).toBe(true);
    expect(types?.has('lease')).toBe(false);
  });
});
