/**
 * Asking once: join the flight that fetches the same, else lead one.
 */

import { isPending } from '../clock.ts';
import { sharing } from '../distributed/share.ts';
import { bringTags, missingTags, takeAboard } from '../engine/added-tags.ts';
import { type Ask, type Engine, flightName, mayHear, named } from '../engine/ask.ts';
import type { Miss } from '../engine/lookup.ts';
import { type ToldCall, toldCall } from '../engine/provider-call.ts';
import type { CacheStatus, Reply } from '../engine/reply.ts';
import { recordedHeaders } from '../engine/reply.ts';
import { answerOf, beginGeneration, type Kept, keep } from '../engine/store-answer.ts';
import type { EntryMeta } from '../entry/entry.ts';
import { newRecordingId } from '../entry/entry.ts';
import { type Flight, isSuccess } from '../flight/flight.ts';
import { forgetError, rememberError } from '../negative/negative.ts';
import type { MissReason } from '../observe/events.ts';
import { ride } from './ride.ts';

/** How often a request follows flights whose failures are not its own before it waits only with its own like. */
const maxElections = 3;

/**
 * Answers a miss. Between a lookup that answered at once and this call nothing may be awaited: an answer kept
 * meanwhile would be asked for again.
 */
export async function generate(engine: Engine, ask: Ask, { reason, landed }: Miss): Promise<Reply> {
  const name = flightName(ask.identity);
  const tried = new Set<Flight>();
  // Whoever follows a flight that comes to nothing (another's failure, a form that can't be made) elects anew:
  // the first of those who waited finds no other and leads, the rest find that one.
  while (engine.flags.isOn('singleFlight', ask.identity.key) && tried.size < 2 * maxElections) {
    const ownOnly = tried.size >= maxElections;
    const fits = (other: Flight) => !tried.has(other) && suits(engine, other, ask, ownOnly);
    const flight = engine.flights.joinable(name, fits) ?? landed.find(fits);
    const reply =
      flight === undefined
        ? await leadAndRide(engine, ask, name, reason, tried)
        : await join(engine, ask, flight, reason, tried);
    if (reply !== undefined) return reply;
  }
  const alone = lead(engine, ask, name, { alone: true });
  const reply = await ride(engine, ask, alone, toldOfMiss(reason), 'leader');
  if (reply === undefined) throw new TypeError('who asks alone has nobody else to elect');
  return reply;
}

async function join(engine: Engine, ask: Ask, flight: Flight, reason: MissReason, tried: Set<Flight>) {
  tried.add(flight);
  const bringing = bringTags(engine, ask, flight);
  if (!(isPending(bringing) ? await bringing : bringing)) return undefined;
  engine.observe({ ...named(ask), type: 'joined', followers: flight.aboard });
  const cacheStatus: CacheStatus = { kind: 'forward', reason: forwardReason(reason), collapsed: true };
  return ride(engine, ask, flight, cacheStatus, 'follower');
}

/** Leads in this process, where another process may be asking already: what that brings may not be for this request. */
function leadAndRide(engine: Engine, ask: Ask, name: string, reason: MissReason, tried: Set<Flight>) {
  // What has once been too much to be followed would be so again.
  const alone = [...tried].some(({ relayed }) => relayed?.outgrown === true);
  const flight = lead(engine, ask, name, { alone, afresh: reason === 'repeat' });
  tried.add(flight);
  return ride(engine, ask, flight, toldOfMiss(reason), 'leader');
}

function suits(engine: Engine, flight: Flight, ask: Ask, ownOnly: boolean): boolean {
  const { identity, request } = ask;
  const { form, asks } = flight.plan;
  const { noCache, maxAge } = request.directives;
  if (flight.failsFor !== ask.failsFor && (ownOnly || flight.failed)) return false;
  if (!mayHear(engine, ask, flight)) return false;
  // Of what another process brings it is not known here when it began.
  if ((noCache || maxAge !== undefined) && !asks()) return false;
  if (noCache && flight.number < ask.flightsBefore) return false;
  if (maxAge !== undefined && flight.ageMs > maxAge * 1000) return false;
  if (!isUntouched(engine, ask, flight)) return false;
  return form === identity.form || identity.protocol.mayFollow(form, identity.form);
}

