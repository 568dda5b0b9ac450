/**
 * The replies to a request that was answered part by part.
 */
import { type Ask, lookupTimes, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { forwardReason } from '../engine/miss-status.ts';
import type { Hit } from '../engine/outcome.ts';
import type { CacheStatus, Reply } from '../engine/reply.ts';
import { recordedHeaders, sharedHeaders } from '../engine/reply-headers.ts';
import { isSuccess, type Recording } from '../entry/entry.ts';
import type { Head } from '../flight/plan.ts';
import type { MissReason } from '../observe/causes.ts';
import type { Parts } from '../protocol/contract.ts';
import { totalUsage } from '../protocol/usage.ts';
import type { WholeAnswer } from './call.ts';
import type { UsedByPart } from './used.ts';

/** The answer to one part. */
export interface PartAnswer extends UsedByPart {
  readonly recording: Recording;
  /** Undefined if it came from an entry. */
  readonly reply: Reply | undefined;
}

/** Only an all-part hit is a hit: as fresh as its least fresh part, and as old as its oldest. */
export function allFromEntries(engine: Engine, ask: Ask, parts: Parts, hits: readonly Hit[]): Reply {
  const now = engine.clock.now();
  const whole = parts.join(hits.map(({ recording }) => recording));
  const metas = hits.map(({ entry }) => entry.meta);
  const usage = totalUsage(metas.flatMap((meta) => meta.usage ?? []));
  report(engine, ask, {
    type: 'hit',
    kind: 'exact',
    tier: hits[0]?.tier ?? engine.store.name,
    fresh: hits.every(({ fresh }) => fresh),
    converted: hits.some(({ converted }) => converted),
    savedTokens: usage === undefined ? 0 : usage.inputTokens + usage.outputTokens,
    usage,
    model: metas[0]?.model,
    bytes: whole.body.length,
    ...lookupTimes(engine, ask),
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
    usage,
    requestId: ask.requestId,
  };
}

/** The provider's refusal of a call. */
export interface Refusal {
  readonly reply: Reply;
  readonly head: Head;
  readonly recording: Recording;
}

/** The provider's refusal, if it refused; undefined if all parts were answered. */
export function refusalIn(ask: Ask, answers: readonly PartAnswer[]): Refusal | undefined {
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

/** All parts in one answer. `detail` says how many of them came from entries. */
export function assembled(ask: Ask, parts: Parts, answers: readonly PartAnswer[], missed: MissReason): Reply {
  const fetched = answers.flatMap(({ reply }) => (reply === undefined ? [] : [reply]));
  const whole = parts.join(answers.map(({ recording }) => recording));
  const statuses = fetched.flatMap(({ cacheStatus: one }) => (one.kind === 'forward' ? [one] : []));
  // The headers of the call that this request made, if it made one.
  const own = statuses.findIndex(({ collapsed }) => collapsed !== true);
  return {
    status: whole.status,
    headers: { ...fetched[Math.max(0, own)]?.headers, ...whole.headers },
    body: whole.body,
    cacheStatus: {
      kind: 'forward',
      reason: forwardReason(missed),
      stored: own >= 0 && statuses.every(({ stored, collapsed }) => stored === true || collapsed === true),
      collapsed: own < 0,
      detail: `${answers.length - fetched.length}/${answers.length}`,
    },
    key: ask.identity.key,
    requestId: ask.requestId,
  };
}

/** An answer that can't be divided is passed on, and not stored. */
export function undivided(ask: Ask, { answer, body }: WholeAnswer): Reply {
  const cacheStatus: CacheStatus = { kind: 'forward', reason: 'miss', detail: 'indivisible' };
  return { status: answer.status, headers: answer.headers, body, cacheStatus, requestId: ask.requestId };
}
