import {
  cacheStatus,
  createCache,
  memoryStore,
  type ObservedEvent,
  type ProviderAnswer,
  type Store,
} from 'askonce';
import { fakeClock, faultyStore } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import type { SettingsInput } from '../packages/askonce/src/settings/table.ts';
import { apiError, type ChatWish, chat, completion, json } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';

type Said = Pick<ProviderAnswer, 'status'> & {
  readonly headers?: ProviderAnswer['headers'];
  readonly text?: string;
};

const invalid: Said = { status: 400, text: apiError('max_tokens is too large') };
const limited: Said = { status: 429, text: apiError('Slow down', 'rate_limit_error') };
const failing: Said = { status: 500, text: apiError('The server had an error', 'server_error') };
const well: Said = { status: 200, text: completion() };

interface HouseWish {
  readonly settings?: SettingsInput;
  readonly store?: Store;
  readonly clock?: ReturnType<typeof fakeClock>;
}

/** A cache that remembers errors, before a provider that says the same until it is told otherwise. */
function house({ settings, clock = fakeClock(), store = memoryStore({ clock }) }: HouseWish = {}) {
  const told: ObservedEvent[] = [];
  const cache = createCache({
    clock,
    store,
    settings: { negativeCache: true, secret: 'a secret for tests', ...settings },
    observe: (event) => told.push(event),
  });
  let calls = 0;
  let said: Said = well;
  const provider = async (): Promise<ProviderAnswer> => {
    calls++;
    const { status, headers, text = '' } = said;
    return { status, headers: { ...json, ...headers }, body: once(text) };
  };
  return {
    clock,
    cache,
    store,
    told,
    count: (type: ObservedEvent['type']) => told.filter((event) => event.type === type).length,
    calls: () => calls,
    say(next: Said) {
      said = next;
    },
    ask: (wish?: ChatWish) => cache.ask(chat(wish), provider),
  };
}

async function* once(text: string) {
  yield Buffer.from(text);
}

describe('an invalid request', () => {
  it('is asked once, however often it comes, and answered with the very same error', async () => {
    const { ask, say, count, calls } = house();
    say(invalid);
    const first = await ask();
    expect(first.told.kind).toBe('forward');
    for (let time = 1; time < 100; time++) {
      const reply = await ask();
      expect(reply.status).toBe(400);
      expect(await textOf(reply)).toBe(invalid.text);
    }
    expect(calls()).toBe(1);
    expect(count('negative')).toBe(99);
  });
});
