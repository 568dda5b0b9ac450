/**
 * Asking once: join the flight that fetches the same, else lead one.
 */
import { randomBytes } from 'node:crypto';
import { isStream } from '../entry/recording.ts';
import type { Flight, Head, Landing } from '../flight/flight.ts';
import type { LiveBody } from '../flight/live-body.ts';
import { iterate, type Seat } from '../flight/transcript.ts';
import type { MissReason } from '../observe/events.ts';
import type { CacheTold, Reply } from '../reply.ts';
import { type Ask, type House, named, unlessAborted } from './ask.ts';
import { keep } from './keep.ts';
import type { Miss } from './lookup.ts';
import { keptHeaders, sharedErrorHeaders, sharedHeaders } from './reply-headers.ts';
import { numbered } from './served.ts';

/** How often a request follows others whose flights come to nothing before it asks for itself. */
const maxElections = 2;

/**
 * Answers a miss. Between a lookup that answered at once and this call nothing may be awaited: an answer kept
 * meanwhile would be asked for again.
 */
export async function generate(house: House, ask: Ask, { reason, accepted }: Miss): Promise<Reply> {
  const name = flightName(ask);
  const mayJoin = house.settings.singleFlight && !ask.request.directives.noCache;
  for (let election = 0; mayJoin && election < maxElections; election++) {
    const flight = house.flights.joinable(name, (other) => suits(other, ask, accepted));
    if (flight === undefined) break;
    const followers = flight.aboard;
    house.observe({ ...named(ask), type: 'joined', followers });
    const reply = await ride(
      ask,
      flight,
      { kind: 'forward', reason: forwardReason(reason), collapsed: true },
      false,
    );
    if (reply !== undefined) return reply;
  }
  const reply = await ride(ask, lead(house, ask, name), toldOfMiss(reason), true);
  if (reply === undefined) throw new TypeError('a leader has nobody else to elect');
  return reply;
}

/** What is fetched, as far as one answer can serve all: the entry, and the limit that might cut it short. */
function flightName({ identity }: Ask): string {
  return `${identity.key}|${identity.ceiling ?? ''}`;
}

/** A credential that the provider hasn't accepted may only wait with its own like. */
function suits(flight: Flight, { identity }: Ask, accepted: boolean): boolean {
  const { form, credential } = flight.plan;
  return (
    (accepted || credential === identity.credential) &&
    (form === identity.form || identity.protocol.mayFollow(form, identity.form))
  );
}

export function forwardReason(missed: MissReason): 'miss' | 'stale' | 'request' {
  return missed === 'stale' || missed === 'request' ? missed : 'miss';
}

function toldOfMiss(missed: MissReason): CacheTold {
  const plain = missed === 'absent' || missed === 'stale' || missed === 'request';
  return { kind: 'forward', reason: forwardReason(missed), detail: plain ? undefined : missed };
}

/** Starts the one provider call. */
function lead(house: House, ask: Ask, name: string): Flight {
  const { settings, clock, observe, acceptance, flights } = house;
  const { identity, request, provider } = ask;
  const recordingId = randomBytes(8).toString('hex');
  const began = clock.now();
  const takeOff = clock.monotonic();
  const durationMs = () => clock.monotonic() - takeOff;
  observe({ ...named(ask), type: 'provider-call', streamed: isStream(identity.form) });
  const flight = flights.start(name, {
    request,
    provider,
    form: identity.form,
    credential: identity.credential,
    recordingId,
    settings,
    clock,
    keptHeaders: (head) => keptHeaders(identity.protocol, head),
    onHead: ({ status }) => {
      if (status >= 200 && status <= 299) acceptance.accept(identity.credential, request.upstream);
      else if (status === 401 || status === 403) acceptance.refuse(identity.credential, request.upstream);
    },
    keep: async (recording) => (await keep(house, ask, recording, recordingId, began)).stored,
    onCutOff: () => observe({ ...named(ask), type: 'cut-off', reason: 'too-slow' }),
  });
  flight.landing.then(
    ({ head }) =>
      observe({
        ...named(ask),
        type: 'provider-answer',
        status: head.status,
        durationMs: durationMs(),
        bytes: flight.transcript.length,
      }),
    (error) =>
      observe({ ...named(ask), type: 'provider-failure', code: error.code, durationMs: durationMs() }),
  );
  return flight;
}

