/**
 * Prices of one model, and what an answer costs by them.
 *
 * Prices are picodollars (10⁻¹² US dollars) a token. A price list's dollars per million tokens, with at most six decimals,
 * are whole numbers of them, so that sums are exact and are rounded to nanodollars once.
 */
import type { Tokens } from './tokens.ts';

/** Picodollars a token, which depend on the length of the input. */
export interface Rate {
  readonly base: number;
  /** In ascending order. */
  readonly steps: readonly RateStep[];
}

interface RateStep {
  /** The price counts for all tokens of an answer whose input is longer than this. */
  readonly above: number;
  readonly pico: number;
}

export interface Rates {
  readonly input: Rate;
  readonly output: Rate;
  readonly cached: Rate;
  readonly cacheWrite: Rate;
  /** Of input that is written to the prompt cache for an hour. */
  readonly hourCacheWrite: Rate;
  /** Picodollars for each answer, besides its tokens. */
  readonly perAnswer: number;
}

export interface Bill {
  /** Nanodollars, an integer. */
  readonly nano: number;
  /** What the cached tokens would have cost as other input, less what they cost; never negative. */
  readonly promptCacheNano: number;
}

/** Picodollars a token, for a price in US dollars per million tokens. */
export function picoOf(usdPerMillion: number): number {
  const exact = usdPerMillion * 1e6;
  const whole = Math.round(exact);
  // 0.035 × 10⁶ is 35000.00000000001 in binary.
  return Math.abs(exact - whole) < 1e-6 ? whole : exact;
}

export function flatRate(usdPerMillion: number): Rate {
  return { base: picoOf(usdPerMillion), steps: [] };
}

/** What an answer costs. `share` is the part of each token's price that its service tier is billed: 0.5 for half. */
export function billOf(rates: Rates, tokens: Tokens, share: number): Bill {
  const { input, output, cached, cacheWrite, hourCacheWrite } = tokens;
  const inputPrice = priceAt(rates.input, input);
  const cachedPrice = priceAt(rates.cached, input);
  const pico =
    (input - cached - cacheWrite) * inputPrice +
    cached * cachedPrice +
    (cacheWrite - hourCacheWrite) * priceAt(rates.cacheWrite, input) +
    hourCacheWrite * priceAt(rates.hourCacheWrite, input) +
    output * priceAt(rates.output, input);
  return {
    nano: Math.round((pico * share + rates.perAnswer) / 1000),
    promptCacheNano: Math.max(0, Math.round((cached * (inputPrice - cachedPrice) * share) / 1000)),
  };
}

function priceAt({ base, steps }: Rate, input: number): number {
  let price = base;
  for (const { above, pico } of steps) if (input > above) price = pico;
  return price;
}
