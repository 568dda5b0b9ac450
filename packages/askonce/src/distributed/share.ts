/**
 * Asking once across processes: the provider of a flight, as one that asks only where this process has the lease, and
 * otherwise follows the process that has it.
 *
 * A process has one flight for a question whether it asks or follows, so its own followers notice nothing. What could
 * go wrong between a lookup, the lease and the call, and what prevents it:
 *
 * - A looks up and misses; B keeps its answer and gives the lease back; A takes the lease and would ask again. So A
 *   looks in the store again with the lease in hand. Both are sent together: the store answers in order, so what B
 *   kept before it gave the lease back is found. The look goes past the memory of this process, which may hold the
 *   very entry that B has replaced.
 * - A finds the lease taken and asks B to publish, while B lands. B publishes what has landed for two seconds more; if
 *   the message is lost, A finds the lease free a second later, and looks again.
 * - B is paused beyond its lease and wakes up. Its lease went to A, with a higher number: B's renewal is refused, B's
 *   write is refused, and nobody reads B's stream any more, since streams are named by the token of the lease.
 * - The lease is granted only after this process has stopped waiting for the store: held late if it asks, else given
 *   back.
 * - The store fails while this process waits for B: it looks once more, and then asks for itself, as B may be dead.
 * - An invalidation comes after B began and before A asks: A refuses B's stream by its position in the log, and asks
 *   without waiting; its write wins over B's by having begun later.
 */

import { backOff, pause, within } from '../clock.ts';
import { coverTags } from '../engine/added-tags.ts';
import { type Ask, type Engine, named } from '../engine/ask.ts';
import { type Hit, lookUp } from '../engine/lookup.ts';
import { originRequestIdHeader, recordedHeaders } from '../engine/reply.ts';
import { answerOf, beginAnew, type Generation } from '../engine/store-answer.ts';
import type { EntryMeta } from '../entry/entry.ts';
import { type Flight, type Head, isSuccess } from '../flight/flight.ts';
import type { FlightAnswer, FlightProvider } from '../flight/provider.ts';
import type { Identity } from '../identity/identify.ts';
import type { Broadcast } from './broadcast.ts';
import { Candidacy, type Granted, type Taken, unlessTwice } from './claim.ts';
import { follow } from './follow.ts';
import type { Began } from './frames.ts';

/** Milliseconds between looks where there is nothing to follow. */
const leastPauseMs = 100;
const longestPauseMs = 1000;
/** What is left to be published of a flight that has landed holds its lease for no longer. */
const goodbyeMs = 1000;

interface Sharing {
  readonly provider: FlightProvider;
  /** Whether the provider is asked here. */
  readonly asks: boolean;
  /** To be called with the flight as soon as it is started with the provider. */
  carries(flight: Flight): void;
}

interface SharingTerms {
  /** Tells of a call that is made here, when it is. */
  readonly onAsked: () => void;
  readonly recordingId: string;
  /** Asks whatever others do. */
  readonly alone: boolean;
  /** What is kept, or comes from a call made before, is not wanted. */
  readonly afresh: boolean;
  /** The entry that is to be replaced: it is not what is looked for. */
  readonly replacing: EntryMeta | undefined;
}

type Seen = Taken | { readonly kind: 'kept'; readonly hit: Hit };

/** One lease for all requests that could share one flight. */
export function leaseName({ form, ceiling }: Pick<Identity, 'form' | 'ceiling'>): string {
  const forms = { body: '', 'body+base64': 'b', stream: 's', 'stream+usage': 'u' } as const;
  return ceiling === undefined ? forms[form] : `${forms[form]}.${ceiling}`;
}

/** The provider of a flight that is about to be led here. The ask's own where nothing is shared. */
export function sharing(engine: Engine, ask: Ask, generation: Generation, terms: SharingTerms): Sharing {
  const { store, flags, broadcasts } = engine;
  const leases = store.shared?.leases;
  let asks = false;
  const askHere: FlightProvider = (request, signal) => {
    asks = true;
    terms.onAsked();
    return ask.provider(request, signal);
  };
  if (
    leases === undefined ||
    terms.alone ||
    ask.isPart ||
    !flags.isOn('stampedeProtection', ask.identity.key)
  )
    return { provider: askHere, asks: true, carries: () => {} };

  const name = leaseName(ask.identity);
  let flight: Flight | undefined;
  let broadcast: Broadcast | undefined;
  const candidacy = new Candidacy(engine, ask, leases, name, ({ number, token }) => {
    generation.lease = number;
    if (flight === undefined) return;
    broadcast = broadcasts.add({
      key: ask.identity.key,
      name,
      token,
      flight,
      began: () => beganOf(ask, generation, terms.recordingId),
      shareable: (head) => shareable(ask.identity, head),
    });
  });

  async function landed(): Promise<void> {
    candidacy.close();
    // Who follows is told of the end before the lease is free, and so need not look for it.
    if (broadcast?.started) await within(engine.clock, goodbyeMs, broadcast.done);
    await candidacy.release();
  }

  return {
    get asks() {
      return asks;
    },
    carries(started) {
      flight = started;
      const over = () => broadcasts.awaits(landed());
      started.landing.then(over, over);
    },
    provider: (request, signal) => {
      const lead = (granted: Granted | undefined) => {
        // Only now: the lease was waited for, and an answer is as old as its call.
        beginAnew(engine, generation);
        if (granted === undefined) candidacy.doWithout();
        else candidacy.hold(granted);
        return askHere(request, signal);
      };
      return candidate({ engine, ask, terms, name, candidacy, signal, lead });
    },
  };
}