/**
 * Comes aboard a flight and replies with what it brings. Undefined where what it brings is not for this
 * request (another's failure, a form that can't be made): then somebody else must be elected.
 */
async function ride(ask: Ask, flight: Flight, told: CacheTold, leading: boolean): Promise<Reply | undefined> {
  const seat = flight.transcript.reserve();
  const leave = flight.board();
  const quit = () => {
    ask.signal?.removeEventListener('abort', quit);
    seat.release();
    leave();
  };
  ask.signal?.addEventListener('abort', quit, { once: true });
  const stranger = flight.plan.credential !== ask.identity.credential;
  try {
    const head = await unlessAborted(flight.head, ask.signal);
    if (stranger && !succeeded(head)) return nothing(quit);
    if (head.streamed && (leading || isStream(ask.identity.form)))
      return liveReply(ask, flight, head, seat, quit, told, leading);
    const landing = await unlessAborted(Promise.race([flight.landing, flight.outgrown]), ask.signal);
    if (landing === undefined || landing.recording === undefined) {
      if (!leading && flight.plan.form !== ask.identity.form) return nothing(quit);
      return liveReply(ask, flight, head, seat, quit, told, leading);
    }
    const reply = landedReply(ask, flight, landing, told, leading);
    quit();
    return reply;
  } catch (error) {
    quit();
    if (stranger && !ask.signal?.aborted) return undefined;
    throw error;
  }
}

function nothing(quit: () => void): undefined {
  quit();
}

function succeeded({ status }: Head): boolean {
  return status >= 200 && status <= 299;
}

function headersFor(ask: Ask, head: Head, leading: boolean): Reply['headers'] {
  const { protocol } = ask.identity;
  if (leading) return head.headers;
  return succeeded(head)
    ? sharedHeaders(protocol, keptHeaders(protocol, head), ask.requestId)
    : sharedErrorHeaders(protocol, head, ask.requestId);
}

function liveReply(
  ask: Ask,
  flight: Flight,
  head: Head,
  seat: Seat,
  quit: () => void,
  told: CacheTold,
  leading: boolean,
): Reply {
  const live = untilDone(seat, quit);
  return {
    status: head.status,
    headers: headersFor(ask, head, leading),
    body: head.streamed ? numbered(live, flight.plan.recordingId, ask.request.directives) : live,
    told,
    key: ask.identity.key,
    requestId: ask.requestId,
  };
}

function landedReply(
  ask: Ask,
  flight: Flight,
  landing: Landing,
  told: CacheTold,
  leading: boolean,
): Reply | undefined {
  const { head, recording } = landing;
  if (recording === undefined) return undefined;
  const sameForm = flight.plan.form === ask.identity.form;
  const wanted =
    sameForm || !succeeded(head) ? recording : ask.identity.protocol.convert(recording, ask.identity.form);
  if (wanted === undefined) return undefined;
  return {
    status: wanted.status,
    headers:
      sameForm || !succeeded(head)
        ? headersFor(ask, head, leading)
        : sharedHeaders(ask.identity.protocol, wanted.headers, ask.requestId),
    body: wanted.body,
    told: leading && told.kind === 'forward' ? { ...told, stored: landing.stored } : told,
    key: ask.identity.key,
    requestId: ask.requestId,
  };
}

/** The same body; `done` is called once its reader has read all, or has left. */
function untilDone(body: LiveBody, done: () => void): LiveBody {
  const watched: LiveBody = {
    subscribe(sink) {
      const subscription = body.subscribe({
        write: (piece) => sink.write(piece),
        end() {
          done();
          sink.end();
        },
        fail(error) {
          done();
          sink.fail(error);
        },
      });
      return {
        resume: () => subscription.resume(),
        close() {
          subscription.close();
          done();
        },
      };
    },
    [Symbol.asyncIterator]: () => iterate(watched),
  };
  return watched;
}
