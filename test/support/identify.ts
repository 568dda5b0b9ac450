/**
 * Requests for tests of identity, and the real identifier with a fixed clock.
 */
import type { Clock } from '../../packages/askonce/src/clock.ts';
import { type Identified, type Identity, identifier } from '../../packages/askonce/src/identity/identify.ts';
import type { CacheRequest } from '../../packages/askonce/src/identity/request.ts';
import { protocolTable } from '../../packages/askonce/src/protocol/protocols.ts';
import { librarySettings } from '../../packages/askonce/src/settings/read.ts';
import type { SettingsInput } from '../../packages/askonce/src/settings/table.ts';

export const noon = Date.UTC(2026, 10, 21, 12);

function stoppedClock(now: number): Clock {
  return { now: () => now, monotonic: () => 0, schedule: () => () => {} };
}

export interface Identifying {
  readonly settings?: SettingsInput;
  readonly secret?: string;
  readonly now?: number;
  /** Default: one that has stopped. */
  readonly clock?: Clock;
}

/** The identifier under test. */
export function identifierWith({
  settings = {},
  secret = 'a secret of tests',
  now = noon,
  clock = stoppedClock(now),
}: Identifying = {}): (request: CacheRequest) => Identified {
  return identifier({
    settings: librarySettings(settings),
    secret,
    clock,
    protocols: protocolTable(),
  });
}

/** A chat request; a body that is neither text nor bytes is written as JSON. */
export function chatRequest(body: unknown, more: Partial<CacheRequest> = {}): CacheRequest {
  return {
    protocol: 'openai-chat',
    upstream: 'https://api.openai.com/v1',
    route: '/chat/completions',
    query: '',
    headers: { authorization: 'Bearer one' },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    context: {},
    directives: {},
    ...more,
  };
}

/** A request whose whole `input` counts as it is, except for nulls. */
export function functionRequest(input: unknown, more: Partial<CacheRequest> = {}): CacheRequest {
  return chatRequest({ name: 'classify', input }, { protocol: 'function', route: '/classify', ...more });
}

export const question = {
  model: 'gpt-4o-mini',
  messages: [
    { role: 'system', content: 'Answer briefly.' },
    { role: 'user', content: 'Where should I go in May?' },
  ],
};

/** The identity of a request that must have one. */
export function identityOf(request: CacheRequest, how: Identifying = {}): Identity {
  const identified = identifierWith(how)(request);
  if ('bypass' in identified) throw new Error(`bypassed: ${identified.bypass}`);
  return identified;
}

/**
 * The outcome of identification as one comparable text: the key, the reason to bypass, or the code of the
 * error.
 */
export function outcomeOf(identify: (request: CacheRequest) => Identified, request: CacheRequest): string {
  try {
    const identified = identify(request);
    return 'bypass' in identified ? `bypass ${identified.bypass}` : identified.key;
  } catch (error) {
    return `error ${error instanceof Error && 'code' in error ? error.code : String(error)}`;
  }
}
