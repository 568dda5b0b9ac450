import { describe, expect, it } from 'vitest';
import type { Usage } from '../../entry/entry.ts';
import type { Cost, PricedAnswer } from './contract.ts';
import { checkedPrices, type OwnPrice } from './price-list.ts';
import { loadPricing } from './pricing.ts';

const usage: Usage = { inputTokens: 1_000_000, outputTokens: 1_000_000 };

async function costOf(prices: readonly OwnPrice[], answer: Partial<PricedAnswer> = {}): Promise<Cost> {
  const pricing = await loadPricing({ prices });
  const at = Date.parse('2026-11-29T12:00:00Z');
  const provider = 'https://api.openai.com/v1';
  return pricing.costOf({ provider, protocol: 'openai-chat', model: 'gpt-4o', usage, at, ...answer });
}

const usd = async (...given: Parameters<typeof costOf>) => (await costOf(...given)).nano / 1e9;

describe('prices of your own', () => {
  it('go before those of the package', async () => {
    const prices = [{ model: 'gpt-4o', inputUsdPerMillion: 1, outputUsdPerMillion: 4 }];
    expect(await costOf(prices)).toEqual({ nano: 5e9, estimated: false, promptCacheNano: 0 });
    expect(await usd(prices, { model: 'gpt-4o-mini' })).toBe(0.75);
  });

  it('count for the dated versions of a model and for its name behind a provider, unless those have prices', async () => {
    const prices = [
      { model: 'GPT-4o', inputUsdPerMillion: 1 },
      { model: 'gpt-4o-2024-11-20', inputUsdPerMillion: 3 },
    ];
    expect(await usd(prices, { model: 'gpt-4o-2024-08-06' })).toBe(1);
    expect(await usd(prices, { model: 'openai/gpt-4o' })).toBe(1);
    expect(await usd(prices, { model: 'gpt-4o-2024-11-20' })).toBe(3);
  });

  it('count from the most specific to the least', async () => {
    const prices = [
      { model: '*', inputUsdPerMillion: 1 },
      { model: 'my-*', inputUsdPerMillion: 2 },
      { model: 'my-model-*', inputUsdPerMillion: 3 },
      { model: 'my-model', inputUsdPerMillion: 4 },
      { model: '*', provider: 'https://models.example/', inputUsdPerMillion: 5 },
      { model: 'my-*', provider: 'https://models.example/v2', inputUsdPerMillion: 6 },
      { model: 'my-model', inputUsdPerMillion: 7 },
    ];
    expect(await usd(prices, { model: 'other' })).toBe(1);
    expect(await usd(prices, { model: 'my-own' })).toBe(2);
    expect(await usd(prices, { model: 'my-model-large' })).toBe(3);
    expect(await usd(prices, { model: 'my-model' })).toBe(4);
    expect(await usd(prices, { model: 'my-model', provider: 'https://Models.example/v1' })).toBe(5);
    expect(await usd(prices, { model: 'my-model', provider: 'https://models.example/v2' })).toBe(6);
  });

  it('count from their day on', async () => {
    const prices = [
      { model: 'my-model', inputUsdPerMillion: 3, from: '2026-12-01' },
      { model: 'my-model', inputUsdPerMillion: 2, from: '2026-06-01' },
      { model: 'my-model', inputUsdPerMillion: 1 },
      { model: 'my-model', inputUsdPerMillion: 9, from: '2026-06-01' },
    ];
    const on = (date: string) => usd(prices, { model: 'my-model', at: Date.parse(date) });
    expect(await on('2026-05-31T23:59:59Z')).toBe(1);
    expect(await on('2026-06-01T00:00:00Z')).toBe(2);
    expect(await on('2026-12-01T00:00:00Z')).toBe(3);
  });

  it('have prices for cached and cache-write tokens, which else cost what other input does', async () => {
    const used = {
      inputTokens: 1_000_000,
      outputTokens: 0,
      cachedInputTokens: 600_000,
      cacheWriteTokens: 100_000,
    };
    const plain = { model: 'my-model', inputUsdPerMillion: 10 };
    expect(await costOf([plain], { model: 'my-model', usage: used })).toMatchObject({
      nano: 10e9,
      promptCacheNano: 0,
    });
    const full = { ...plain, cachedInputUsdPerMillion: 1, cacheWriteUsdPerMillion: 12 };
    const cost = await costOf([full], { model: 'my-model', usage: used });
    expect(cost).toMatchObject({ nano: 3e9 + 0.6e9 + 1.2e9, promptCacheNano: 5.4e9 });
  });

  it('have a price for tokens that are cached for an hour, which else cost what other cache writes do', async () => {
    const used = {
      inputTokens: 1_000_000,
      outputTokens: 0,
      cacheWriteTokens: 600_000,
      hourCacheWriteTokens: 100_000,
    };
    const price = { model: 'my-model', inputUsdPerMillion: 10, cacheWriteUsdPerMillion: 12 };
    const nano = async (hourCacheWriteUsdPerMillion?: number) =>
      (await costOf([{ ...price, hourCacheWriteUsdPerMillion }], { model: 'my-model', usage: used })).nano;
    expect(await nano()).toBe(0.4 * 10e9 + 0.6 * 12e9);
    expect(await nano(20)).toBe(0.4 * 10e9 + 0.5 * 12e9 + 0.1 * 20e9);
  });

  it('never show a negative gain from a prompt cache', async () => {
    const used = { inputTokens: 1_000_000, outputTokens: 0, cachedInputTokens: 1_000_000 };
    const prices = [{ model: 'my-model', inputUsdPerMillion: 1, cachedInputUsdPerMillion: 2 }];
    expect(await costOf(prices, { model: 'my-model', usage: used })).toMatchObject({
      nano: 2e9,
      promptCacheNano: 0,
    });
  });

  it('have prices for service tiers, which cached input follows', async () => {
    const prices = [
      {
        model: 'gpt-4o',
        inputUsdPerMillion: 10,
        outputUsdPerMillion: 20,
        cachedInputUsdPerMillion: 5,
        cacheWriteUsdPerMillion: 12,
        batchInputUsdPerMillion: 4,
        batchOutputUsdPerMillion: 8,
        priorityOutputUsdPerMillion: 50,
      },
    ];
    const used = { ...usage, cachedInputTokens: 200_000, cacheWriteTokens: 100_000 };
    const cost = (serviceTier: string) => costOf(prices, { usage: { ...used, serviceTier } });
    const batch = { nano: 0.7 * 4e9 + 0.2 * 2e9 + 0.1 * 4.8e9 + 8e9, estimated: false };
    expect(await cost('batch')).toMatchObject(batch);
    expect(await cost('flex')).toMatchObject(batch);
    const priority = { nano: 0.7 * 10e9 + 0.2 * 5e9 + 0.1 * 12e9 + 50e9, estimated: false };
    expect(await cost('priority')).toMatchObject(priority);
  });

  it('without prices for a service tier get the discount that the provider documents', async () => {
    const prices = [{ model: '*', inputUsdPerMillion: 10 }];
    const cost = (answer: Partial<PricedAnswer>, serviceTier: string) =>
      costOf(prices, { ...answer, usage: { ...usage, serviceTier } });
    expect(await cost({}, 'batch')).toMatchObject({ nano: 5e9, estimated: false });
    expect(await cost({}, 'priority')).toMatchObject({ nano: 10e9, estimated: true });
    const provider = 'http://127.0.0.1:4000';
    expect(await cost({ provider, model: 'gpt-4o' }, 'batch')).toMatchObject({ nano: 5e9, estimated: false });
    expect(await cost({ provider, model: 'my-model' }, 'batch')).toMatchObject({
      nano: 10e9,
      estimated: true,
    });
  });

  it('may be free of charge for batches', async () => {
    const prices = [{ model: 'my-model', outputUsdPerMillion: 3, batchOutputUsdPerMillion: 0 }];
    const used = { ...usage, serviceTier: 'batch' };
    expect(await costOf(prices, { model: 'my-model', usage: used })).toMatchObject({
      nano: 0,
      estimated: false,
    });
  });

  it('may be by the answer, besides its tokens', async () => {
    const prices = [
      { model: 'my-model', inputUsdPerMillion: 1, outputUsdPerMillion: 1, perRequestUsd: 0.005 },
    ];
    expect(await usd(prices, { model: 'my-model' })).toBe(2.005);
    expect(await costOf(prices, { model: 'my-model', usage: undefined })).toMatchObject({
      nano: 2_000_000,
      estimated: true,
    });
  });

  it('by the answer alone need no tokens, and are no estimate', async () => {
    const prices = [{ model: 'my-function', perRequestUsd: 0.01 }];
    const known = { nano: 10_000_000, estimated: false, promptCacheNano: 0 };
    const protocol = 'function';
    expect(await costOf(prices, { model: 'my-function', protocol, usage: undefined })).toEqual(known);
    const estimated = { ...usage, estimated: true };
    expect(await costOf(prices, { model: 'my-function', protocol, usage: estimated })).toEqual(known);
  });
});

