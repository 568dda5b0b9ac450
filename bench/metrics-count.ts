/** What the accounts and the metrics take for each request: its event is held, counted, priced and added up. */
import { type ObservedEvent, systemClock } from 'askonce';
import { loadPricing, openAccounts } from 'askonce/ledger';
import { openCounting } from '../packages/gateway/src/metrics/metrics.ts';
import { median, processorTime } from './measure.ts';
import type { Measured } from './rows.ts';

const rounds = 15;
/** Requests a round, and those that are entered at a time: 50 ms of a gateway that answers 20 000 hits a second. */
const requests = 50_000;
const inOneTurn = 1_000;

export async function* measure(): AsyncIterable<Measured> {
  const counting = openCounting(systemClock);
  const accounts = openAccounts({
    clock: systemClock,
    pricing: () => loadPricing(),
    keepsText: true,
  });
  const events = Array.from({ length: inOneTurn }, (_none, each) => hit(each));

  async function round(): Promise<number> {
    const began = processorTime();
    for (let turn = 0; turn < requests / inOneTurn; turn++) {
      for (const event of events) {
        counting.observe(event);
        accounts.observe(event);
      }
      await accounts.drain();
      // The ledger takes what was added up once a second.
      if (turn % 20 === 0) accounts.take();
    }
    return (processorTime() - began) / requests;
  }

  await round();
  const times: number[] = [];
  for (let each = 0; each < rounds; each++) times.push(await round());
  yield { row: 'metrics-count', ours: median(times) };
}

/** Hits of a few models and languages by fifty tenants, each of a question of its own. */
function hit(each: number): ObservedEvent {
  return {
    type: 'hit',
    requestId: `req_${each}`,
    protocol: 'openai-chat',
    provider: 'https://api.openai.com/v1',
    subject: each % 3 === 0 ? 'gpt-4o-mini' : 'gpt-4o',
    key: `askonce:v1:partition:en:{${each}}`,
    language: each % 2 === 0 ? 'en' : 'de',
    category: 'support',
    template: 'greeting',
    tagNames: ['team'],
    tenantDigest: `tenant ${each % 50}`,
    userDigest: `user ${each}`,
    sessionDigest: undefined,
    textLength: 120,
    requestBytes: 900,
    tier: 'memory',
    fresh: true,
    converted: false,
    kind: 'exact',
    similarity: undefined,
    pool: undefined,
    entry: undefined,
    savedTokens: 400,
    usage: { inputTokens: 150, outputTokens: 250 },
    model: each % 3 === 0 ? 'gpt-4o-mini-2024-07-18' : 'gpt-4o-2024-08-06',
    bytes: 2048,
    durationMs: 0.2 + (each % 10) / 10,
    keyMs: 0.05,
    storeMs: 0.02,
  };
}
