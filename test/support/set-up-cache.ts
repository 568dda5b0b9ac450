/**
 * The scene of most tests: a cache on a fake clock, before a provider whose answers the test gives.
 */
import {
  type AskOptions,
  type CacheOptions,
  type CacheRequest,
  createCache,
  memoryStore,
  type ObservedEvent,
  type Provider,
  type ProviderAnswer,
  type Reply,
  type SemanticOptions,
  type SettingsInput,
  type Store,
} from 'askonce';
import { type FakeClock, fakeClock, faultyStore } from 'askonce/testing';
import { answer, type ChatWish, chat, completion, json } from './chat.ts';
import { gatedProvider, settled } from './gated-provider.ts';

/** A cache whose events are collected. */
export function observedCache(options: Omit<CacheOptions, 'observe'>) {
  const events: ObservedEvent[] = [];
  const cache = createCache({ ...options, observe: (event) => events.push(event) });
  /** Counts the events of a type, or those of them that have the outcome. */
  const count = (type: ObservedEvent['type'], outcome?: string): number =>
    events.filter(
      (event) =>
        event.type === type && (outcome === undefined || ('outcome' in event && event.outcome === outcome)),
    ).length;
  return { cache, events, count };
}

export interface CacheSetUpOptions {
  readonly settings?: SettingsInput;
  readonly clock?: FakeClock;
  /** By default the cache's own. */
  readonly store?: Store | undefined;
  readonly semantic?: SemanticOptions | undefined;
  readonly tracing?: CacheOptions['tracing'];
}

export function setUpCache({
  settings,
  clock = fakeClock(),
  store,
  semantic,
  tracing,
}: CacheSetUpOptions = {}) {
  const observed = observedCache({ clock, store, settings, semantic, tracing });
  const gate = gatedProvider();
  const { cache } = observed;

  async function replied(request: CacheRequest, text = completion()): Promise<Reply> {
    const before = gate.calls.length;
    const asked = cache.ask(request, gate.provider);
    await settled();
    const call = gate.calls[before];
    if (call !== undefined) answer(call, text);
    return asked;
  }

  return {
    clock,
    ...observed,
    ...gate,
    ask: (wish?: ChatWish, options?: AskOptions) => cache.ask(chat(wish), gate.provider, options),
    /** Asks; if the provider is called, it answers with `text`. */
    replied,
    /** Stores an answer to the question, and with it the provider's acceptance of the credential. */
    stored: (wish?: ChatWish, text?: string) => replied(chat(wish), text),
    /** Moves time on once everything is done that is due, in one step or in steps of `stepMs`. */
    async pass(ms: number, stepMs = ms): Promise<void> {
      for (let passed = 0; passed < ms; passed += stepMs) {
        await settled();
        clock.advance(Math.min(stepMs, ms - passed));
      }
      await settled();
    },
  };
}

/** The same over a store that fails on demand. */
export function setUpFaultyCache({ settings, clock = fakeClock() }: Omit<CacheSetUpOptions, 'store'> = {}) {
  const store = faultyStore({ store: memoryStore({ clock }), clock });
  return { ...setUpCache({ clock, store, ...(settings && { settings }) }), store };
}

/** The body of a provider's answer, in one piece. */
export async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** A provider that answers at once. */
export function saying(text: string, headers: ProviderAnswer['headers'] = json): Provider {
  return async () => ({ status: 200, headers, body: once(text) });
}
