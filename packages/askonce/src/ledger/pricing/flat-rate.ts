/**
 * The flat rate: what an answer costs if its tokens, or the prices of its model, are not known.
 */
import type { Cost, Pricing } from './contract.ts';

/** US dollars for an answer, unless an option says otherwise. */
export const flatRateUsd = 0.002;

/** What such an answer costs, marked as an estimate. */
export function flatCostAt(usd: number): Cost {
  return { nano: Math.round(usd * 1e9), estimated: true, promptCacheNano: 0 };
}

/** Pricing without a price list: every answer costs the flat rate, in US dollars. */
export function flatPricingAt(usd: number): Pricing {
  const cost = flatCostAt(usd);
  return { source: { name: 'flat rate', version: '', date: '', flatRate: usd }, costOf: () => cost };
}

export const flatPricing = flatPricingAt(flatRateUsd);
