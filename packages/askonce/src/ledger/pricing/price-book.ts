/**
 * The prices that are known: of models that were looked up, each for a quarter of an hour. That a model has none is known for
 * the day.
 */
import { namesMemo } from '../names-memo.ts';
import type { Listing, ModelQuery } from './catalogue.ts';
import type { Cost, PricedAnswer } from './contract.ts';
import { flatCostAt } from './flat-rate.ts';
import type { OwnPrices } from './price-list.ts';
import { billOf, type Rates } from './rates.ts';
import { tierShare } from './service-tiers.ts';
import { noTokens, tokensOf } from './tokens.ts';

/** Prices may change within a day, at a quarter of an hour. */
const slotMs = 15 * 60_000;
/** A model that has no price may have one from a later day on. */
const dayMs = 24 * 3_600_000;
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
  readonly day: number;
  readonly rates: undefined;
}

/** Finds what the price list has of a model. */
type Find = (query: ModelQuery) => Listing;

export interface PriceBook {
  isKnown(answer: PricedAnswer): boolean;
  /** Enters the price of an answer. */
  learn(answer: PricedAnswer, find: Find): void;
  /** Forgets all if there is no room for so many more. */
  makeRoom(more: number): void;
  /** If the price is not known, it is found, or else the answer costs the flat rate. */
  costOf(answer: PricedAnswer, find?: Find): Cost;
}

/** The models that may have to be looked up for an answer: the one that it names, then the one that was asked for. */
export function queriesOf({ provider, protocol, at, model, asked }: PricedAnswer): readonly ModelQuery[] {
  const names = new Set([short(model), short(asked ?? '')]);
  names.delete('');
  return [...names].map((name) => ({ provider, protocol, at, model: name }));
}

export function priceBook(own: OwnPrices, flatRateUsd: number): PriceBook {
  const flatCostOf = flatCostAt(flatRateUsd);
  const known = namesMemo<Price | NoPrice>(mostKnown);
  /** Prices that were entered since all were forgotten, at least. */
  let entered = 0;

  function knownPrice(answer: PricedAnswer): Price | NoPrice | undefined {
    const price = known.get(namesOf(answer));
    return price !== undefined && isOf(price, answer) ? price : undefined;
  }

  /** By the user's own prices; the seller is looked up for its discounts alone. */
  function ownPriceOf(answer: PricedAnswer, query: ModelQuery, find: Find): Price | undefined {
    const tier = answer.usage?.serviceTier;
    const found = own.find(answer, query.model, tier);
    if (found === undefined) return undefined;
    const { rates, isPerAnswer, isOfTier } = found;
    const slot = slotOf(answer);
    if (isOfTier) return { slot, rates, share: 1, isPerAnswer, isGuess: false };
    const { share, isKnown } = tierShare(find(query).seller, tier);
    return { slot, rates, share, isPerAnswer, isGuess: !isKnown };
  }

  function listedPriceOf(answer: PricedAnswer, query: ModelQuery, find: Find): Price | undefined {
    const { listed } = find(query);
    if (listed === undefined) return undefined;
    const { share, isKnown } = tierShare(listed.seller, answer.usage?.serviceTier);
    const isGuess = listed.isGuess || !isKnown;
    return { slot: slotOf(answer), rates: listed.rates, share, isPerAnswer: false, isGuess };
  }

  function priceOf(answer: PricedAnswer, find: Find): Price | NoPrice {
    for (const query of queriesOf(answer)) {
      const price = ownPriceOf(answer, query, find) ?? listedPriceOf(answer, query, find);
      if (price !== undefined) return price;
    }
    return { day: dayOf(answer), rates: undefined };
  }

  function learn(answer: PricedAnswer, find: Find): Price | NoPrice {
    const price = priceOf(answer, find);
    entered++;
    known.set(namesOf(answer), price);
    return price;
  }

  return {
    isKnown: (answer) => knownPrice(answer) !== undefined,
    learn: (answer, find) => void learn(answer, find),
    makeRoom(more) {
      if (entered + more <= mostKnown) return;
      known.clear();
      entered = 0;
    },
    costOf(answer, find) {
      const price = knownPrice(answer) ?? (find && learn(answer, find));
      if (price?.rates === undefined) return flatCostOf(answer);
      const { rates, share, isPerAnswer, isGuess } = price;
      const { usage } = answer;
      if (usage === undefined && !isPerAnswer) return flatCostOf(answer);
      const { nano, promptCacheNano } = billOf(
        rates,
        usage === undefined ? noTokens : tokensOf(usage),
        share,
      );
      // Without a price for tokens it does not matter that they are an estimate.
      return { nano, promptCacheNano, estimated: isGuess || (usage?.estimated === true && !isPerAnswer) };
    },
  };
}

function slotOf({ at }: PricedAnswer): number {
  return Math.floor(at / slotMs);
}

function dayOf({ at }: PricedAnswer): number {
  return Math.floor(at / dayMs);
}

function isOf(price: Price | NoPrice, answer: PricedAnswer): boolean {
  return price.rates === undefined ? price.day === dayOf(answer) : price.slot === slotOf(answer);
}

/** The names that a price is of. */
export function namesOf({ provider, protocol, model, asked, usage }: PricedAnswer): readonly string[] {
  return [provider, protocol, short(model), short(asked ?? ''), short(usage?.serviceTier ?? '')];
}
