/**
 * A cache that stores errors, before a provider that gives the same answer until it is given another.
 */
import { memoryStore, type ProviderAnswer, type Reply, type Store } from 'askonce';
import { type FakeClock, fakeClock } from 'askonce/testing';
import type { Clock } from '../../packages/askonce/src/clock.ts';
import type { SettingsInput } from '../../packages/askonce/src/settings/table.ts';
import { apiError, type ChatWish, chat, completion, json } from './chat.ts';
import { observedCache, once } from './set-up-cache.ts';

export interface Said {
  readonly status: number;
  readonly headers?: ProviderAnswer['headers'];
  readonly text?: string;
}

export const invalid: Said = { status: 400, text: apiError('messages: expected a list') };
export const limited: Said = { status: 429, text: apiError('Slow down', 'rate_limit_error') };
export const failing: Said = { status: 500, text: apiError('The server had an error', 'server_error') };
export const well: Said = { status: 200, text: completion() };

export interface NegativeSetUpOptions<Time extends Clock> {
  readonly settings?: SettingsInput;
  readonly clock: Time;
  readonly store?: Store;
}

export function negativeSetUp<Time extends Clock>({ settings, clock, store }: NegativeSetUpOptions<Time>) {
  const observed = observedCache({
    clock,
    store: store ?? memoryStore({ clock }),
    settings: { negativeCache: true, secret: 'a secret for these tests', ...settings },
  });
  let calls = 0;
  let said: Said = well;
  return {
    clock,
    ...observed,
    /** How often the provider was asked. */
    calls: () => calls,
    say(next: Said) {
      said = next;
    },
    async provider(): Promise<ProviderAnswer> {
      calls++;
      const { status, headers, text = '' } = said;
      return { status, headers: { ...json, ...headers }, body: once(text) };
    },
  };
}

/** The same store, with later answers. */
export function laterStore(store: Store, turn: () => Promise<void>): Store {
  const later = async <T>(call: () => T | Promise<T>): Promise<T> => {
    await turn();
    return call();
  };
  return {
    ...store,
    get: (key) => later(() => store.get(key)),
    getMany: (keys) => later(() => store.getMany(keys)),
    set: (entry) => later(() => store.set(entry)),
    delete: (key) => later(() => store.delete(key)),
  };
}

export type SetUpOptions = Partial<NegativeSetUpOptions<FakeClock>>;

/** The same on a fake clock, asked with chat requests. */
export function setUpNegative(wish: SetUpOptions = {}) {
  const made = negativeSetUp({ clock: fakeClock(), ...wish });
  return {
    ...made,
    store: wish.store,
    ask: (chatWish?: ChatWish) => made.cache.ask(chat(chatWish), made.provider),
  };
}

export const isNegative = ({ cacheStatus }: Reply): boolean =>
  cacheStatus.kind === 'hit' && cacheStatus.detail === 'negative';

export const question = (number: number) => ({ question: `Question no. ${number}` });
