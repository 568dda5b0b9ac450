/**
 * A reply: what `ask` answers with, and what it tells about how it came by it.
 */

import { randomBytes } from 'node:crypto';
import { resumePoint, withEventIds } from '../body/event-ids.ts';
import type { LiveBody } from '../body/live-body.ts';
import { pacedBody, wholeBody } from '../body/replay.ts';
import type { Recording } from '../entry/entry.ts';
import type { AnswerHeaders, Head } from '../flight/flight.ts';
import type { Protocol } from '../protocol/contract.ts';
import type { Framing } from '../protocol/framing.ts';
import { type Ask, type Engine, named } from './ask.ts';
import type { Hit } from './lookup.ts';

/** How the answer was come by, in the terms of RFC 9211. */
export type CacheStatus =
  | {
      readonly kind: 'hit';
      /** Seconds of freshness left; negative where stale. */
      readonly ttl: number;
      readonly detail: string;
    }
  | {
      readonly kind: 'forward';
      readonly reason: 'miss' | 'stale' | 'bypass' | 'request';
      /** True where it is known, when the reply begins, that the answer was kept. */
      readonly stored?: boolean | undefined;
      /** True for a follower of somebody else's call. */
      readonly collapsed?: boolean | undefined;
      readonly detail?: string | undefined;
    };

export interface Reply {
  readonly status: number;
  /** For the leader the provider's own (less what belongs to the connection); for others what was kept. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The whole body, or one that is still coming. */
  readonly body: Uint8Array | LiveBody;
  /** How the body's events are framed; absent where it is no stream, or bypassed the cache. */
  readonly framing?: Framing | undefined;
  readonly cacheStatus: CacheStatus;
  /** Names the entry; absent where the request bypassed the cache. */
  readonly key?: string | undefined;
  /** Seconds since the answer was generated; with hits. */
  readonly age?: number | undefined;
  /** Correlates the reply with observed events. */
  readonly requestId: string;
}

/** The `Cache-Status` header (RFC 9211) for a reply. */
export function cacheStatusHeader(cacheStatus: CacheStatus): string {
  if (cacheStatus.kind === 'hit')
    return `askonce; hit; ttl=${cacheStatus.ttl}; detail=${quoted(cacheStatus.detail)}`;
  const stored = cacheStatus.stored ? '; stored' : '';
  const collapsed = cacheStatus.collapsed ? '; collapsed' : '';
  const detail = cacheStatus.detail === undefined ? '' : `; detail=${quoted(cacheStatus.detail)}`;
  return `askonce; fwd=${cacheStatus.reason}${stored}${collapsed}${detail}`;
}

/** A string of a structured field (RFC 9651, section 3.3.3), which holds printable ASCII and nothing else. */
function quoted(text: string): string {
  return `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}

/* MERGED reply-headers.ts:
 * Which response headers go into a recording, and which each reader gets.
 */
/** Where hits and followers are cacheStatus the request id of the call that their answer came from. */
export const originRequestIdHeader = 'askonce-origin-request-id';

/** Random for the process, then counted: unique, and cheap where every hit needs one. */
const processId = `req_${randomBytes(8).toString('hex')}`;
let requests = 0;

export function newRequestId(): string {
  requests++;
  return `${processId}${requests}`;
}

/** The headers of an answer that belong to its recording, by the protocol's allow-list. */
export function recordedHeaders(protocol: Protocol, head: Head): Readonly<Record<string, string>> {
  const recorded: Record<string, string> = {};
  for (const name of ['content-type', ...protocol.recordedHeaders]) {
    const value = head.headers[name];
    if (typeof value === 'string') recorded[name] = value;
  }
  const origin = head.headers[protocol.requestIdHeader];
  if (typeof origin === 'string') recorded[originRequestIdHeader] = origin;
  return recorded;
}

/** What the reader of a kept or shared answer gets: a request id of its own, and the original's beside it. */
export function sharedHeaders(
  protocol: Protocol,
  kept: Readonly<Record<string, string>>,
  requestId: string,
): AnswerHeaders {
  return { ...kept, [protocol.requestIdHeader]: requestId };
}

/** What a follower gets of an error: all that tells it when to come again, but nothing that was set for the leader alone. */
export function sharedErrorHeaders(protocol: Protocol, head: Head, requestId: string): AnswerHeaders {
  const { 'set-cookie': _forTheLeader, ...headers } = head.headers;
  const origin = headers[protocol.requestIdHeader];
  return {
    ...headers,
    ...(typeof origin === 'string' ? { [originRequestIdHeader]: origin } : {}),
    [protocol.requestIdHeader]: requestId,
  };
}

/* MERGED served.ts:
 * The reply that a hit gives.
 */
export function served(engine: Engine, ask: Ask, hit: Hit): Reply {
  const { clock, observe } = engine;
  const { usage } = hit.entry.meta;
  observe({
    ...named(ask),
    type: 'hit',
    tier: hit.tier,
    fresh: hit.fresh,
    converted: hit.converted,
    savedTokens: usage === undefined ? 0 : usage.inputTokens + usage.outputTokens,
    durationMs: clock.monotonic() - ask.started,
  });
  return replyOf(engine, ask, hit, hit.converted ? 'converted' : hit.tier);
}

/** The reply alone; `detail` tells how it came to be. */
export function replyOf(engine: Engine, ask: Ask, hit: Hit, detail: string): Reply {
  const { meta } = hit.entry;
  const now = engine.clock.now();
  const left = (meta.staleAfter - now) / 1000;
  return {
    status: hit.recording.status,
    headers: sharedHeaders(ask.identity.protocol, hit.recording.headers, ask.requestId),
    body: replayed(engine, ask, hit.recording, meta.recordingId),
    framing: hit.recording.events === undefined ? undefined : ask.identity.framing,
    // What is stale is told by a number below zero (RFC 9211, section 2.4), also in its first second.
    cacheStatus: { kind: 'hit', ttl: left > 0 ? Math.ceil(left) : Math.min(-1, Math.floor(left)), detail },
    key: ask.identity.key,
    age: Math.max(0, Math.floor((now - meta.refreshed) / 1000)),
    requestId: ask.requestId,
  };
}

function replayed(
  engine: Engine,
  ask: Ask,
  recording: Recording,
  recordingId: string,
): Uint8Array | LiveBody {
  if (recording.events === undefined) return recording.body;
  const paced = engine.settings.replayPace === 'recorded';
  if (!paced && !wantsEventIds(ask)) return recording.body;
  const live = paced ? pacedBody(recording, engine.clock) : wholeBody(recording.body);
  return numbered(live, ask, recordingId);
}

function wantsEventIds({ identity, request: { directives } }: Ask): boolean {
  if (identity.framing.numbering === undefined) return false;
  return directives.eventIds ?? directives.lastEventId !== undefined;
}

/** The stream with event ids, and behind the last event that the client saw, where the request asks for that. */
export function numbered(live: LiveBody, ask: Ask, recordingId: string): LiveBody {
  const { numbering } = ask.identity.framing;
  if (numbering === undefined || !wantsEventIds(ask)) return live;
  const skip = resumePoint(ask.request.directives.lastEventId, recordingId);
  return withEventIds(live, () => numbering(recordingId, skip));
}