describe('a list of prices', () => {
  it.each([
    ['text', 'prices.yaml must be a list.'],
    [[{ inputUsdPerMillion: 1 }], 'prices.yaml, price 1, model is missing; it must be a string.'],
    [[{ model: 'a', inputUsdPerMillion: '1' }], 'prices.yaml, price 1, inputUsdPerMillion must be a number.'],
    [
      [{ model: 'a', inputUsdPerMillion: -1 }],
      'prices.yaml, price 1, inputUsdPerMillion must be at least 0.',
    ],
    [
      [{ model: 'a', inputUsdPerMillion: 1e6 }],
      'prices.yaml, price 1, inputUsdPerMillion must be at most 100000.',
    ],
    [
      [{ model: 'a', perRequestUsd: 1 }, { model: 'b' }],
      'prices.yaml, price 2 must have inputUsdPerMillion, outputUsdPerMillion or perRequestUsd.',
    ],
    [
      [{ model: 'a', perRequestUsd: 1, from: '1.11.2026' }],
      'prices.yaml, price 1, from must be a day, such as 2026-11-01.',
    ],
    [
      [{ model: 'a', perRequestUsd: 1, currency: 'EUR' }],
      'prices.yaml, price 1 has an unknown field: currency.',
    ],
  ])('that is wrong is refused, and the message names the place: %j', (value, message) => {
    expect(() => checkedPrices(value, 'prices.yaml')).toThrow(
      expect.objectContaining({ code: 'invalid_settings', message }),
    );
  });

  it('may be empty', () => {
    expect(checkedPrices([], 'prices.yaml')).toEqual([]);
  });

  it('that is an option is checked as well', async () => {
    await expect(loadPricing({ prices: [{ model: 'a' }] })).rejects.toMatchObject({
      code: 'invalid_settings',
    });
  });
});
