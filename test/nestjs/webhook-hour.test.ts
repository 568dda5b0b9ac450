/** An hour of messages in five languages through the webhook of `examples/webhook-intents`. Prints what the cache saves. */
import { join } from 'node:path';
import { staticEmbedder } from '@askonce/embedder-static';
import {
  loadPricing,
  openAccounts,
  openLedger,
  priceSourceOf,
  sqliteLedger,
  statistics,
} from 'askonce/ledger';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { hourOfMessages } from '../support/hotel-messages.ts';
import { describeRecorded } from '../support/recorded-suites.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWebhook, textDelivery } from './webhook-set-up.ts';

describeRecorded('an hour of messages to a hotel', () => {
  it('an hour of messages costs few calls, no message is misunderstood, and nothing of a guest is stored', async () => {
    const arrivals = hourOfMessages(16);
    const clock = fakeClock(arrivals[0]?.at);
    const accounts = openAccounts({ clock, pricing: () => loadPricing(), keepsText: true });
    const ledger = openLedger({
      accounts,
      store: sqliteLedger({ path: join(temporaryFolder(), 'ledger.db') }),
      clock,
    });
    const { deliver, idle, sent, model, cache, hotel } = await startWebhook({
      labels: new Map(arrivals.map(({ text, intent, language }) => [text, { intent, language }])),
      cache: { clock, ledger, semantic: { embedder: staticEmbedder() } },
    });

    const expected: string[] = [];
    let [prices, invalidated] = ['{"single":80,"double":110}', 0];
    for (const [index, { at, from, text, intent, language }] of arrivals.entries()) {
      clock.advance(Math.max(0, at - clock.now()));
      if (index === Math.floor(arrivals.length / 2)) {
        prices = '{"single":85,"double":120}';
        invalidated = await hotel.setPrices({ single: 85, double: 120 });
      }
      expect(await deliver(textDelivery({ id: `wamid.${index}`, from, text }))).toBe(200);
      await idle();
      // A reply about prices has those of the moment. Any other has those of the day when it was written.
      expected.push(
        intent === 'pricing' ? `${from} ${intent} ${prices} ${language}` : `${from} ${intent} ${language}`,
      );
    }
    const answered = sent.map(
      ({ to, text }) => `${to} ${text.startsWith('pricing') ? text : text.replace(/ \{.*\}/, '')}`,
    );
    const wrong = answered.filter((reply, index) => reply !== expected[index]);
    expect([answered.length, wrong]).toEqual([arrivals.length, []]);

    await ledger.flush();
    const { total } = await statistics(
      ledger,
      { period: 'hourly', from: '2026-11-16T18:00:00Z', to: '2026-11-16T20:00:00Z' },
      { prices: priceSourceOf() },
    );
    const usual = arrivals.filter(({ isSensitive }) => !isSensitive);
    const sensitive = arrivals.length - usual.length;
    const replies = new Set(arrivals.map(({ intent, language }) => `${intent} ${language}`)).size;
    expect(total.requests).toBe(2 * arrivals.length);
    expect(total.bypasses).toBe(sensitive);
    expect(total.calls).toBe(model.bodies.length);
    expect(model.classified.length - sensitive).toBeLessThanOrEqual(
      new Set(usual.map(({ text }) => text)).size,
    );
    expect(model.classified.length - sensitive).toBeLessThan(usual.length / 4);
    expect(invalidated).toBeGreaterThanOrEqual(1);
    expect(model.replied.length).toBe(replies + invalidated);
    expect(total.semanticHits).toBeGreaterThan(usual.length / 20);
    expect(total.hits + total.misses + total.bypasses + total.shared).toBe(total.requests);

    // Neither numbers of guests nor sensitive messages have left the application, or are stored in it.
    const stored = JSON.stringify((await cache.page({ limit: 1000 })).entries);
    const numbers = new Set(arrivals.map(({ from }) => from));
    for (const number of numbers) expect([number, stored.includes(number)]).toEqual([number, false]);
    expect(model.bodies.filter((body) => [...numbers].some((number) => body.includes(number)))).toEqual([]);
    expect(stored).not.toMatch(/passport/i);

    const lines = [
      `${arrivals.length} messages, ${total.requests} questions to the cache`,
      `${total.exactHits} exact hits, ${total.semanticHits} in other words, ${total.bypasses} kept out as sensitive`,
      `${total.calls} calls, ${(100 - (100 * total.calls) / total.requests).toFixed(1)} % saved`,
      `${total.savedTokens} tokens saved, ${total.inputTokens + total.outputTokens} spent`,
      `$${total.savedCost.toFixed(4)} saved, $${total.spentCost.toFixed(4)} spent`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }, 120_000);
});
