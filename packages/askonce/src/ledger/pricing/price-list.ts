/**
 * Prices of the user's own. They go before those of the package.
 */
import { z } from 'zod';
import { AskonceError } from '../../errors.ts';
import { firstFault, plainWords } from '../../faults.ts';
import { addressIn } from '../../protocol/ai-sdk/upstream.ts';
import type { PricedAnswer } from './contract.ts';
import { namesOf } from './model-names.ts';
import { flatRate, picoOf, type Rates } from './rates.ts';

/** More is a mistake of the unit: no model costs more than $100 000 for a million tokens. */
const usd = z.number().min(0).max(100_000);

/** One price of a list. */
export const ownPriceSchema = z
  .strictObject({
    /** A name, such as `gpt-4o`, or the beginning of names: `my-*`. */
    model: z.string().min(1).max(200),
    /** The beginning of the provider's address: `https://api.openai.com`. Default: any. */
    provider: z.string().min(1).max(500).optional(),
    /** US dollars per million tokens. Cached and cache-write tokens cost what other input does unless a price says otherwise. */
    inputUsdPerMillion: usd.optional(),
    outputUsdPerMillion: usd.optional(),
    cachedInputUsdPerMillion: usd.optional(),
    cacheWriteUsdPerMillion: usd.optional(),
    /** Of input that is written to the prompt cache for an hour. Default: `cacheWriteUsdPerMillion`. */
    hourCacheWriteUsdPerMillion: usd.optional(),
    /** Of answers whose service tier is `batch` or `flex`. Default: half, where the provider documents that discount. */
    batchInputUsdPerMillion: usd.optional(),
    batchOutputUsdPerMillion: usd.optional(),
    /** Of answers whose service tier is `priority`. Default: the usual price, as an estimate. */
    priorityInputUsdPerMillion: usd.optional(),
    priorityOutputUsdPerMillion: usd.optional(),
    /** For each answer, besides its tokens. */
    perRequestUsd: usd.optional(),
    /** The day in UTC from which the price counts: `2026-11-01`. Default: always. */
    from: z.iso.date('must be a day, such as 2026-11-01').optional(),
  })
  .refine(
    ({ inputUsdPerMillion, outputUsdPerMillion, perRequestUsd }) =>
      inputUsdPerMillion !== undefined || outputUsdPerMillion !== undefined || perRequestUsd !== undefined,
    'must have inputUsdPerMillion, outputUsdPerMillion or perRequestUsd',
  );

const ownPricesSchema = z.array(ownPriceSchema).max(10_000);

/** The price of a model, or of all models whose names begin alike: a row of a list of your own. */
export type OwnPrice = Readonly<z.infer<typeof ownPriceSchema>>;

/**
 * Checks a list of prices, as a file or an option gives it. `what` names it in the error's message.
 *
 * @throws AskonceError `invalid_settings`
 */
export function checkedPrices(value: unknown, what: string): readonly OwnPrice[] {
  const read = ownPricesSchema.safeParse(value, { error: plainWords });
  if (read.success) return read.data;
  const { path, message, unknownField } = firstFault(read.error);
  const place = path.map((step) => (typeof step === 'number' ? `price ${step + 1}` : step));
  const field = unknownField === undefined ? '' : `: ${unknownField}`;
  throw new AskonceError('invalid_settings', `${[what, ...place].join(', ')} ${message}${field}.`);
}

interface OwnRates {
  readonly rates: Rates;
  /** Whether answers cost only by their number, so that their tokens need not be known. */
  readonly isPerAnswer: boolean;
  /** Whether the prices are those of the answer's own service tier. */
  readonly isOfTier: boolean;
}

export interface OwnPrices {
  /**
   * The most specific price: a provider's own before that of any provider, then the one with the longest name, then the
   * latest that has begun. A model's price is that of its dated versions, too, unless they have one.
   */
  find(
    answer: Pick<PricedAnswer, 'provider' | 'at'>,
    model: string,
    tier: string | undefined,
  ): OwnRates | undefined;
}

export function ownPrices(list: readonly OwnPrice[]): OwnPrices {
  const ordered = list.map(prepared).sort(bySpecificity);
  return {
    find({ provider, at }, model, tier) {
      const names = namesOf(model);
      const address = addressIn(provider).toLowerCase();
      const found = ordered.find(
        (each) =>
          each.since <= at &&
          address.startsWith(each.provider) &&
          names.some(({ name }) => each.matches(name)),
      );
      return found && ratesOf(found.price, tier);
    },
  };
}

function prepared(price: OwnPrice) {
  const model = price.model.trim().toLowerCase();
  const prefix = model.endsWith('*') ? model.slice(0, -1) : undefined;
  return {
    price,
    provider: (price.provider ?? '').toLowerCase().replace(/\/+$/, ''),
    // An exact name says more than a prefix of the same length.
    length: prefix === undefined ? model.length + 1 : prefix.length,
    since: price.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(price.from),
    matches: (name: string) => (prefix === undefined ? name === model : name.startsWith(prefix)),
  };
}

type Prepared = ReturnType<typeof prepared>;

function bySpecificity(one: Prepared, other: Prepared): number {
  if (one.provider.length !== other.provider.length) return other.provider.length - one.provider.length;
  if (one.length !== other.length) return other.length - one.length;
  if (one.since === other.since) return 0;
  return one.since > other.since ? -1 : 1;
}

function ratesOf(price: OwnPrice, tier: string | undefined): OwnRates {
  const usualInput = price.inputUsdPerMillion ?? 0;
  const usualOutput = price.outputUsdPerMillion ?? 0;
  const ofTier = pricesOfTier(price, tier);
  const input = ofTier?.input ?? usualInput;
  // A tier's price list has one ratio for all input: cached and cache-write tokens follow it.
  const ratio = usualInput === 0 ? 1 : input / usualInput;
  const { cachedInputUsdPerMillion: cached, cacheWriteUsdPerMillion: cacheWrite } = price;
  const { hourCacheWriteUsdPerMillion: hourCacheWrite = cacheWrite } = price;
  const partOfInput = (usual: number | undefined) => flatRate(usual === undefined ? input : usual * ratio);
  return {
    rates: {
      input: flatRate(input),
      output: flatRate(ofTier?.output ?? usualOutput),
      cached: partOfInput(cached),
      cacheWrite: partOfInput(cacheWrite),
      hourCacheWrite: partOfInput(hourCacheWrite),
      // Picodollars for one dollar: those per million of dollars for a million.
      perAnswer: picoOf((price.perRequestUsd ?? 0) * 1_000_000),
    },
    isPerAnswer: price.inputUsdPerMillion === undefined && price.outputUsdPerMillion === undefined,
    isOfTier: ofTier !== undefined,
  };
}

function pricesOfTier(price: OwnPrice, tier: string | undefined) {
  const { batchInputUsdPerMillion, batchOutputUsdPerMillion } = price;
  const { priorityInputUsdPerMillion, priorityOutputUsdPerMillion } = price;
  if (tier === 'batch' || tier === 'flex') return named(batchInputUsdPerMillion, batchOutputUsdPerMillion);
  return tier === 'priority' ? named(priorityInputUsdPerMillion, priorityOutputUsdPerMillion) : undefined;
}

function named(input: number | undefined, output: number | undefined) {
  return input === undefined && output === undefined ? undefined : { input, output };
}
