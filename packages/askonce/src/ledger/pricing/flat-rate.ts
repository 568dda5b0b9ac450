/**
 * The flat rate: what an answer costs if its tokens, or the prices of its model, are not known.
 */
import type { Cost, PriceSource, Pricing } from './contract.ts';

/** US dollars for an answer. */
export const flatRateUsd = 0.002;

/** What such an answer costs, marked as an estimate. */
export const flatCost: Cost = { nano: flatRateUsd * 1e9, estimated: true, promptCacheNano: 0 };

const noPrices: PriceSource = { name: 'flat rate', version: '', date: '', flatRate: flatRateUsd };

/** Pricing without a price list: every answer costs the flat rate. */
export const flatPricing: Pricing = { source: noPrices, costOf: () => flatCost };