/** Whether nothing that is known takes back what the flight will bring, and what is known is not too old to say so. */
function isUntouched(engine: Engine, ask: Ask, flight: Flight): boolean {
  const { log, clock } = engine;
  if (!log.isCurrentFor(clock.monotonic() - flight.ageMs)) return false;
  const answer = flight.plan.answer();
  const missing = missingTags(engine, ask, flight);
  if (missing.size === 0) return log.verdict(answer) !== 'invalidated';
  return (
    log.verdict({ ...answer, tagDigests: [...answer.tagDigests, ...missing.values()] }) !== 'invalidated'
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
  'tags',
  'store-trouble',
]);

function toldOfMiss(missed: MissReason): CacheStatus {
  const detail = missesWithDetail.has(missed) ? missed : undefined;
  return { kind: 'forward', reason: forwardReason(missed), detail };
}

interface LeadTerms {
  /** Asks whatever other processes do. */
  readonly alone?: boolean;
  /** What is kept, or comes from a call made before, is not wanted. */
  readonly afresh?: boolean;
  /** The entry that it is to replace. */
  readonly replacing?: EntryMeta | undefined;
  /** Told what became of the answer, where it came whole. */
  readonly onKept?: (kept: Kept) => void;
}

/** Starts the one flight. */
export function lead(engine: Engine, ask: Ask, name: string, terms: LeadTerms = {}): Flight {
  const { alone = false, afresh = false, replacing, onKept } = terms;
  const { settings, clock, observe, access, flights } = engine;
  const { identity, request } = ask;
  const recordingId = newRecordingId();
  const generation = beginGeneration(engine, replacing?.created);
  let call: ToldCall | undefined;
  const shared = sharing(engine, ask, generation, {
    onAsked() {
      if (!ask.isPart && !ask.isGathered) call = toldCall(engine, ask);
    },
    recordingId,
    alone,
    afresh,
    replacing,
  });
  const flight = flights.start(name, {
    request,
    provider: shared.provider,
    asks: () => shared.asks,
    answer: () => answerOf(identity, generation),
    addTags: (tags) => takeAboard(identity, generation, tags),
    form: identity.form,
    framing: identity.framing,
    credential: identity.credential,
    failsFor: ask.failsFor,
    recordingId,
    settings,
    clock,
    recordedHeaders: (head) => recordedHeaders(identity.protocol, head),
    onHead: (head, relayed) => {
      // What another credential was answered says nothing of this one; failures come from the same.
      if (isSuccess(head)) {
        if (relayed === undefined) access.accept(identity.credential, request.upstream);
      } else if (head.status === 401 || head.status === 403)
        access.refuse(identity.credential, request.upstream);
    },
    keep: async (recording, { headers }) => {
      // What could not be decoded is no answer yet, even where it looks like one: a replay has no such header.
      const decoded = headers['content-encoding'] === undefined;
      if (decoded) {
        const kept = await keep(engine, { ask, recording, recordingId, generation });
        onKept?.(kept);
        return kept.stored;
      }
      observe({ ...named(ask), type: 'refused', reason: 'unreadable' });
      return false;
    },
    onCutOff: () => observe({ ...named(ask), type: 'cut-off', reason: 'too-slow' }),
  });
  shared.carries(flight);
  identity.detectSoon();
  flight.landing.then(
    (landing) => {
      if (flight.relayed !== undefined) return;
      call?.answered(landing.head.status, flight.transcript.length);
      if (isSuccess(landing.head)) forgetError(engine, ask);
      else if (!ask.isPart) void rememberError(engine, ask, landing, generation.position);
    },
    (error) => call?.failed(error),
  );
  return flight;
}
