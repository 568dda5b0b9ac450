/**
 * The replies to a request that was answered part by part.
 */

import { type Ask, type Engine, named } from '../engine/ask.ts';
import type { Hit } from '../engine/lookup.ts';
import type { CacheStatus, Reply } from '../engine/reply.ts';
import { recordedHeaders, sharedHeaders } from '../engine/reply.ts';
import type { Recording } from '../entry/entry.ts';
import { type Head, isSuccess } from '../flight/flight.ts';
import { forwardReason } from '../generate/generate.ts';
import type { MissReason } from '../observe/events.ts';
import type { Parts } from '../protocol/contract.ts';
import type { WholeAnswer } from './call.ts';

/** What a part came to. */
export interface PartAnswer {
  readonly recording: Recording;
  /** Undefined where it was kept. */
  readonly reply: Reply | undefined;
}

/** Only an all-part hit is a hit: as fresh as its least fresh part, and as old as its oldest. */
export function allKept(
  { clock, store, observe }: Engine,
  ask: Ask,
  parts: Parts,
  hits: readonly Hit[],
): Reply {
  const now = clock.now();
  const whole = parts.join(hits.map(({ recording }) => recording));
  const metas = hits.map(({ entry }) => entry.meta);
  observe({
    ...named(ask),
    type: 'hit',
    tier: hits[0]?.tier ?? store.name,
    fresh: hits.every(({ fresh }) => fresh),
    converted: hits.some(({ converted }) => converted),
    savedTokens: metas.reduce(
      (sum, { usage }) => sum + (usage === undefined ? 0 : usage.inputTokens + usage.outputTokens),
      0,
    ),
    durationMs: clock.monotonic() - ask.started,
  });
  return {
    status: whole.status,
    headers: sharedHeaders(ask.identity.protocol, whole.headers, ask.requestId),
    body: whole.body,
    cacheStatus: {
      kind: 'hit',
      ttl: Math.ceil((Math.min(...metas.map(({ staleAfter }) => staleAfter)) - now) / 1000),
      detail: `${hits.length}/${hits.length}`,
    },
    key: ask.identity.key,
    age: Math.max(0, Math.floor((now - Math.min(...metas.map(({ refreshed }) => refreshed))) / 1000)),
    requestId: ask.requestId,
  };
}

/** What the provider refused a call with. */
export interface Refusal {
  readonly reply: Reply;
  readonly head: Head;
  readonly recording: Recording;
}

/** The provider's refusal, if it refused; undefined where all parts were answered. */
export function refused(ask: Ask, answers: readonly PartAnswer[]): Refusal | undefined {
  for (const { reply, recording } of answers) {
    if (reply === undefined || isSuccess(reply)) continue;
    const { protocol, key } = ask.identity;
    const head = { status: reply.status, headers: reply.headers, streamed: false };
    return {
      reply: { ...reply, cacheStatus: { kind: 'forward', reason: 'miss' }, key, requestId: ask.requestId },
      head,
      recording: { ...recording, headers: recordedHeaders(protocol, head) },
    };
  }
  return undefined;
}

/** All parts in one answer. `detail` tells how many of them were kept. */
export function assembled(ask: Ask, parts: Parts, answers: readonly PartAnswer[], missed: MissReason): Reply {
  const fetched = answers.flatMap(({ reply }) => (reply === undefined ? [] : [reply]));
  const whole = parts.join(answers.map(({ recording }) => recording));
  const told = fetched.flatMap(({ cacheStatus: one }) => (one.kind === 'forward' ? [one] : []));
  // The headers of the call that this request made, if it made one.
  const own = told.findIndex(({ collapsed }) => collapsed !== true);
  return {
    status: whole.status,
    headers: { ...fetched[Math.max(0, own)]?.headers, ...whole.headers },
    body: whole.body,
    cacheStatus: {
      kind: 'forward',
      reason: forwardReason(missed),
      stored: own >= 0 && told.every(({ stored, collapsed }) => stored === true || collapsed === true),
      collapsed: own < 0,
      detail: `${answers.length - fetched.length}/${answers.length}`,
    },
    key: ask.identity.key,
    requestId: ask.requestId,
  };
}

/** An answer that can't be taken apart is passed on, and not kept. */
export function asItCame(ask: Ask, { answer, body }: WholeAnswer): Reply {
  const cacheStatus: CacheStatus = { kind: 'forward', reason: 'miss', detail: 'indivisible' };
  return { status: answer.status, headers: answer.headers, body, cacheStatus, requestId: ask.requestId };
}
