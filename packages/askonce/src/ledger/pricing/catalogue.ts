/**
 * The prices of `@pydantic/genai-prices`, by the address of the provider and the name of the model.
 */
import { createRequire } from 'node:module';
import type { calcPrice, findProvider, ModelPrice } from '@pydantic/genai-prices';
import { addressIn } from '../../protocol/ai-sdk/upstream.ts';
import type { PricedAnswer } from './contract.ts';
import { type ModelName, namesOf } from './model-names.ts';
import { flatRate, picoOf, type Rate, type Rates } from './rates.ts';

/** What is used of the package. */
export interface PriceData {
  readonly calcPrice: typeof calcPrice;
  readonly findProvider: typeof findProvider;
}

interface Listed {
  /** Id of the provider in the package: `openai`. */
  readonly seller: string;
  readonly rates: Rates;
  /** Whether it is the price of another version of the model, or of another provider than the one that answered. */
  readonly isGuess: boolean;
}

/** A model at a provider's address, at an instant. */
export interface ModelQuery extends Pick<PricedAnswer, 'provider' | 'protocol' | 'at'> {
  readonly model: string;
}

/** What the package knows of a model. */
export interface Listing {
  /** The seller at the address, else the one whose price it is. */
  readonly seller: string | undefined;
  readonly listed: Listed | undefined;
}

export interface Catalogue {
  find(query: ModelQuery): Listing;
}

/** Whose models a protocol's are, where the address does not tell: of a local gateway, or a simulated provider. */
function familyOf(protocol: string): string | undefined {
  if (protocol.startsWith('anthropic')) return 'anthropic';
  return protocol.startsWith('openai') ? 'openai' : undefined;
}

/**
 * Providers of many makers' models, which no name points to. Those that charge nothing for a model, or resell it as part
 * of a subscription, are left out.
 */
const resellers = ['mistral', 'groq', 'aws', 'together', 'fireworks', 'cerebras', 'perplexity', 'openrouter'];

export function priceCatalogue({ calcPrice, findProvider }: PriceData): Catalogue {
  function listed(seller: string, name: string, at: number): Listed | undefined {
    const found = calcPrice({}, name, { providerId: seller, timestamp: new Date(at) });
    const rates = found === null ? undefined : ratesOf(found.model_price);
    return rates && { seller, rates, isGuess: false };
  }

  /** The first price among those of several sellers. */
  function first(sellers: readonly string[], name: string, at: number): Listed | undefined {
    for (const seller of sellers) {
      const found = listed(seller, name, at);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** At the seller that a name begins with: `groq/llama-3.3-70b-versatile`. */
  function atPrefix(name: string, at: number): Listed | undefined {
    const end = name.indexOf('/');
    const seller = end === -1 ? undefined : findProvider({ providerId: name.slice(0, end) })?.id;
    if (seller === undefined) return undefined;
    return listed(seller, name, at) ?? listed(seller, name.slice(end + 1), at);
  }

  /** At the makers that the protocol, or the name itself, points to. */
  function ofMaker(protocol: string, name: string, at: number): Listed | undefined {
    const makers = [familyOf(protocol), findProvider({ modelId: name })?.id];
    return first(
      makers.filter((one) => one !== undefined),
      name,
      at,
    );
  }

  function byName(protocol: string, { name, isGuess }: ModelName, at: number): Listed | undefined {
    const found = atPrefix(name, at) ?? ofMaker(protocol, name, at);
    return found && { ...found, isGuess };
  }

  function priceOf({ protocol, at, model }: ModelQuery, seller: string | undefined): Listed | undefined {
    const names = namesToTry(model);
    if (seller !== undefined)
      for (const { name, isGuess } of names) {
        const found = listed(seller, name, at);
        if (found !== undefined) return { ...found, isGuess };
      }
    for (const each of names) {
      const found = byName(protocol, each, at);
      if (found !== undefined) return { ...found, isGuess: found.isGuess || seller !== undefined };
    }
    for (const { name } of names) {
      const found = first(resellers, name, at);
      if (found !== undefined) return { ...found, isGuess: true };
    }
    return undefined;
  }

  return {
    find(query) {
      const seller = findProvider({ providerApiUrl: addressIn(query.provider) })?.id;
      const price = priceOf(query, seller);
      return { seller: seller ?? price?.seller, listed: price };
    },
  };
}

/** Of some models, only the latest version is listed. */
function namesToTry(model: string): readonly ModelName[] {
  const names = namesOf(model);
  const latest = names.slice(-1).map(({ name }) => ({ name: `${name}-latest`, isGuess: true }));
  return [...names, ...latest];
}

/**
 * Loads the price list into this thread, once; takes some twenty megabytes and fifty milliseconds, so it is loaded when it
 * is first needed.
 */
export function loadCatalogue(): Catalogue {
  // Not by `import`: the file for that is twice as large, and its text stays in memory.
  const data: PriceData = createRequire(import.meta.url)('@pydantic/genai-prices');
  return priceCatalogue(data);
}

/** Undefined if the model is not billed by tokens: by the hour of audio, or by the page. */
function ratesOf(price: ModelPrice): Rates | undefined {
  const { input_mtok, output_mtok, cache_read_mtok, cache_write_mtok, cache_write_1h_mtok } = price;
  const { requests_kcount } = price;
  const isFree = Object.keys(price).length === 0;
  if (!isFree && input_mtok === undefined && output_mtok === undefined) return undefined;
  const input = rateOf(input_mtok) ?? flatRate(0);
  return {
    input,
    output: rateOf(output_mtok) ?? flatRate(0),
    // What has no price of its own is billed as other input.
    cached: rateOf(cache_read_mtok) ?? input,
    cacheWrite: rateOf(cache_write_mtok) ?? input,
    hourCacheWrite: rateOf(cache_write_1h_mtok) ?? rateOf(cache_write_mtok) ?? input,
    perAnswer: typeof requests_kcount === 'number' ? picoOf(requests_kcount * 1000) : 0,
  };
}

function rateOf(price: ModelPrice[string]): Rate | undefined {
  if (price === undefined) return undefined;
  if (typeof price === 'number') return flatRate(price);
  const steps = price.tiers.map(({ start, price: usd }) => ({ above: start, pico: picoOf(usd) }));
  return { base: picoOf(price.base), steps: steps.sort((one, other) => one.above - other.above) };
}
