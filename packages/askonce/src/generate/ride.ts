/**
 * Aboard a flight: the reply that it brings to one request, whether that leads it or follows.
 */

import type { LiveBody } from '../body/live-body.ts';
import { type Ask, type Engine, mayHear, onAbort } from '../engine/ask.ts';
import type { CacheStatus, Reply } from '../engine/reply.ts';
import { numbered, recordedHeaders, sharedErrorHeaders, sharedHeaders } from '../engine/reply.ts';
import { isStream, type Recording } from '../entry/entry.ts';
import { type Flight, type Head, isSuccess, type Landing } from '../flight/flight.ts';
import type { Identity } from '../identity/identify.ts';

type Role = 'leader' | 'follower';

/**
 * Comes aboard and replies with what the flight brings. Undefined where what it brings is not for this request
 * (another's failure, a form that can't be made): then somebody else must be elected.
 */
export async function ride(
  engine: Engine,
  ask: Ask,
  flight: Flight,
  toldOfRole: CacheStatus,
  role: Role,
): Promise<Reply | undefined> {
  const leave = flight.board();
  let stopListening = () => {};
  const seat = flight.transcript.reserve(() => {
    stopListening();
    leave();
  });
  const { signal } = ask.caller;
  // One listener for the whole ride: they are dear, and this is on the way of every miss.
  const departed = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => {
      seat.release(abortError(signal));
      reject(signal?.reason);
    });
  });
  departed.catch(() => {});
  const mayShareFailure = () => flight.failsFor === ask.failsFor && flight.relayed?.lost !== true;
  const live = (head: Head) =>
    liveReply(ask, flight, head, seat, toldOf(flight, toldOfRole), roleIn(flight, role));

  try {
    const head = await Promise.race([flight.head, departed]);
    if (!mayShareFailure() && !isSuccess(head)) return nobody(seat);
    // The provider may have refused the credential elsewhere, while it waited here.
    if (!mayHear(engine, ask, flight)) return nobody(seat);
    if (head.streamed && (role === 'leader' || isStream(ask.identity.form))) return live(head);
    const landing = await Promise.race([flight.landing, flight.outgrown, departed]);
    if (landing?.recording === undefined) {
      return role === 'leader' || flight.plan.form === ask.identity.form ? live(head) : nobody(seat);
    }
    if (!mayHear(engine, ask, flight)) return nobody(seat);
    seat.release();
    const { recording } = landing;
    return landedReply(ask, flight, landing, recording, toldOf(flight, toldOfRole), roleIn(flight, role));
  } catch (error) {
    seat.release();
    if (!mayShareFailure() && !signal?.aborted) return undefined;
    throw error;
  }
}

/** Whoever leads here what another process asked for has followed. */
function roleIn({ relayed }: Flight, role: Role): Role {
  return relayed === undefined ? role : 'follower';
}

function toldOf({ relayed }: Flight, cacheStatus: CacheStatus): CacheStatus {
  return relayed === undefined || cacheStatus.kind === 'hit'
    ? cacheStatus
    : { ...cacheStatus, collapsed: true };
}

function nobody(seat: { release(): void }): undefined {
  seat.release();
}

function abortError(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('the caller has left', { cause: reason });
}

function headersFor({ identity, requestId }: Ask, head: Head, role: Role): Reply['headers'] {
  if (role === 'leader') return head.headers;
  const { protocol } = identity;
  if (!isSuccess(head)) return sharedErrorHeaders(protocol, head, requestId);
  const headers = sharedHeaders(protocol, recordedHeaders(protocol, head), requestId);
  const encoding = head.headers['content-encoding'];
  // The provider's bytes as they are, where their encoding could not be undone.
  return encoding === undefined ? headers : { ...headers, 'content-encoding': encoding };
}

function liveReply(
  ask: Ask,
  flight: Flight,
  head: Head,
  live: LiveBody,
  cacheStatus: CacheStatus,
  role: Role,
): Reply {
  return {
    status: head.status,
    headers: headersFor(ask, head, role),
    body: head.streamed ? numbered(live, ask, flight.recordingId) : live,
    framing: head.streamed ? ask.identity.framing : undefined,
    cacheStatus,
    key: ask.identity.key,
    requestId: ask.requestId,
  };
}

function landedReply(
  ask: Ask,
  flight: Flight,
  { head, stored }: Landing,
  recording: Recording,
  cacheStatus: CacheStatus,
  role: Role,
): Reply | undefined {
  const { identity, requestId } = ask;
  const asItIs = flight.plan.form === identity.form || !isSuccess(head);
  const wanted = asItIs ? recording : converted(recording, identity);
  if (wanted === undefined) return undefined;
  return {
    status: wanted.status,
    headers: asItIs
      ? headersFor(ask, head, role)
      : sharedHeaders(identity.protocol, wanted.headers, requestId),
    body: wanted.body,
    cacheStatus:
      role === 'leader' && cacheStatus.kind === 'forward' ? { ...cacheStatus, stored } : cacheStatus,
    key: identity.key,
    requestId,
  };
}

function converted(recording: Recording, { protocol, form }: Identity): Recording | undefined {
  try {
    return protocol.convert(recording, form);
  } catch {
    // Whatever the bytes made the protocol do (JSON can nest deeper than the stack): it can't be made.
    return undefined;
  }
}
