/**
 * A reply: what `ask` answers with, and what its `Cache-Status` says of where the answer came from.
 */
import { resumePoint, withEventIds } from '../body/event-ids.ts';
import type { LiveBody } from '../body/live-body.ts';
import { pacedBody, wholeBody } from '../body/replay.ts';
import type { Recording } from '../entry/entry.ts';
import type { Framing } from '../protocol/framing.ts';
import { type Ask, lookupTimes, report } from './ask.ts';
import type { Engine } from './engine.ts';
import type { Hit } from './outcome.ts';
import { sharedHeaders } from './reply-headers.ts';

/** Where the answer came from, in the terms of RFC 9211. */
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
      /** True where the answer is known to be stored when the reply begins. */
      readonly stored?: boolean | undefined;
      /** True for a follower of another request's call. */
      readonly collapsed?: boolean | undefined;
      readonly detail?: string | undefined;
    };

export interface Reply {
  readonly status: number;
  /** For the leader the provider's own, less what belongs to the connection; for others the recorded ones. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The whole body, or one that is still coming. */
  readonly body: Uint8Array | LiveBody;
  readonly cacheStatus: CacheStatus;
  /** Names the entry; absent where the request bypassed the cache. */
  readonly key?: string | undefined;
  /** Seconds since the answer was generated; for hits. */
  readonly age?: number | undefined;
  /** How the body's events are framed; absent where it is no stream, or bypassed the cache. */
  readonly framing?: Framing | undefined;
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

/** Serves a hit, and reports it. */
export function replyToHit(engine: Engine, ask: Ask, hit: Hit): Reply {
  const { usage, model } = hit.entry.meta;
  report(engine, ask, {
    type: 'hit',
    tier: hit.tier,
    fresh: hit.fresh,
    converted: hit.converted,
    savedTokens: usage === undefined ? 0 : usage.inputTokens + usage.outputTokens,
    usage,
    model,
    bytes: hit.recording.body.length,
    ...lookupTimes(engine, ask),
  });
  return replyOf(engine, ask, hit, hit.converted ? 'converted' : hit.tier);
}

/** The reply of a hit alone; `detail` says how it came about. */
export function replyOf(engine: Engine, ask: Ask, hit: Hit, detail: string): Reply {
  const { meta } = hit.entry;
  const now = engine.clock.now();
  const left = (meta.staleAfter - now) / 1000;
  return {
    status: hit.recording.status,
    headers: sharedHeaders(ask.identity.protocol, hit.recording.headers, ask.requestId),
    body: replayed(engine, ask, hit.recording, meta.recordingId),
    // A stale answer has a number below zero (RFC 9211, section 2.4), also in its first second.
    cacheStatus: { kind: 'hit', ttl: left > 0 ? Math.ceil(left) : Math.min(-1, Math.floor(left)), detail },
    key: ask.identity.key,
    framing: hit.recording.events === undefined ? undefined : ask.identity.framing,
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
