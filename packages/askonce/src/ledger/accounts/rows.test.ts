import { describe, expect, it } from 'vitest';
import {
  answered,
  type EventOf,
  facts,
  hit,
  providerAnswer,
} from '../../../../../test/support/ledger-events.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { loadPricing } from '../pricing/pricing.ts';
import { openAccounts } from './accounts.ts';

const usage = { inputTokens: 1000, outputTokens: 200 };
/** At the prices of gpt-4o. */
const nano = 4_500_000;

async function rowsOf(events: readonly ObservedEvent[]) {
  const clock = fakeClock();
  const accounts = openAccounts({ clock, pricing: () => loadPricing(), keepsText: false });
  for (const event of events) accounts.observe(event);
  await accounts.drain();
  return accounts.take().rows;
}

const miss: EventOf<'miss'> = {
  ...facts,
  type: 'miss',
  reason: 'expired',
  durationMs: 1,
  keyMs: 1,
  storeMs: 0,
};
const savings = {
  savedTokens: 1200,
  savedNano: nano,
  spentNano: 0,
  inputTokens: 0,
  outputTokens: 0,
  estimated: false,
};
const spending = {
  savedTokens: 0,
  savedNano: 0,
  spentNano: nano,
  inputTokens: 1000,
  outputTokens: 200,
  estimated: false,
};
const neither = {
  savedTokens: 0,
  savedNano: 0,
  spentNano: 0,
  inputTokens: 0,
  outputTokens: 0,
  estimated: false,
};

describe('a row', () => {
  it('of a hit says all of it', async () => {
    const digests = { userDigest: 'user', sessionDigest: 'session', category: 'billing' };
    expect(await rowsOf([hit({ ...digests, usage, kind: 'semantic' })])).toEqual([
      {
        at: fakeClock().now(),
        requestId: facts.requestId,
        event: 'lookup',
        outcome: 'hit',
        kind: 'semantic',
        tier: 'memory',
        durationMs: 0.5,
        dimensions: {
          provider: facts.provider,
          protocol: 'openai-chat',
          model: 'gpt-4o',
          language: 'und',
          category: 'billing',
          template: '',
          tenant: 'tenant-1',
        },
        user: 'user',
        session: 'session',
        key: facts.key,
        ...savings,
        weight: 1,
      },
    ]);
  });

  it.each<[string, readonly ObservedEvent[], object]>([
    [
      'a miss has its reason',
      [miss, answered({ usage })],
      { outcome: 'miss', kind: 'expired', durationMs: 900, ...neither },
    ],
    [
      'a follower has what it did not cost',
      [miss, answered({ by: 'flight', usage })],
      { outcome: 'shared', kind: 'expired', ...savings },
    ],
    [
      'a batch has what its other parts did not cost',
      [answered({ usage: { inputTokens: 1, outputTokens: 1 }, savedUsage: usage })],
      { outcome: 'miss', ...savings },
    ],
    [
      'a follower of an error saved nothing',
      [answered({ by: 'flight', status: 429 })],
      { outcome: 'shared', ...neither },
    ],
    [
      'a remembered error has its status',
      [{ ...facts, type: 'negative', status: 404, durationMs: 1, keyMs: 1, storeMs: 0 }],
      { outcome: 'negative', kind: '404', ...neither },
    ],
    [
      'a bypass has its reason',
      [{ ...facts, key: undefined, type: 'bypass', reason: 'sensitive' }],
      { outcome: 'bypass', kind: 'sensitive', key: undefined, ...neither },
    ],
    [
      'a stored answer has the time of the write',
      [{ ...facts, type: 'stored', bytes: 1, storeMs: 3, usage }],
      { event: 'store', outcome: 'stored', durationMs: 3 },
    ],
    [
      'a refused answer has its reason',
      [{ ...facts, type: 'refused', reason: 'error' }],
      { event: 'store', outcome: 'refused', kind: 'error', ...neither },
    ],
    [
      'a call has its cause and status',
      [providerAnswer({ cause: 'refresh', usage })],
      { event: 'call', outcome: 'refresh', kind: '200', ...spending },
    ],
    [
      'an error costs nothing',
      [providerAnswer({ status: 500 })],
      { event: 'call', outcome: 'leader', kind: '500', ...neither },
    ],
    [
      'a failure has its code',
      [{ ...facts, type: 'provider-failure', cause: 'leader', code: 'provider_timeout', durationMs: 9 }],
      { event: 'call', outcome: 'leader', kind: 'provider_timeout', ...neither },
    ],
    [
      'an embedding belongs to no request',
      [
        {
          type: 'semantic-call',
          part: 'embedder',
          durationMs: 9,
          provider: facts.provider,
          model: 'gpt-4o',
          usage,
        },
      ],
      { event: 'call', outcome: 'embedding', kind: 'embedder', requestId: '', key: undefined, ...spending },
    ],
    [
      'a verdict has a price of its own',
      [{ type: 'semantic-call', part: 'judge', durationMs: 9, provider: '', model: 'm', usd: 0.0045 }],
      { event: 'call', outcome: 'verifying', kind: 'judge', ...spending, inputTokens: 0, outputTokens: 0 },
    ],
  ])('of %s', async (_what, events, expected) => {
    expect(await rowsOf(events)).toMatchObject([expected]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])(
    'of a hit that took %d ms has a duration that a database takes',
    async (durationMs) => {
      const clock = fakeClock();
      const accounts = openAccounts({ clock, pricing: () => loadPricing(), keepsText: false });
      accounts.observe(hit({ durationMs }));
      accounts.observe(providerAnswer({ durationMs }));
      await accounts.drain();
      const { rows, counters } = accounts.take();
      expect(rows.map((row) => row.durationMs)).toEqual([0, 0]);
      const durations = counters.flatMap(({ hitDurations }) => [...hitDurations]);
      expect(durations.reduce((sum, count) => sum + count, 0)).toBe(1);
    },
  );

  it('says so if its money is an estimate', async () => {
    expect(await rowsOf([hit()])).toMatchObject([{ savedTokens: 0, savedNano: 2_000_000, estimated: true }]);
  });
});
