/** Events as a cache reports them to a ledger, for tests that make their own histories. */
import type { ObservedEvent, RequestFacts } from '../../packages/askonce/src/observe/events.ts';

export type EventOf<Type extends ObservedEvent['type']> = Extract<ObservedEvent, { readonly type: Type }>;

export const facts: RequestFacts = {
  requestId: 'request-1',
  protocol: 'openai-chat',
  provider: 'https://api.openai.com/v1',
  subject: 'gpt-4o',
  key: 'askonce:v1:partition:und:{fingerprint}',
  language: 'und',
  tenantDigest: 'tenant-1',
};

/** A fresh, exact hit from memory that took half a millisecond. */
export function hit(more: Partial<EventOf<'hit'>> = {}): EventOf<'hit'> {
  return {
    ...facts,
    type: 'hit',
    tier: 'memory',
    fresh: true,
    converted: false,
    kind: 'exact',
    savedTokens: 0,
    bytes: 2048,
    durationMs: 0.5,
    keyMs: 0.2,
    storeMs: 0.3,
    model: 'gpt-4o-2024-08-06',
    ...more,
  };
}

/** The end of a missed request that its own call answered. */
export function answered(more: Partial<EventOf<'answered'>> = {}): EventOf<'answered'> {
  return { ...facts, type: 'answered', by: 'call', status: 200, durationMs: 900, ...more };
}

/** A complete answer of the provider to a call for the requests that wait. */
export function providerAnswer(more: Partial<EventOf<'provider-answer'>> = {}): EventOf<'provider-answer'> {
  return {
    ...facts,
    type: 'provider-answer',
    cause: 'leader',
    status: 200,
    durationMs: 900,
    bytes: 2048,
    ...more,
  };
}
