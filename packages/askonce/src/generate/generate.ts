/**
 * Asking once: join the flight that fetches the same answer, else lead one.
 */
import { isPending } from '../clock.ts';
import type { AddedTags } from '../engine/added-tags.ts';
import { type Ask, flightName, mayFollow, mayShare, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { forwardReason, missStatus } from '../engine/miss-status.ts';
import type { Miss } from '../engine/outcome.ts';
import type { CacheStatus } from '../engine/reply.ts';
import { AskonceError } from '../errors.ts';
import type { Flight } from '../flight/flight.ts';
import type { MissReason } from '../observe/causes.ts';
import { type AnswerOfFlight, fromFlight } from './closing.ts';
import type { Lead } from './lead.ts';
import { replyFrom } from './reply-from-flight.ts';

/** How often a request follows flights whose failures are not its own before it follows only those of its own credential. */
const maxElections = 3;

export interface GenerateOptions {
  readonly engine: Engine;
  readonly tags: AddedTags;
  readonly lead: Lead;
}

/**
 * Makes the function that answers a miss. Between a lookup that answered at once and its call nothing may be awaited: an
 * answer stored meanwhile would be asked for again.
 */
export function generating({ engine, tags, lead }: GenerateOptions) {
  const { flags, flights, log, clock } = engine;

  async function join(ask: Ask, flight: Flight, reason: MissReason): Promise<AnswerOfFlight | undefined> {
    const adding = tags.addToFlight(ask, flight);
    if (!(isPending(adding) ? await adding : adding)) return undefined;
    report(engine, ask, { type: 'joined', followers: flight.joined, leader: flight.plan.leader });
    const status: CacheStatus = { kind: 'forward', reason: forwardReason(reason), collapsed: true };
    const reply = await replyFrom(engine, ask, flight, status, 'follower');
    return reply && fromFlight(ask, flight, reply, false);
  }

  async function led(ask: Ask, flight: Flight, reason: MissReason): Promise<AnswerOfFlight | undefined> {
    const reply = await replyFrom(engine, ask, flight, missStatus(reason), 'leader');
    return reply && fromFlight(ask, flight, reply, true);
  }

  function suits(flight: Flight, ask: Ask, ownOnly: boolean): boolean {
    const { identity, request } = ask;
    const { form } = flight.plan;
    const { noCache, maxAge } = request.directives;
    if (flight.failsFor !== ask.failsFor && (ownOnly || flight.failed)) return false;
    if (!mayFollow(engine, ask, flight) || !mayShare(ask, flight)) return false;
    // When another process's flight began is not known here.
    if ((noCache || maxAge !== undefined) && !flight.calls) return false;
    if (noCache && flight.number < ask.flightsBefore) return false;
    if (maxAge !== undefined && flight.ageMs > maxAge * 1000) return false;
    if (!isValid(ask, flight)) return false;
    return form === identity.form || identity.protocol.mayFollow(form, identity.form);
  }

  /**
   * Whether no known invalidation removes the flight's answer. Nothing known removes what is too new to be judged; but
   * if the log has not been read for a while, a flight older than that is not joined.
   */
  function isValid(ask: Ask, flight: Flight): boolean {
    if (!log.isCurrentFor(clock.monotonic() - flight.ageMs)) return false;
    const { answer } = flight;
    const missing = tags.missing(ask, flight);
    if (missing.size === 0) return log.verdict(answer) !== 'invalidated';
    const tagDigests = [...answer.tagDigests, ...missing.values()];
    return log.verdict({ ...answer, tagDigests }) !== 'invalidated';
  }

  return async (ask: Ask, { reason }: Miss): Promise<AnswerOfFlight> => {
    const name = flightName(ask.identity);
    const tried = new Set<Flight>();
    const isUnshared = (flight: Flight) => !mayShare(ask, flight);
    // A request that follows a flight without an answer (another's failure, a form that can't be made) elects anew: the first of
    // those that waited finds no other flight and leads, the rest find that one.
    const sharesFlights = !ask.caller.alone && flags.isOn('singleFlight', ask.identity.key);
    while (sharesFlights && tried.size < 2 * maxElections) {
      const ownOnly = tried.size >= maxElections;
      const fits = (other: Flight) => !tried.has(other) && suits(other, ask, ownOnly);
      const joined = flights.joinable(name, fits) ?? ask.landed.find(fits);
      if (joined === undefined && flights.joinable(name, isUnshared) !== undefined) break;
      // An answer that was once too large to be followed would be so again.
      const alone = [...tried].some(({ relayed }) => relayed?.outgrown === true);
      const flight = joined ?? lead(ask, name, { alone, afresh: reason === 'repeat' });
      tried.add(flight);
      ask.firstLook?.end();
      const answer = await (joined === undefined ? led(ask, flight, reason) : join(ask, flight, reason));
      if (answer !== undefined) return answer;
      if (isUnshared(flight)) break;
    }
    // Requests that share nothing do not wait for each other.
    if (sharesFlights && ask.caller.rejectsUnshared && tried.size < 2 * maxElections) throw notShared();
    const answer = await led(ask, lead(ask, name, { alone: true }), reason);
    if (answer === undefined) throw new TypeError('a request that leads alone has no other flight to elect');
    return answer;
  };
}

function notShared(): AskonceError {
  return new AskonceError(
    'not_shared',
    'The answer that is being generated is for the request alone that leads it; ask with `alone`.',
  );
}
