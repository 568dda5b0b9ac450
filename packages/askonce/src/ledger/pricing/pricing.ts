/**
 * What answers cost: by the user's own prices, else by those of `@pydantic/genai-prices`, else by the flat rate.
 */
import { type Listing, loadCatalogue, type ModelQuery } from './catalogue.ts';
import type { PricedAnswer, PriceSource, Pricing } from './contract.ts';
import { flatRateUsd } from './flat-rate.ts';
import { namesOf, type PriceBook, priceBook, queriesOf } from './price-book.ts';
import { checkedPrices, type OwnPrice, ownPrices } from './price-list.ts';

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

/**
 * Prices that are looked up in this thread, at once.
 *
 * @throws AskonceError `invalid_settings` if `prices` do not fit their schema
 */
export async function loadPricing(options: PricingOptions = {}): Promise<Pricing> {
  const book = bookOf(options);
  const { find } = loadCatalogue();
  return { source: priceSourceOf(options), costOf: (answer) => book.costOf(answer, find) };
}

/** Looks up models in the price list; one answer for each, in order. */
export type LookUp = (queries: readonly ModelQuery[]) => Promise<readonly Listing[]>;

/**
 * Prices that are looked up elsewhere, those of many answers at once.
 *
 * @throws AskonceError `invalid_settings` if `prices` do not fit their schema
 */
export function pricingBy(lookUp: LookUp, options: PricingOptions = {}): Required<Pricing> {
  const book = bookOf(options);

  async function learn(answers: readonly PricedAnswer[]): Promise<void> {
    const wanted = firstOfEach(answers);
    const queries = wanted.flatMap(queriesOf);
    const listings = await lookUp(queries);
    const found = new Map(queries.map((query, index) => [nameOf(query), listings[index]]));
    book.makeRoom(wanted.length);
    for (const answer of wanted) book.learn(answer, (query) => found.get(nameOf(query)) ?? notListed);
  }

  return {
    source: priceSourceOf(options),
    costOf: (answer) => book.costOf(answer),
    isKnown: book.isKnown,
    learn,
  };
}

const notListed: Listing = { seller: undefined, listed: undefined };

/** Of answers with the same names the first: its price counts for a quarter of an hour. */
function firstOfEach(answers: readonly PricedAnswer[]): readonly PricedAnswer[] {
  const first = new Map<string, PricedAnswer>();
  for (const answer of answers) {
    const name = namesOf(answer).join('\n');
    if (!first.has(name)) first.set(name, answer);
  }
  return [...first.values()];
}

function nameOf({ provider, protocol, at, model }: ModelQuery): string {
  return [provider, protocol, at, model].join('\n');
}

function bookOf({ prices = [], overrides, flatRateUsd: flatRate = flatRateUsd }: PricingOptions): PriceBook {
  return priceBook(ownPrices(checkedPrices(prices, overrides ?? 'prices')), flatRate);
}
