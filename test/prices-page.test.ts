/**
 * The page of prices agrees with the prices that are counted.
 */
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { flatRateUsd } from '../packages/askonce/src/ledger/pricing/flat-rate.ts';
import { checkedPrices, ownPriceSchema } from '../packages/askonce/src/ledger/pricing/price-list.ts';
import { loadPricing } from '../packages/askonce/src/ledger/pricing/pricing.ts';
import { documentedTiers } from '../packages/askonce/src/ledger/pricing/service-tiers.ts';
import { code, fencesOf, page, section, tableRows } from './support/pages.ts';

const prices = page('docs/reference/prices.md');

it('the page of prices lists each field of a price, and no other', () => {
  const listed = tableRows(section(prices, 'Prices of your own'), 'field').map(([name]) => code(name));
  expect(listed.toSorted()).toEqual(Object.keys(ownPriceSchema.shape).toSorted());
});

it('the page of prices lists each service tier that has a price, and no other', () => {
  const listed = tableRows(section(prices, 'Service tiers'), 'provider');
  const documented = [...documentedTiers].flatMap(([seller, tiers]) =>
    [...tiers].map(([tier, { share }]) => [seller, tier, share]),
  );
  expect(listed.map(([seller, tier, part]) => [code(seller), code(tier), Number(part)])).toEqual(documented);
});

it('the page of prices names the flat rate', () => {
  expect(section(prices, 'How a price is found')).toContain(`**flat rate of $${flatRateUsd}**`);
});

it('the list on the page of prices counts as the page says', async () => {
  const [{ text } = { text: '' }] = fencesOf(prices).filter(({ info }) => info === 'yml');
  const pricing = await loadPricing({ prices: checkedPrices(parse(text), 'the page') });
  const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000, cachedInputTokens: 500_000 };
  const usd = (provider: string, model: string, day: string) =>
    pricing.costOf({ provider, protocol: 'openai-chat', model, usage, at: Date.parse(day) }).nano / 1e9;
  expect(usd('https://api.openai.com/v1', 'gpt-4o-2024-08-06', '2026-12-31')).toBe(1.125 + 0.5625 + 9);
  expect(usd('https://api.openai.com/v1', 'gpt-4o-2024-08-06', '2027-01-01')).toBe(10);
  expect(usd('http://localhost:11434/v1', 'llama3.3', '2026-12-31')).toBe(0);
  expect(usd('https://functions.example', 'summarize', '2026-12-31')).toBe(0.004);
});
