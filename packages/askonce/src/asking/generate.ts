/**
 * Asking once: join the flight that fetches the same, else lead one.
 */
import type { EntryMeta } from '../entry/entry.ts';
import { newRecordingId } from '../entry/recording.ts';
import { type Flight, isSuccess } from '../flight/flight.ts';
import type { MissReason } from '../observe/events.ts';
import type { CacheTold, Reply } from '../reply.ts';
import { type Ask, flightName, type House, mayHear, named } from './ask.ts';
import { beginGeneration } from './generation.ts';
import { answerOf, keep } from './keep.ts';
import type { Miss } from './lookup.ts';
import { forgetError, rememberError } from './negative.ts';
import { keptHeaders } from './reply-headers.ts';
import { ride } from './ride.ts';
import { sharedProvider } from './sharing.ts';
import { toldCall } from './told-call.ts';

/** How often a request follows flights whose failures are not its own before it waits only with its own like. */
const maxElections = 3;

/**
 * Answers a miss. Between a lookup that answered at once and this call nothing may be awaited: an answer kept
 * meanwhile would be asked for again.
 */
export async function generate(house: House, ask: Ask, { reason, landed }: Miss): Promise<Reply> {
  const name = flightName(ask.identity);
  const tried = new Set<Flight>();
  // Whoever follows a flight that comes to nothing (another's failure, a form that can't be made) elects anew:
  // the first of those who waited finds no other and leads, the rest find that one.
  while (house.flags.isOn('singleFlight', ask.identity.key) && tried.size < 2 * maxElections) {
    const ownOnly = tried.size >= maxElections;
    const fits = (other: Flight) => !tried.has(other) && suits(house, other, ask, ownOnly);
    const flight = house.flights.joinable(name, fits) ?? landed.find(fits);
    if (flight === undefined) break;
    tried.add(flight);
    house.observe({ ...named(ask), type: 'joined', followers: flight.aboard });
    const told: CacheTold = { kind: 'forward', reason: forwardReason(reason), collapsed: true };
    const reply = await ride(house, ask, flight, told, 'follower');
    if (reply !== undefined) return reply;
  }
  const reply = await ride(house, ask, lead(house, ask, name), toldOfMiss(reason), 'leader');
  if (reply === undefined) throw new TypeError('a leader has nobody else to elect');
  return reply;
}

function suits(house: House, flight: Flight, ask: Ask, ownOnly: boolean): boolean {
  const { identity, request } = ask;
  const { form, failsFor } = flight.plan;
  const { noCache, maxAge } = request.directives;
  if (failsFor !== ask.failsFor && (ownOnly || flight.failed)) return false;
  if (!mayHear(house, ask, flight)) return false;
  if (noCache && flight.number < ask.flightsBefore) return false;
  if (maxAge !== undefined && flight.ageMs > maxAge * 1000) return false;
  if (!isUntouched(house, flight)) return false;
  return form === identity.form || identity.protocol.mayFollow(form, identity.form);
}

/** Whether nothing that is known takes back what the flight will bring, and what is known is not too old to say so. */
function isUntouched({ log, clock }: House, flight: Flight): boolean {
  return (
    log.isCurrentFor(clock.monotonic() - flight.ageMs) && log.standing(flight.plan.answer()) !== 'taken-back'
  );
}

export function forwardReason(missed: MissReason): 'miss' | 'stale' | 'request' {
  if (missed === 'repeat') return 'request';
  return missed === 'stale' || missed === 'request' ? missed : 'miss';
}

/** Misses of which there is more to say than that nothing was there. Who may not hear an answer is not told of one. */
export const missesWithDetail: ReadonlySet<MissReason> = new Set([
  'ceiling',
  'form',
  'repeat',
  'store-trouble',
]);

function toldOfMiss(missed: MissReason): CacheTold {
  const detail = missesWithDetail.has(missed) ? missed : undefined;
  return { kind: 'forward', reason: forwardReason(missed), detail };
}

/** Starts the one provider call. */
export function lead(house: House, ask: Ask, name: string, replacing?: EntryMeta): Flight {
  const { settings, clock, observe, acceptance, flights } = house;
  const { identity, request } = ask;
  const recordingId = newRecordingId();
  const generation = beginGeneration(house, replacing?.created);
  const call = ask.isPart || ask.isGathered ? undefined : toldCall(house, ask);
  const flight = flights.start(name, {
    request,
    provider: ask.isPart ? ask.provider : sharedProvider(house, ask, generation),
    answer: () => answerOf(identity, generation),
    form: identity.form,
    credential: identity.credential,
    failsFor: ask.failsFor,
    recordingId,
    settings,
    clock,
    keptHeaders: (head) => keptHeaders(identity.protocol, head),
    onHead: (head) => {
      if (isSuccess(head)) acceptance.accept(identity.credential, request.upstream);
      else if (head.status === 401 || head.status === 403)
        acceptance.refuse(identity.credential, request.upstream);
    },
    keep: async (recording, { headers }) => {
      // What could not be decoded is no answer yet, even where it looks like one: a replay has no such header.
      const decoded = headers['content-encoding'] === undefined;
      if (decoded) return (await keep(house, ask, recording, recordingId, generation)).stored;
      observe({ ...named(ask), type: 'refused', reason: 'unreadable' });
      return false;
    },
    onCutOff: () => observe({ ...named(ask), type: 'cut-off', reason: 'too-slow' }),
  });
  flight.landing.then(
    (landing) => {
      call?.answered(landing.head.status, flight.transcript.length);
      if (isSuccess(landing.head)) forgetError(house, ask);
      else if (!ask.isPart) void rememberError(house, ask, landing, generation.position);
    },
    (error) => call?.failed(error),
  );
  return flight;
}
