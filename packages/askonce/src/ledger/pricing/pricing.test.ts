import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Usage } from '../../entry/entry.ts';
import type { PricedAnswer, Pricing } from './contract.ts';
import { flatPricing, flatPricingAt } from './flat-rate.ts';
import { loadPricing, priceSourceOf } from './pricing.ts';

const day = (date: string) => Date.parse(date);
const today = day('2026-11-29T12:00:00Z');

const addresses = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  azure: 'https://my-resource.openai.azure.com/openai/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta/openai',
  mistral: 'https://api.mistral.ai/v1',
  groq: 'https://api.groq.com/openai/v1',
  openrouter: 'https://openrouter.ai/api/v1',
  local: 'http://127.0.0.1:4000/v1',
} as const;

let pricing: Pricing;
beforeAll(async () => {
  pricing = await loadPricing();
});

/** Input, output, then cached and cache-write tokens. */
function usage(input: number, output: number, cached?: number, cacheWrite?: number): Usage {
  return {
    inputTokens: input,
    outputTokens: output,
    cachedInputTokens: cached,
    cacheWriteTokens: cacheWrite,
  };
}

function answer(
  provider: keyof typeof addresses,
  model: string,
  used: Usage | undefined,
  more: Partial<PricedAnswer> = {},
): PricedAnswer {
  const protocol = provider === 'anthropic' ? 'anthropic-messages' : 'openai-chat';
  return { provider: addresses[provider], protocol, model, usage: used, at: today, ...more };
}

const usdOf = (each: PricedAnswer) => pricing.costOf(each).nano / 1e9;

