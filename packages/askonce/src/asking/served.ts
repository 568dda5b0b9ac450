/**
 * The reply that a hit gives.
 */
import type { Recording } from '../entry/recording.ts';
import { resumePoint, withEventIds } from '../flight/event-ids.ts';
import type { LiveBody } from '../flight/live-body.ts';
import { inRhythm, wholeBody } from '../flight/replay.ts';
import type { Directives } from '../identity/request.ts';
import type { Reply } from '../reply.ts';
import { type Ask, type House, named } from './ask.ts';
import type { Hit } from './lookup.ts';
import { sharedHeaders } from './reply-headers.ts';

export function served(house: House, ask: Ask, hit: Hit): Reply {
  const { clock, observe } = house;
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
  return replyOf(house, ask, hit, hit.converted ? 'converted' : hit.tier);
}

/** The reply alone; `detail` tells how it came to be. */
export function replyOf(house: House, ask: Ask, hit: Hit, detail: string): Reply {
  const { meta } = hit.entry;
  const now = house.clock.now();
  const left = (meta.staleAfter - now) / 1000;
  return {
    status: hit.recording.status,
    headers: sharedHeaders(ask.identity.protocol, hit.recording.headers, ask.requestId),
    body: replayed(house, hit.recording, meta.recordingId, ask.request.directives),
    // What is stale is told by a number below zero (RFC 9211, section 2.4), also in its first second.
    told: { kind: 'hit', ttl: left > 0 ? Math.ceil(left) : Math.min(-1, Math.floor(left)), detail },
    key: ask.identity.key,
    age: Math.max(0, Math.floor((now - meta.refreshed) / 1000)),
    requestId: ask.requestId,
  };
}

function replayed(
  house: House,
  recording: Recording,
  recordingId: string,
  directives: Directives,
): Uint8Array | LiveBody {
  if (recording.events === undefined) return recording.body;
  const paced = house.settings.replayPace === 'recorded';
  if (!paced && !wantsEventIds(directives)) return recording.body;
  const live = paced ? inRhythm(recording, house.clock) : wholeBody(recording.body);
  return numbered(live, recordingId, directives);
}

function wantsEventIds({ eventIds, lastEventId }: Directives): boolean {
  return eventIds ?? lastEventId !== undefined;
}

/** The stream with event ids, and from where the client left off, where it asks for that. */
export function numbered(live: LiveBody, recordingId: string, directives: Directives): LiveBody {
  if (!wantsEventIds(directives)) return live;
  return withEventIds(live, recordingId, resumePoint(directives.lastEventId, recordingId));
}
