/**
 * The accounts of a real cache, against what its callers and its provider saw: what was spent and what was saved together
 * are what all answers would have cost without a cache.
 */
import { createCache, type ObservedEvent, type Provider, type Reply } from 'askonce';
import { loadPricing, openAccounts } from 'askonce/ledger';
import { fakeClock } from 'askonce/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiError, chat, completion, json } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { once } from './support/set-up-cache.ts';

/** Nanodollars a token of gpt-4o: $2.50 and $10 a million. */
const inputPrice = 2500;
const outputPrice = 10_000;

const usageIn = (text: string): { prompt_tokens: number; completion_tokens: number } =>
  JSON.parse(text).usage ?? { prompt_tokens: 0, completion_tokens: 0 };

function nanoOf(text: string): number {
  const { prompt_tokens, completion_tokens } = usageIn(text);
  return prompt_tokens * inputPrice + completion_tokens * outputPrice;
}

function setUp() {
  const clock = fakeClock();
  const accounts = openAccounts({ clock, pricing: () => loadPricing(), keepsText: true });
  const events: ObservedEvent[] = [];
  const { observe, stored } = accounts;
  const cache = createCache({
    clock,
    observe: (event) => void events.push(event),
    ledger: { observe, stored, erase: async () => 0, async close() {} },
  });
  let billed = 0;
  let calls = 0;
  let errors = 0;
  /** Answers a question by its words: how long the answer is, an error, or a failure. */
  const provider: Provider = async ({ body }) => {
    calls++;
    const question = JSON.parse(String(body)).messages[0].content;
    if (question.includes('fails')) {
      errors++;
      throw new Error('the connection was reset');
    }
    if (question.includes('is refused')) {
      errors++;
      return { status: 429, headers: json, body: once(apiError('slow down', 'rate_limit_error')) };
    }
    const text = completion({ text: `An answer to ${question}`, outputTokens: question.length }).replaceAll(
      'gpt-x-2026',
      'gpt-4o-2024-08-06',
    );
    billed += nanoOf(text);
    return { status: 200, headers: json, body: once(text) };
  };
  return { accounts, cache, clock, events, provider, seen: () => ({ billed, calls, errors }) };
}

const requests = fc.record({
  question: fc.constantFrom('one', 'two words', 'three whole words', 'fails', 'is refused'),
  key: fc.constantFrom('alpha', 'beta'),
  context: fc.constantFrom(
    {},
    { user: 'alice' },
    { sensitive: true },
    { tags: ['team=red'], category: 'sales' },
  ),
  directives: fc.constantFrom({}, {}, {}, { noStore: true }, { onlyIfCached: true }),
});
/** Requests that are made at once, then a pause. */
const rounds = fc.array(fc.array(requests, { maxLength: 8 }), { maxLength: 8 });

describe('the accounts of a cache', () => {
  it('count each request once, and spend and save together what its answers are worth', async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async (history) => {
        const { accounts, cache, clock, provider, seen } = setUp();
        let asked = 0;
        let worth = 0;
        for (const round of history) {
          const replies = await Promise.allSettled(
            round.map((wish) => cache.ask(chat({ ...wish, body: { model: 'gpt-4o' } }), provider)),
          );
          asked += round.length;
          for (const reply of replies)
            if (reply.status === 'fulfilled') worth += nanoOf(await textOf(reply.value));
          clock.advance(1000);
          await settled();
        }
        await accounts.drain();
        const { counts } = accounts.totals();
        const { billed, calls, errors } = seen();
        expect(counts.requests).toBe(asked);
        expect(counts.hits + counts.shared + counts.misses + counts.negative + counts.bypasses).toBe(asked);
        expect(counts).toMatchObject({ calls, errors });
        expect(counts.missNano + counts.bypassNano).toBe(billed);
        expect(counts.savedNano + counts.sharedNano + billed).toBe(worth);
        expect([counts.estimatedSavedNano, counts.estimatedSpentNano]).toEqual([0, 0]);
        await cache.close();
      }),
      { numRuns: 60 },
    );
  });

  it('show ninety hits of a hundred requests of which ninety repeat, and ninety per cent less cost', async () => {
    const { accounts, cache, clock, provider, seen } = setUp();
    for (let each = 0; each < 100; each++) {
      const reply: Reply = await cache.ask(
        chat({ question: `question ${each % 10}`, body: { model: 'gpt-4o' } }),
        provider,
      );
      await textOf(reply);
      await settled();
      // Few enough a second for a row each.
      clock.advance(20);
    }
    await accounts.drain();
    const { counts } = accounts.totals();
    const { billed } = seen();
    expect(counts).toMatchObject({ requests: 100, hits: 90, misses: 10, calls: 10, missNano: billed });
    expect(counts.savedNano).toBe(9 * billed);
    const { rows, patterns } = accounts.take();
    expect(rows.filter(({ outcome }) => outcome === 'hit')).toHaveLength(90);
    expect(patterns.map(({ text, hits }) => [text, hits]).toSorted()).toEqual(
      Array.from({ length: 10 }, (_none, each) => [`question ${each}`, 9]),
    );
    await cache.close();
  });

  it('name the user of a question as the events of its requests do, so that an erasure finds the text', async () => {
    const { accounts, cache, events, provider } = setUp();
    const context = { user: 'alice', tenant: 'acme', tags: ['team=red', 'user-group=7'] };
    await textOf(await cache.ask(chat({ context, body: { model: 'gpt-4o' } }), provider));
    await settled();
    // Before the events are entered: what the entry itself says.
    const [question] = accounts.take().patterns;
    const digests = events.flatMap((event) => ('userDigest' in event ? [event.userDigest] : []));
    expect(question?.text).toBe('What is the capital of France?');
    expect(question?.user).toMatch(/^[0-9a-f]{20}$/);
    expect(new Set(digests)).toEqual(new Set([question?.user]));
    await cache.close();
  });
});
