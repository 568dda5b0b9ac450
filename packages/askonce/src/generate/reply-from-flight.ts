/**
 * The reply of a flight to one request, whether that leads it or follows.
 */
import type { LiveBody } from '../body/live-body.ts';
import { type Follower, mayFollow, mayShare, onAbort } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { numbered, wholeReplay } from '../engine/hit-reply.ts';
import { convertedTo } from '../engine/read-by-protocol.ts';
import type { CacheStatus, Reply } from '../engine/reply.ts';
import { recordedHeaders, sharedErrorHeaders, sharedHeaders } from '../engine/reply-headers.ts';
import { isStream, isSuccess, type Recording } from '../entry/entry.ts';
import type { Flight } from '../flight/flight.ts';
import type { Head, Landing } from '../flight/plan.ts';
import { Wait } from '../flight/wait.ts';

type Role = 'leader' | 'follower';

/**
 * Joins the flight's requests and replies with the flight's answer. Undefined if that is not for this request (another's
 * failure, a form that can't be made): then a new leader must be elected.
 */
export async function replyFrom(
  engine: Pick<Engine, 'access'>,
  ask: Follower,
  flight: Flight,
  cacheStatus: CacheStatus,
  role: Role,
): Promise<Reply | undefined> {
  const leave = flight.join();
  let stopListening = () => {};
  const seat = flight.transcript.reserve(() => {
    stopListening();
    leave();
  });
  const { signal } = ask.caller;
  const wait = new Wait(signal);
  // One listener for the whole wait: listeners are expensive, and every miss needs one.
  stopListening = onAbort(signal, () => {
    seat.release(abortError(signal));
    wait.giveUp(signal?.reason);
  });
  const mayShareFailure = () => flight.failsFor === ask.failsFor && flight.relayed?.lost !== true;
  const live = (head: Head) =>
    liveReply(ask, flight, head, seat, statusIn(flight, cacheStatus), roleIn(flight, role));

  try {
    const head = await wait.until(flight.head);
    const { sharing } = head;
    if (role === 'follower' && sharing?.isRefused() === false) await wait.until(sharing.decided);
    if (!mayShareFailure() && !isSuccess(head)) return released(seat);
    // The provider may have refused the credential meanwhile, on another request.
    if (!mayFollow(engine, ask, flight)) return released(seat);
    if (role === 'follower' && !mayShare(ask, flight)) return released(seat);
    if (head.streamed && (role === 'leader' || takesStream(ask))) return live(head);
    const landing = await wait.until<Landing | undefined>(flight.landing, flight.outgrown);
    if (landing?.recording === undefined) {
      return role === 'leader' || flight.plan.form === ask.identity.form ? live(head) : released(seat);
    }
    if (!mayFollow(engine, ask, flight)) return released(seat);
    seat.release();
    const { recording } = landing;
    return landedReply(ask, flight, landing, recording, statusIn(flight, cacheStatus), roleIn(flight, role));
  } catch (error) {
    seat.release();
    if (!mayShareFailure() && !signal?.aborted) return undefined;
    throw error;
  }
}

/** Whether an answer that is a stream is passed on as it comes. */
function takesStream({ identity: { form, protocol } }: Follower): boolean {
  return isStream(form) || protocol.answers !== undefined;
}

/** A request that leads here has followed if another process called the provider. */
function roleIn({ relayed }: Flight, role: Role): Role {
  return relayed === undefined ? role : 'follower';
}

function statusIn({ relayed }: Flight, cacheStatus: CacheStatus): CacheStatus {
  return relayed === undefined || cacheStatus.kind === 'hit'
    ? cacheStatus
    : { ...cacheStatus, collapsed: true };
}

function released(seat: { release(): void }): undefined {
  seat.release();
}

function abortError(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('the caller has left', { cause: reason });
}

function headersFor({ identity, requestId }: Follower, head: Head, role: Role): Reply['headers'] {
  if (role === 'leader') return head.headers;
  const { protocol } = identity;
  if (!isSuccess(head)) return sharedErrorHeaders(protocol, head, requestId);
  const headers = sharedHeaders(protocol, recordedHeaders(protocol, head), requestId);
  const encoding = head.headers['content-encoding'];
  // The provider's bytes as they are, if their encoding could not be undone.
  return encoding === undefined ? headers : { ...headers, 'content-encoding': encoding };
}

function liveReply(
  ask: Follower,
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
    cacheStatus,
    key: ask.identity.key,
    framing: head.streamed ? ask.identity.framing : undefined,
    sent: head.streamed ? () => flight.sent() : undefined,
    requestId: ask.requestId,
  };
}

function landedReply(
  ask: Follower,
  flight: Flight,
  { head, stored }: Landing,
  recording: Recording,
  cacheStatus: CacheStatus,
  role: Role,
): Reply | undefined {
  const { identity, requestId } = ask;
  const isAsRecorded = flight.plan.form === identity.form || !isSuccess(head);
  const wanted = isAsRecorded ? recording : convertedTo(identity.protocol, recording, identity.form);
  if (wanted === undefined) return undefined;
  return {
    status: wanted.status,
    headers: isAsRecorded
      ? headersFor(ask, head, role)
      : sharedHeaders(identity.protocol, wanted.headers, requestId),
    body: wholeReplay(ask, wanted, flight.recordingId),
    cacheStatus:
      role === 'leader' && cacheStatus.kind === 'forward' ? { ...cacheStatus, stored } : cacheStatus,
    key: identity.key,
    framing: wanted.events === undefined ? undefined : identity.framing,
    requestId,
  };
}