describe('the price of an answer', () => {
  // Each sum is written as the providers' price pages state it: tokens × US dollars per million.
  it.each([
    ['openai', 'gpt-4o', usage(1_000_000, 1_000_000), 2.5 + 10],
    ['openai', 'gpt-4o-2024-08-06', usage(1200, 300, 1000), (200 * 2.5 + 1000 * 1.25 + 300 * 10) / 1e6],
    ['openai', 'gpt-4o-mini', usage(1000, 500), (1000 * 0.15 + 500 * 0.6) / 1e6],
    ['openai', 'gpt-4.1-2025-04-14', usage(2048, 100, 1024), (1024 * 2 + 1024 * 0.5 + 100 * 8) / 1e6],
    ['openai', 'gpt-5-mini', usage(10_000, 2000, 8000), (2000 * 0.25 + 8000 * 0.025 + 2000 * 2) / 1e6],
    ['openai', 'o4-mini', usage(500, 4000), (500 * 1.1 + 4000 * 4.4) / 1e6],
    ['openai', 'text-embedding-3-small', usage(8000, 0), (8000 * 0.02) / 1e6],
    ['anthropic', 'claude-haiku-4-5-20251001', usage(1000, 200), (1000 * 1 + 200 * 5) / 1e6],
    [
      'anthropic',
      'claude-opus-4-5-20251101',
      usage(10_000, 1000, 6000, 3000),
      (1000 * 5 + 6000 * 0.5 + 3000 * 6.25 + 1000 * 25) / 1e6,
    ],
    [
      'anthropic',
      'claude-sonnet-4-5-20250929',
      { ...usage(10_000, 0, 0, 7000), hourCacheWriteTokens: 2000 },
      (3000 * 3 + 5000 * 3.75 + 2000 * 6) / 1e6,
    ],
    ['azure', 'gpt-4o-2024-11-20', usage(1000, 1000, 500), (500 * 2.5 + 500 * 1.25 + 1000 * 10) / 1e6],
    ['azure', 'o3-mini', usage(1000, 1000), (1000 * 1.1 + 1000 * 4.4) / 1e6],
    [
      'google',
      'models/gemini-2.5-flash',
      usage(3000, 700, 2000),
      (1000 * 0.3 + 2000 * 0.03 + 700 * 2.5) / 1e6,
    ],
    ['mistral', 'mistral-large-2512', usage(4000, 900), (4000 * 0.5 + 900 * 1.5) / 1e6],
    ['mistral', 'codestral-2508', usage(4000, 900, 1000), (3000 * 0.3 + 1000 * 0.03 + 900 * 0.9) / 1e6],
    ['groq', 'llama-3.3-70b-versatile', usage(5000, 800), (5000 * 0.59 + 800 * 0.79) / 1e6],
    ['groq', 'openai/gpt-oss-20b', usage(1000, 800), (1000 * 0.075 + 800 * 0.3) / 1e6],
    ['openrouter', 'openai/gpt-4o', usage(1000, 100), (1000 * 2.5 + 100 * 10) / 1e6],
  ] as const)('of %s, %s agrees with the sum made by hand', (provider, model, used, usd) => {
    const cost = pricing.costOf(answer(provider, model, used));
    expect(cost.nano).toBe(Math.round(usd * 1e9));
    expect(cost.estimated).toBe(false);
  });

  it('follows the length of the input: above 200 000 tokens, all tokens cost the higher price', () => {
    const model = 'claude-sonnet-4-5-20250929';
    expect(usdOf(answer('anthropic', model, usage(200_000, 1000)))).toBeCloseTo(0.2 * 3 + 0.015, 9);
    expect(usdOf(answer('anthropic', model, usage(200_001, 1000)))).toBeCloseTo(0.200001 * 6 + 0.0225, 9);
    const cached = usage(300_000, 1000, 250_000, 50_000);
    expect(usdOf(answer('anthropic', model, cached))).toBeCloseTo(0.25 * 0.6 + 0.05 * 7.5 + 0.0225, 9);
    expect(usdOf(answer('google', 'gemini-2.5-pro', usage(250_000, 1000)))).toBeCloseTo(
      0.25 * 2.5 + 0.015,
      9,
    );
  });

  it('follows the day: the price of o3 fell on 10 June 2025', () => {
    const used = usage(1_000_000, 0);
    expect(usdOf(answer('openai', 'o3', used, { at: day('2025-06-09T23:59:59Z') }))).toBe(10);
    expect(usdOf(answer('openai', 'o3', used, { at: day('2025-06-10T00:00:00Z') }))).toBe(2);
  });

  const sellers = {
    openai: addresses.openai,
    anthropic: addresses.anthropic,
    google: addresses.google,
    mistral: addresses.mistral,
    groq: addresses.groq,
    openrouter: addresses.openrouter,
    deepseek: 'https://api.deepseek.com',
    perplexity: 'https://api.perplexity.ai',
  } as const;

  it.each(Object.entries(sellers))(
    'of %s agrees with what the package itself makes of it',
    (seller, provider) => {
      // Those that are billed by tokens, or by requests, and whose names lead to them alone.
      const models = (findProvider({ providerId: seller })?.models ?? [])
        .map(({ id }) => id)
        .filter((id) => {
          const prices = calcPrice({}, id, { providerId: seller })?.model_price ?? {};
          return 'input_mtok' in prices || 'output_mtok' in prices;
        });
      expect(models.length).toBeGreaterThan(5);
      const answers = fc.record({
        model: fc.constantFrom(...models),
        input: fc.nat(400_000),
        output: fc.nat(100_000),
        cached: fc.nat(400_000),
        written: fc.nat(400_000),
        at: fc.integer({ min: day('2025-01-01'), max: day('2027-06-01') }),
      });
      fc.assert(
        fc.property(answers, ({ model, input, output, cached, written, at }) => {
          const read = Math.min(cached, input);
          const write = Math.min(written, input - read);
          const theirs = calcPrice(
            {
              input_tokens: input,
              output_tokens: output,
              cache_read_tokens: read,
              cache_write_tokens: write,
            },
            model,
            { providerId: seller, timestamp: new Date(at) },
          );
          const used = usage(input, output, read, write);
          const ours = pricing.costOf({ provider, protocol: 'openai-chat', model, usage: used, at });
          expect(ours.estimated).toBe(false);
          // Theirs is a sum in binary fractions: a half may go either way.
          expect(Math.abs(ours.nano - (theirs?.total_price ?? Number.NaN) * 1e9)).toBeLessThan(0.501);
        }),
        { numRuns: 300 },
      );
    },
  );

  it('is rounded once, and never in fractions of a nanodollar', () => {
    // 3 × 37.5 nanodollars.
    const { nano } = pricing.costOf(answer('groq', 'openai/gpt-oss-20b', usage(3, 0, 3)));
    expect(nano).toBe(113);
  });

  it('has the per-request price of a search model besides its tokens', () => {
    const price = calcPrice({}, 'sonar', { providerId: 'perplexity' })?.model_price;
    expect(price).toMatchObject({ input_mtok: 1, output_mtok: 1, requests_kcount: 12 });
    const provider = 'https://api.perplexity.ai';
    expect(usdOf(answer('local', 'sonar', usage(1000, 1000), { provider }))).toBeCloseTo(0.014, 9);
  });
});

