/**
 * What answers cost: by the user's own prices, else by those of `@pydantic/genai-prices`, else by the flat rate.
 */
import { namesMemo } from '../names-memo.ts';
import { priceCatalogue } from './catalogue.ts';
import type { Cost, PricedAnswer, PriceSource, Pricing } from './contract.ts';
import { flatCostAt, flatRateUsd } from './flat-rate.ts';
import { checkedPrices, type OwnPrice, ownPrices } from './price-list.ts';
import { billOf, type Rates } from './rates.ts';
import { tierShare } from './service-tiers.ts';
import { noTokens, tokensOf } from './tokens.ts';

export interface PricingOptions {
  /** Prices of your own. They go before the package's. Default: none. */
  readonly prices?: readonly OwnPrice[] | undefined;
  /** Where those prices are from, for reports: the path of a file. */
  readonly overrides?: string | undefined;
  /** US dollars for the answer to a request, without usage or of a model without a price. Default: 0.002. */
  readonly flatRateUsd?: number | undefined;
}

/** The package that is installed; a test compares it with the package itself. The date is that of its publication. */
const packaged = { name: '@pydantic/genai-prices', version: '0.1.8', date: '2026-09-23' };

/** Where prices are from, without loading them. */
export function priceSourceOf({ overrides, ...options }: PricingOptions = {}): PriceSource {
  return { ...packaged, ...(overrides && { overrides }), flatRate: options.flatRateUsd ?? flatRateUsd };
}

/** Prices may change within a day, at a quarter of an hour. */
const slotMs = 15 * 60_000;
/** Models whose prices are remembered, in about a megabyte. */
const mostKnown = 2_000;
/** Characters of a model's name that count. */
const longestName = 200;

function short(name: string): string {
  return name.length > longestName ? name.slice(0, longestName) : name;
}

/** How answers of one model and service tier are billed in one quarter of an hour. */
interface Price {
  readonly slot: number;
  readonly rates: Rates;
  readonly share: number;
  readonly isPerAnswer: boolean;
  readonly isGuess: boolean;
}

interface NoPrice {
  readonly slot: number;
  readonly rates: undefined;
}

/**
 * Loads the price list. It takes some twenty megabytes and tens of milliseconds, so it is loaded when first needed.
 *
 * @throws AskonceError `invalid_settings` if `prices` do not fit their schema
 */
export async function loadPricing(options: PricingOptions = {}): Promise<Pricing> {
  const { prices = [], overrides } = options;
  const flatCostOf = flatCostAt(options.flatRateUsd ?? flatRateUsd);
  const own = ownPrices(checkedPrices(prices, overrides ?? 'prices'));
  const catalogue = priceCatalogue(await import('@pydantic/genai-prices'));
  const known = namesMemo<Price | NoPrice>(mostKnown);

  /** By the user's own prices; the seller is looked up for its discounts alone. */
  function ownPriceOf(answer: PricedAnswer, model: string, slot: number): Price | undefined {
    const tier = answer.usage?.serviceTier;
    const found = own.find(answer, model, tier);
    if (found === undefined) return undefined;
    const { rates, isPerAnswer, isOfTier } = found;
    if (isOfTier) return { slot, rates, share: 1, isPerAnswer, isGuess: false };
    const seller = catalogue.sellerAt(answer.provider) ?? catalogue.find(answer, model)?.seller;
    const { share, isKnown } = tierShare(seller, tier);
    return { slot, rates, share, isPerAnswer, isGuess: !isKnown };
  }

  function listedPriceOf(answer: PricedAnswer, model: string, slot: number): Price | undefined {
    const found = catalogue.find(answer, model);
    if (found === undefined) return undefined;
    const { share, isKnown } = tierShare(found.seller, answer.usage?.serviceTier);
    return { slot, rates: found.rates, share, isPerAnswer: false, isGuess: found.isGuess || !isKnown };
  }

  function lookUp(answer: PricedAnswer, slot: number, names: readonly string[]): Price | NoPrice {
    for (const name of names) {
      if (name === '') continue;
      const price = ownPriceOf(answer, name, slot) ?? listedPriceOf(answer, name, slot);
      if (price !== undefined) return price;
    }
    return { slot, rates: undefined };
  }

  function priceOf(answer: PricedAnswer): Price | NoPrice {
    const slot = Math.floor(answer.at / slotMs);
    const { provider, protocol, usage } = answer;
    const model = short(answer.model);
    const asked = short(answer.asked ?? '');
    const names = [provider, protocol, model, asked, short(usage?.serviceTier ?? '')];
    const before = known.get(names);
    if (before?.slot === slot) return before;
    const price = lookUp(answer, slot, [model, asked]);
    known.set(names, price);
    return price;
  }

  function costOf(answer: PricedAnswer): Cost {
    const price = priceOf(answer);
    if (price.rates === undefined) return flatCostOf(answer);
    const { rates, share, isPerAnswer, isGuess } = price;
    const { usage } = answer;
    if (usage === undefined && !isPerAnswer) return flatCostOf(answer);
    const { nano, promptCacheNano } = billOf(rates, usage === undefined ? noTokens : tokensOf(usage), share);
    // Without a price for tokens it does not matter that they are an estimate.
    return { nano, promptCacheNano, estimated: isGuess || (usage?.estimated === true && !isPerAnswer) };
  }

  return { source: priceSourceOf(options), costOf };
}
