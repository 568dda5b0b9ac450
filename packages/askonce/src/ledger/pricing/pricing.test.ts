import { calcPrice, findProvider } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Usage } from '../../entry/entry.ts';
import type { PricedAnswer, Pricing } from './contract.ts';
import { loadPricing } from './pricing.ts';

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

  it('agrees with the package itself for every provider, model and usage', () => {
    const answers = fc.record({
      seller: fc.constantFrom('openai', 'anthropic', 'google', 'mistral', 'groq', 'deepseek', 'openrouter'),
      model: fc.nat(),
      input: fc.nat(400_000),
      output: fc.nat(100_000),
      cached: fc.nat(400_000),
      written: fc.nat(400_000),
      at: fc.integer({ min: day('2025-01-01'), max: day('2027-06-01') }),
    });
    fc.assert(
      fc.property(answers, ({ seller, model, input, output, cached, written, at }) => {
        const models = findProvider({ providerId: seller })?.models ?? [];
        const id = models[model % models.length]?.id ?? '';
        const read = Math.min(cached, input);
        const write = Math.min(written, input - read);
        const used = {
          input_tokens: input,
          output_tokens: output,
          cache_read_tokens: read,
          cache_write_tokens: write,
        };
        const theirs = calcPrice(used, id, { providerId: seller, timestamp: new Date(at) });
        const pattern = findProvider({ providerId: seller })?.api_pattern.replaceAll('\\', '') ?? '';
        const provider = seller === 'google' ? addresses.google : pattern.replace('(api.)?', '');
        const ours = pricing.costOf({
          provider,
          protocol: 'openai-chat',
          model: id,
          usage: usage(input, output, read, write),
          at,
        });
        if (theirs === null || ours.estimated) return;
        expect(Math.abs(ours.nano - theirs.total_price * 1e9)).toBeLessThanOrEqual(0.51);
      }),
      { numRuns: 2000 },
    );
  });
});
