/**
 * `AskonceValues`: values by a key of the application's own.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Cache } from '../../contract.ts';
import { type Check, checkEach, number, texts } from '../../settings/option-checks.ts';
import type { ValueQuestion } from '../values/contract.ts';
import { askValue, deleteValue, getValue, setValue } from '../values/values.ts';
import { cacheToken } from './tokens.ts';

export interface ValueSettings {
  /** Seconds for which the value is fresh. Default: the lifetime in the settings. */
  readonly ttl?: number | undefined;
  /** Seconds past freshness for which `wrap` returns it stale and has it made anew. Default: 0. */
  readonly staleWhileRevalidate?: number | undefined;
  /** `name=value` each. */
  readonly tags?: readonly string[] | undefined;
}

const ofValues = { ttl: number, staleWhileRevalidate: number, tags: texts } as const satisfies Record<
  keyof ValueSettings,
  Check
>;

const name = 'askonce values';

/** All values have it, so that `clear` finds them. */
const tag = 'values=askonce';

/**
 * Get, set and delete by key, and `wrap` for what is to be made once. Values are JSON. Settings that there are not, or of
 * the wrong type, are refused with `invalid_settings`.
 */
export class AskonceValues {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** The value, fresh or stale; undefined if there is none. */
  async get<Value>(key: string): Promise<Value | undefined> {
    return await getValue<Value>(this.#cache, questionOf(key));
  }

  /** True if it was stored. */
  async set(key: string, value: unknown, settings?: ValueSettings): Promise<boolean> {
    return await setValue(this.#cache, questionOf(key, settings), value);
  }

  /** True if there was one. */
  async delete(key: string): Promise<boolean> {
    return await deleteValue(this.#cache, questionOf(key));
  }

  /** The value, or what `make` returns, which runs once for all that ask for the key. */
  async wrap<Value>(
    key: string,
    make: (signal: AbortSignal) => Value | Promise<Value>,
    settings?: ValueSettings,
  ): Promise<Value> {
    const { value } = await askValue(this.#cache, questionOf(key, settings), make);
    return value;
  }

  /** Removes all values that were stored by key, and nothing else. Resolves with their number. */
  async clear(): Promise<number> {
    return await this.#cache.invalidate({ tags: [tag] });
  }
}

Injectable()(AskonceValues);
Inject(cacheToken())(AskonceValues, undefined, 0);

function questionOf(key: string, settings: ValueSettings = {}): ValueQuestion {
  checkEach('AskonceValues: ', settings, ofValues);
  const { ttl, staleWhileRevalidate = 0, tags = [] } = settings;
  return {
    name,
    input: key,
    context: { tags: [tag, ...tags] },
    directives: ttl === undefined ? {} : { staleAfter: ttl, ttl: ttl + staleWhileRevalidate },
  };
}
