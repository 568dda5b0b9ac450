/**
 * What an answer costs, as the accounts ask for it.
 */
import type { Usage } from '../../entry/entry.ts';

export interface PricedAnswer {
  /** Origin and base path of the provider. */
  readonly provider: string;
  readonly protocol: string;
  /** The model that the answer names, else the one that was asked for. */
  readonly model: string;
  /** The model that was asked for: its price counts if the model that the answer names has none. */
  readonly asked?: string | undefined;
  /** Absent if the provider reported none. */
  readonly usage?: Usage | undefined;
  /** When it was billed, in milliseconds since the epoch: prices have dates. */
  readonly at: number;
  /**
   * What it costs without usage, or if the model has no price. Default: the flat rate, as a request does. A look-up of the
   * semantic tier is a thousand times cheaper, or free where the model is one's own.
   */
  readonly otherwise?: 'nothing' | undefined;
}

export interface Cost {
  /** Nanodollars, an integer. */
  readonly nano: number;
  /** True for the flat rate, and for a price of estimated tokens. */
  readonly estimated: boolean;
  /** Nanodollars that the provider's own prompt cache took off: what its cached tokens would have cost as others. */
  readonly promptCacheNano: number;
}

/** Where prices are from, for reports. */
export interface PriceSource {
  /** Package, its version, and the day on which that was published: `2026-11-20`. */
  readonly name: string;
  readonly version: string;
  readonly date: string;
  /** Path of the file of the user's own prices, which go before. */
  readonly overrides?: string | undefined;
  /** US dollars for the answer to a request, without usage or of a model without a price. */
  readonly flatRate: number;
}

export interface Pricing {
  readonly source: PriceSource;
  /** The flat rate if the price is not known. */
  costOf(answer: PricedAnswer): Cost;
  /** Whether the price of an answer need not be looked up first. Absent: no price must be. */
  isKnown?(answer: PricedAnswer): boolean;
  /** Looks up the prices of answers; at least that of the first is known then. Rejects if there are no prices. */
  learn?(answers: readonly PricedAnswer[]): Promise<void>;
}