describe('the model of an answer', () => {
  const used = usage(1_000_000, 0);

  it.each([
    // A gateway or a simulated provider on this machine: the name alone decides.
    ['gpt-4o', 'openai-chat', 2.5],
    ['openai/gpt-4o', 'openai-chat', 2.5],
    ['azure/gpt-4o', 'openai-chat', 2.5],
    ['GPT-4o-2024-08-06', 'openai-responses', 2.5],
    ['claude-haiku-4-5', 'anthropic-messages', 1],
    ['claude-haiku-4-5@20251001', 'openai-chat', 1],
    ['anthropic/claude-haiku-4.5', 'openai-chat', 1],
    ['bedrock/global.anthropic.claude-haiku-4-5-20251001-v1:0', 'openai-chat', 1],
    ['models/gemini-2.5-flash', 'openai-chat', 0.3],
    ['vertex_ai/gemini-2.5-flash', 'openai-chat', 0.3],
    ['mistral-large-2512', 'openai-chat', 0.5],
    ['groq/llama-3.3-70b-versatile', 'openai-chat', 0.59],
    ['openrouter/openai/gpt-4o', 'openai-chat', 2.5],
    ['text-embedding-3-large', 'openai-embeddings', 0.13],
    ['gpt-4o', 'my-protocol', 2.5],
  ])('%s is priced at an unknown host, for the protocol %s', (model, protocol, usd) => {
    const cost = pricing.costOf(answer('local', model, used, { protocol }));
    expect(cost).toEqual({ nano: usd * 1e9, estimated: false, promptCacheNano: 0 });
  });

  it.each([
    // A date or version that is not listed, a variant, a fine-tuned model, another provider's model.
    ['openai', 'gpt-4.1-2031-01-01', 2],
    ['openai', 'ft:gpt-4.1-2025-04-14:organization:name:id', 2],
    ['openrouter', 'openai/gpt-4o:nitro', 2.5],
    ['mistral', 'mistral-small-2506', 0.1],
    ['openai', 'claude-haiku-4-5', 1],
    ['local', 'llama-3.3-70b-versatile', 0.59],
  ] as const)('at %s, %s is priced like what it is nearest to, as an estimate', (provider, model, usd) => {
    expect(pricing.costOf(answer(provider, model, used))).toMatchObject({ nano: usd * 1e9, estimated: true });
  });

  it('is the one that was asked for, if the answer names none that has a price', () => {
    const cost = pricing.costOf(answer('azure', 'deployment-7', used, { asked: 'gpt-4o' }));
    expect(cost).toMatchObject({ nano: 2.5e9, estimated: false });
    expect(pricing.costOf(answer('local', '', used, { asked: 'gpt-4o' }))).toMatchObject({ nano: 2.5e9 });
  });

  it('costs nothing where it is free', () => {
    const cost = pricing.costOf(answer('openrouter', 'openai/gpt-oss-20b:free', used));
    expect(cost).toEqual({ nano: 0, estimated: false, promptCacheNano: 0 });
  });

  it.each([
    ['no provider lists', 'local', 'my-own-model'],
    ['is billed by the hour of audio', 'openai', 'whisper-1'],
    ['has a name longer than any', 'openai', 'x'.repeat(100_000)],
    ['has a name of ever more parts', 'local', `${'a/'.repeat(90)}gpt-4o`],
  ] as const)('costs the flat rate if it %s', (_why, provider, model) => {
    expect(pricing.costOf(answer(provider, model, used))).toEqual({
      nano: 2_000_000,
      estimated: true,
      promptCacheNano: 0,
    });
  });
});