interface Candidate {
  readonly engine: Engine;
  readonly ask: Ask;
  readonly terms: SharingTerms;
  readonly name: string;
  readonly candidacy: Candidacy;
  readonly signal: AbortSignal;
  readonly lead: (granted: Granted | undefined) => Promise<FlightAnswer>;
}

/** Asks, follows, or waits, until there is an answer. */
async function candidate(options: Candidate): Promise<FlightAnswer> {
  const { engine, ask, terms, name, candidacy, signal, lead } = options;
  const { clock, settings, store, observe } = engine;
  const following = store.shared?.following;
  const { noCache, maxAge } = ask.request.directives;
  const mayWait = !noCache && maxAge === undefined && !terms.afresh;
  const mayFollow = settings.followElsewhere && following !== undefined;
  const spent = new Set<string>();
  let waited = false;
  let pauses = 0;
  let seen = await look(options);
  while (true) {
    if (signal.aborted) {
      if (seen.kind === 'granted') candidacy.letGo(seen);
      throw signal.reason;
    }
    if (seen.kind === 'kept') return replayed(ask, seen.hit);
    if (seen.kind === 'granted') {
      observe({ ...named(ask), type: 'lease', outcome: waited ? 'taken-over' : 'acquired' });
      return await lead(seen);
    }
    if (seen.kind === 'contended') {
      if (!waited) observe({ ...named(ask), type: 'lease', outcome: 'contended' });
      if (!mayWait) return await lead(undefined);
      waited = true;
      if (mayFollow && !spent.has(seen.holder)) {
        const { holder } = seen;
        const moved = async () => {
          const now = await lookTwice(options);
          return now.kind === 'contended' && now.holder === holder ? undefined : now;
        };
        const followed = await follow({ engine, ask, following, candidacy, name, holder, moved, signal });
        if (followed.kind === 'answer') return followed.answer;
        if (followed.kind === 'ask') return await lead(undefined);
        if (followed.kind === 'spent') spent.add(holder);
        seen = followed.kind === 'moved' ? followed.seen : await lookTwice(options);
        continue;
      }
    } else return await lead(undefined);
    await pause(clock, backOff(pauses++, leastPauseMs, longestPauseMs), signal);
    seen = await lookTwice(options);
  }
}

/** Looks on behalf of who waits for another process. */
function lookTwice(options: Candidate): Promise<Seen> {
  return unlessTwice(options.engine, options.signal, () => look(options));
}

/** Asks for the lease, and looks in the store again. */
async function look({ engine, ask, terms, candidacy }: Candidate): Promise<Seen> {
  const taking = candidacy.take();
  const looking = terms.afresh ? undefined : lookAgain(engine, ask, terms.replacing);
  const [taken, hit] = await Promise.all([taking, looking]);
  if (hit === undefined) return taken;
  if (taken.kind === 'granted') candidacy.letGo(taken);
  return { kind: 'kept', hit };
}

/** What may be served by now, from what all processes share. */
export async function lookAgain(
  engine: Engine,
  ask: Ask,
  replacing: EntryMeta | undefined,
): Promise<Hit | undefined> {
  const { store } = engine;
  const { identity, request } = ask;
  const shared = (key: string) => store.getShared?.(key) ?? store.get(key);
  const looked = await lookUp(engine, identity, request.upstream, request.directives, shared);
  if (looked.kind === 'miss' || (await coverTags(engine, ask, looked)) !== undefined) return undefined;
  const isNew = looked.fresh && looked.entry.meta.recordingId !== replacing?.recordingId;
  return replacing === undefined || isNew ? looked : undefined;
}

/** What has been kept meanwhile, as the answer that the flight brings. */
function replayed({ identity, failsFor }: Ask, { recording, entry }: Hit): FlightAnswer {
  const origin = recording.headers[originRequestIdHeader];
  async function* body(): AsyncGenerator<Uint8Array> {
    yield recording.body;
  }
  return {
    status: recording.status,
    headers: {
      ...recording.headers,
      ...(origin === undefined ? {} : { [identity.protocol.requestIdHeader]: origin }),
    },
    body: body(),
    relayed: {
      recordingId: entry.meta.recordingId,
      credential: identity.credential,
      failsFor,
      stored: true,
      lost: false,
      outgrown: false,
    },
  };
}

function beganOf({ identity, failsFor }: Ask, generation: Generation, recordingId: string): Began {
  const { began: position, log = '', tagDigests } = answerOf(identity, generation);
  const { credential } = identity;
  return { kind: 'began', recordingId, credential, failsFor, log, position, tagDigests: [...tagDigests] };
}

/** What those who follow elsewhere need of the headers; of an error's all but what was set for its leader alone. */
function shareable({ protocol }: Identity, head: Head): Head['headers'] {
  if (!isSuccess(head)) {
    const { 'set-cookie': _forTheLeader, ...headers } = head.headers;
    return headers;
  }
  const { [originRequestIdHeader]: origin, ...headers } = recordedHeaders(protocol, head);
  const encoding = head.headers['content-encoding'];
  return {
    ...headers,
    ...(origin === undefined ? {} : { [protocol.requestIdHeader]: origin }),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
}
