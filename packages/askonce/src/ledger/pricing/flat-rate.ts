/**
 * The flat rate: what the answer to a request costs if its tokens, or the prices of its model, are not known.
 */
import type { Cost, Pricing } from './contract.ts';

/** US dollars for an answer, unless an option says otherwise. */
export const flatRateUsd = 0.002;

const nothing: Cost = { nano: 0, estimated: true, promptCacheNano: 0 };

/** What such answers cost, marked as an estimate: the flat rate, in US dollars, or nothing where they say so. */
export function flatCostAt(usd: number): Pricing['costOf'] {
  const flat: Cost = { nano: Math.round(usd * 1e9), estimated: true, promptCacheNano: 0 };
  return ({ otherwise }) => (otherwise === 'nothing' ? nothing : flat);
}

/** Pricing without a price list: every answer costs the flat rate, in US dollars. */
export function flatPricingAt(usd: number): Pricing {
  return { source: { name: 'flat rate', version: '', date: '', flatRate: usd }, costOf: flatCostAt(usd) };
}

export const flatPricing = flatPricingAt(flatRateUsd);