describe('the tokens of an answer', () => {
  it('cost the flat rate if the provider reports none', () => {
    const cost = pricing.costOf(answer('openai', 'gpt-4o', undefined));
    expect(cost).toEqual({ nano: 2_000_000, estimated: true, promptCacheNano: 0 });
  });

  it('are priced as an estimate if they are one', () => {
    const used = { ...usage(1000, 0), estimated: true };
    expect(pricing.costOf(answer('openai', 'gpt-4o', used))).toMatchObject({
      nano: 2_500_000,
      estimated: true,
    });
  });

  it('show what the own cache of the provider took off', () => {
    const cached = pricing.costOf(answer('openai', 'gpt-4o', usage(2000, 10, 1000)));
    expect(cached.promptCacheNano).toBe(1_250_000);
    // A write to that cache costs more than other input, and takes nothing off.
    const written = pricing.costOf(answer('anthropic', 'claude-haiku-4-5', usage(2000, 10, 0, 1000)));
    expect(written.promptCacheNano).toBe(0);
  });

  it.each([
    ['more cached than input', usage(1000, 0, 5000), usage(1000, 0, 1000)],
    ['more parts than input', usage(1000, 0, 600, 600), usage(1000, 0, 600, 400)],
    ['a negative number', usage(1000, -5), usage(1000, 0)],
    ['no number', usage(Number.NaN, 7), usage(0, 7)],
    ['more than there can be', usage(Number.MAX_SAFE_INTEGER, 0), usage(100_000_000, 0)],
  ])('are brought to order if a provider reports %s', (_what, reported, meant) => {
    const model = 'claude-haiku-4-5';
    const cost = pricing.costOf(answer('anthropic', model, reported));
    expect(cost).toEqual(pricing.costOf(answer('anthropic', model, meant)));
    expect(Number.isSafeInteger(cost.nano)).toBe(true);
  });
});

describe('the service tier', () => {
  const used = (serviceTier?: string): Usage => ({ ...usage(1_000_000, 100_000, 500_000), serviceTier });

  it.each([
    ['openai', 'gpt-4o', 'batch'],
    ['openai', 'gpt-4o', 'flex'],
    ['azure', 'gpt-4o', 'batch'],
    ['anthropic', 'claude-haiku-4-5', 'batch'],
    ['google', 'gemini-2.5-flash', 'batch'],
    ['local', 'gpt-4o', 'flex'],
  ] as const)('halves all prices of %s for %s, where it is %s', (provider, model, tier) => {
    const whole = pricing.costOf(answer(provider, model, used()));
    const half = pricing.costOf(answer(provider, model, used(tier)));
    expect(half.nano).toBe(whole.nano / 2);
    expect(half.promptCacheNano).toBe(whole.promptCacheNano / 2);
    expect(half.estimated).toBe(false);
  });

  it.each([
    ['openai', 'gpt-4o', 'default', false],
    ['groq', 'llama-3.3-70b-versatile', 'on_demand', false],
    ['groq', 'llama-3.3-70b-versatile', 'flex', false],
    ['openai', 'gpt-4o', 'priority', true],
    ['anthropic', 'claude-haiku-4-5', 'flex', true],
    ['openrouter', 'openai/gpt-4o', 'batch', true],
    ['openai', 'gpt-4o', 'constructor', true],
  ] as const)(
    'of %s for %s named %s costs the usual price (an estimate: %s)',
    (provider, model, tier, estimated) => {
      const { nano } = pricing.costOf(answer(provider, model, used()));
      expect(pricing.costOf(answer(provider, model, used(tier)))).toMatchObject({ nano, estimated });
    },
  );
});

describe('pricing without a price list', () => {
  it('costs the flat rate for every answer', () => {
    const cost = flatPricing.costOf(answer('openai', 'gpt-4o', usage(1_000_000, 0)));
    expect(cost).toEqual({ nano: 2_000_000, estimated: true, promptCacheNano: 0 });
  });

  it('costs a flat rate of your own, where a list has no price, too', async () => {
    const nano = 30_000_001;
    const flatRateUsd = nano / 1e9;
    const own = await loadPricing({ flatRateUsd });
    expect(own.source).toEqual(priceSourceOf({ flatRateUsd }));
    expect(own.source.flatRate).toBe(flatRateUsd);
    for (const { costOf } of [own, flatPricingAt(flatRateUsd)])
      expect(costOf(answer('openai', 'no-such-model', usage(1000, 10)))).toEqual({
        nano,
        estimated: true,
        promptCacheNano: 0,
      });
  });
});

describe('the source of prices', () => {
  it('is the package that is installed', async () => {
    const manifest = fileURLToPath(import.meta.resolve('@pydantic/genai-prices')).replace(
      /dist.*$/,
      'package.json',
    );
    const { name, version } = JSON.parse(await readFile(manifest, 'utf8'));
    expect(pricing.source).toMatchObject({ name, version, flatRate: 0.002 });
    expect(pricing.source.date).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(pricing.source.overrides).toBeUndefined();
  });

  it('names the file of prices that go before', async () => {
    const { source } = await loadPricing({ overrides: '/etc/askonce/prices.yaml' });
    expect(source.overrides).toBe('/etc/askonce/prices.yaml');
  });
});
