/**
 * What an answer that is no success means for warming: whether to try again, when, and the words for the summary. They never
 * hold what the provider wrote, which may quote a prompt or a key.
 */
import type { Clock } from 'askonce';
import { protocols, retryAfterMs, type WarmFailure } from 'askonce/gateway-kit';
import { bypassReasons } from '../metrics/names.ts';
import type { WarmAnswer } from './asker.ts';
import type { WarmRequest } from './request.ts';

/** A longer wait is not waited for, in ms. */
const longestWaitMs = 60_000;

/** The gateway's own refusal. A provider may send the same status, and anything for its body: known reasons alone count. */
const notWarmable = new RegExp(`bypasses the cache \\((?:${bypassReasons.join('|')})\\)`);

export function failureOf(
  { protocol }: Pick<WarmRequest, 'protocol'>,
  { status, headers, body }: WarmAnswer,
  clock: Clock,
  attempt: number,
): WarmFailure {
  const own = status === 422 ? notWarmable.exec(Buffer.from(body).toString('utf8', 0, 4096)) : null;
  if (own !== null) return { reason: `the request ${own[0]}`, isOfAccount: false, isOfAll: false };
  const given = present(headers);
  const kind = protocols[protocol].errorKind?.({ status, headers: given, body }) ?? 'transient';
  const asked = retryAfterMs(given, clock.now());
  const waits = Math.max(asked ?? 0, 1000 * 2 ** (attempt - 1));
  const isWorthIt = (kind === 'overload' || kind === 'transient') && waits <= longestWaitMs;
  return {
    reason: `${words[kind]} (status ${status})`,
    againAfterMs: isWorthIt ? waits : undefined,
    isOfAccount: kind === 'account',
    isOfAll: kind === 'overload',
  };
}

const words = {
  deterministic: 'the provider refuses the request',
  account: 'the provider refuses the account: check the key, its rights and its credit',
  overload: 'the provider limits requests',
  transient: 'the provider failed',
} as const;

function present(headers: WarmAnswer['headers']): Readonly<Record<string, string | readonly string[]>> {
  const all: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) all[name] = value;
  return all;
}
