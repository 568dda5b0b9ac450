/**
 * The reply that a hit gives.
 */
import { resumePoint, withEventIds } from '../body/event-ids.ts';
import type { LiveBody } from '../body/live-body.ts';
import { pacedBody, wholeBody } from '../body/replay.ts';
import type { Recording } from '../entry/entry.ts';
import type { ObservedEvent } from '../observe/events.ts';
import { type Ask, factsOf, lookupTimes, type Replied } from './ask.ts';
import { type Engine, isObserved } from './engine.ts';
import type { Hit } from './outcome.ts';
import type { Reply } from './reply.ts';
import { sharedHeaders } from './reply-headers.ts';

/** Serves a hit, and reports it. */
export function replyToHit(engine: Engine, ask: Ask, hit: Hit): Reply {
  // Warming is no request.
  const counts = ask.request.directives.warm === undefined;
  if (counts && isObserved(engine, 'hit')) engine.observe(hitEvent(engine, ask, hit));
  return replyOf(engine, ask, hit, detailOf(hit));
}

/** How a hit came about, for `Cache-Status`. */
export function detailOf({ semantic, converted, tier }: Hit): string {
  if (semantic !== undefined) return 'semantic';
  return converted ? 'converted' : tier;
}

/** The closing event of a hit. Written out, since there is one for every hit, and spreading takes three times as long. */
function hitEvent(engine: Engine, ask: Ask, { entry, recording, tier, fresh, converted, semantic }: Hit) {
  const { usage, model } = entry.meta;
  const facts = factsOf(engine, ask);
  const { durationMs, keyMs, storeMs } = lookupTimes(engine, ask);
  return {
    type: 'hit',
    requestId: facts.requestId,
    protocol: facts.protocol,
    provider: facts.provider,
    subject: facts.subject,
    key: facts.key,
    // That of a question that was stored is known, and costs no detection.
    language: facts.language === 'und' ? entry.meta.language : facts.language,
    category: facts.category,
    template: facts.template,
    tagNames: facts.tagNames,
    tenantDigest: facts.tenantDigest,
    userDigest: facts.userDigest,
    sessionDigest: facts.sessionDigest,
    textLength: facts.textLength,
    requestBytes: facts.requestBytes,
    tier,
    fresh,
    converted,
    kind: semantic === undefined ? 'exact' : 'semantic',
    similarity: semantic?.similarity,
    pool: semantic?.pool,
    entry: semantic === undefined ? undefined : entry.key,
    savedTokens: usage === undefined ? 0 : usage.inputTokens + usage.outputTokens,
    usage,
    model,
    bytes: recording.body.length,
    durationMs,
    keyMs,
    storeMs,
  } as const satisfies HitEvent;
}

type HitEvent = Extract<ObservedEvent, { readonly type: 'hit' }>;

/** The reply of a hit alone; `detail` says how it came about. */
export function replyOf(
  engine: Pick<Engine, 'clock' | 'settings'>,
  ask: Replied,
  hit: Hit,
  detail: string,
): Reply {
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
    usage: meta.usage,
    requestId: ask.requestId,
    similarity: hit.semantic?.similarity,
    match: hit.semantic?.match,
    question: hit.semantic?.question,
  };
}

function replayed(
  engine: Pick<Engine, 'clock' | 'settings'>,
  ask: Replied,
  recording: Recording,
  recordingId: string,
): Uint8Array | LiveBody {
  if (recording.events === undefined || engine.settings.replayPace !== 'recorded')
    return wholeReplay(ask, recording, recordingId);
  return numbered(pacedBody(recording, engine.clock), ask, recordingId);
}

/** The body of a recording in one piece, with event ids if it is a stream and the request asks for them. */
export function wholeReplay(
  ask: Replied,
  { events, body }: Recording,
  recordingId: string,
): Uint8Array | LiveBody {
  return events === undefined || !wantsEventIds(ask) ? body : numbered(wholeBody(body), ask, recordingId);
}

function wantsEventIds({ identity, request: { directives } }: Replied): boolean {
  if (identity.framing.numbering === undefined) return false;
  return directives.eventIds ?? directives.lastEventId !== undefined;
}

/** The stream with event ids, from after the last event that the client saw if the request asks for that. */
export function numbered(live: LiveBody, ask: Replied, recordingId: string): LiveBody {
  const { numbering } = ask.identity.framing;
  if (numbering === undefined || !wantsEventIds(ask)) return live;
  const skip = resumePoint(ask.request.directives.lastEventId, recordingId);
  return withEventIds(live, () => numbering(recordingId, skip));
}
