import { calcPrice, type Provider } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { priceCatalogue } from './catalogue.ts';
import { billOf } from './rates.ts';
import { tokensOf } from './tokens.ts';

/** A price list of one seller, in the form of the package's. */
function catalogueOf(seller: Provider) {
  return priceCatalogue({
    calcPrice: (usage, model, { timestamp, providerId } = {}) =>
      providerId === seller.id
        ? calcPrice(usage, model, { provider: seller, ...(timestamp && { timestamp }) })
        : null,
    findProvider: ({ providerApiUrl }) =>
      providerApiUrl?.startsWith(seller.api_pattern) === true ? seller : undefined,
  });
}

const query = { provider: 'https://api.example/v1', protocol: 'openai-chat', at: 0, model: 'm' };

describe('the catalogue', () => {
  it('has a price for each length of the input, in whatever order they are listed', () => {
    const tiers = [
      { start: 200_000, price: 4 },
      { start: 100_000, price: 2 },
    ];
    const catalogue = catalogueOf({
      id: 'example',
      name: 'Example',
      api_pattern: 'https://api.example',
      models: [{ id: 'm', match: { equals: 'm' }, prices: { input_mtok: { base: 1, tiers } } }],
    });
    const rates = catalogue.find(query).listed?.rates;
    const usd = (inputTokens: number) =>
      rates && billOf(rates, tokensOf({ inputTokens, outputTokens: 10 }), 1).nano / 1e9;
    expect([100_000, 100_001, 200_000, 200_001].map(usd)).toEqual([0.1, 0.200002, 0.4, 0.800004]);
  });

  it('knows the seller behind a model of the AI SDK by its base URL', () => {
    const catalogue = catalogueOf({
      id: 'example',
      name: 'Example',
      api_pattern: 'https://api.example',
      models: [{ id: 'm', match: { equals: 'm' }, prices: { input_mtok: 1 } }],
    });
    const sdk = { ...query, protocol: 'ai-sdk' };
    expect(catalogue.find({ ...sdk, provider: 'ai-sdk:example.chat@https://api.example/v1' }).seller).toBe(
      'example',
    );
    expect(catalogue.find({ ...sdk, provider: 'ai-sdk:example.chat' }).seller).toBeUndefined();
  });

  it('bills by the answer where nothing else has a price', () => {
    const catalogue = catalogueOf({
      id: 'example',
      name: 'Example',
      api_pattern: 'https://api.example',
      models: [{ id: 'm', match: { equals: 'm' }, prices: { output_mtok: 1, requests_kcount: 5 } }],
    });
    const rates = catalogue.find(query).listed?.rates;
    expect(rates && billOf(rates, tokensOf({ inputTokens: 9, outputTokens: 0 }), 1).nano).toBe(5_000_000);
    expect(catalogue.find({ ...query, model: 'another' }).listed).toBeUndefined();
  });
});
