/**
 * A subscription: the answer under a key, by a caller that knows the key and not the question. It is read from the flight
 * that generates it, from the first byte on, or from its entry once that is stored.
 */
import { pause } from '../clock.ts';
import { type Follower, isAccepted } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { detailOf, replyOf } from '../engine/hit-reply.ts';
import { readLogIfDue } from '../engine/log-reading.ts';
import type { Lookup } from '../engine/lookup.ts';
import type { Reply } from '../engine/reply.ts';
import { newRequestId } from '../engine/reply-headers.ts';
import { StoreBudget } from '../engine/store-budget.ts';
import { entryIn, storeCall, trouble } from '../engine/store-call.ts';
import { type EntryMeta, type Form, isStream, type Recording } from '../entry/entry.ts';
import type { Flight } from '../flight/flight.ts';
import { replyFrom } from '../generate/reply-from-flight.ts';
import { fingerprintOf, keyStart, routeKeyStart } from '../identity/key.ts';
import { type CallerContext, checkContext, type Directives, type HeaderFields } from '../identity/request.ts';
import type { WallCaller, WallCheck } from '../identity/wall.ts';
import { isErrorName } from '../negative/entry.ts';
import type { Framing } from '../protocol/framing.ts';

/** A caller that subscribes to an answer by its key. */
export interface Subscriber {
  /** Headers of the caller's request, for its credential. */
  readonly headers: HeaderFields;
  /** As of the request that has the key: tenant, user, session, language, template and index version are walls. */
  readonly context?: CallerContext | undefined;
  /** The last event id that the caller received: the stream continues after it if it is of this answer. */
  readonly lastEventId?: string | undefined;
  /** Adds an id to each event. Default: true. */
  readonly eventIds?: boolean | undefined;
  /** Aborted when the caller leaves: `subscribe` rejects, or the reply's body fails, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Subscription {
  /** Name of the protocol of the answer. */
  readonly protocol: string;
  readonly reply: Reply;
}

interface Wanted {
  readonly caller: WallCaller;
  readonly directives: Directives;
  readonly signal: AbortSignal | undefined;
}

/** Where an answer comes from, and the credential of the caller that may be served it. */
interface Source extends Pick<Follower['identity'], 'protocol' | 'credential'> {
  readonly upstream: string;
  /** Default: the protocol's usual one. */
  readonly framing?: Framing | undefined;
}

export interface SubscribeTools {
  readonly engine: Engine;
  readonly lookup: Pick<Lookup, 'one'>;
  readonly withinWall: WallCheck;
}

/**
 * Milliseconds after which a refusal is answered, or a multiple of it: a caller that may not be served must not learn from
 * timing whether there is an answer.
 */
const refusalMs = 100;
/** Longest key that is looked up, in characters. */
const longestKey = 512;

/** A stream in the form that was recorded; a body as the stream that can be made of it, else as it is. */
function formsOf({ form }: Pick<Recording, 'form'>): readonly Form[] {
  return isStream(form) ? [form] : ['stream', form];
}

/** Makes the function that subscribes; it resolves with undefined if there is no answer for the caller. */
export function subscribing({ engine, lookup, withinWall }: SubscribeTools) {
  const { clock, flags, flights, log, protocols, settings, store } = engine;
  const start = keyStart(settings.cachePrefix);
  const routeStart = routeKeyStart(settings.cachePrefix);

  function askOf(key: string, source: Source, { directives, signal }: Wanted): (form: Form) => Follower {
    const { upstream, credential, protocol, framing = protocol.framing } = source;
    const requestId = newRequestId();
    return (form) => ({
      identity: { key, protocol, framing, form, credential },
      request: { upstream, directives },
      caller: { signal },
      failsFor: credential,
      requestId,
    });
  }

  /** Whether no invalidation removes the flight's answer, as far as the log has been read. */
  function isOpen(flight: Flight): boolean {
    return log.isCurrentFor(clock.monotonic() - flight.ageMs) && log.verdict(flight.answer) !== 'invalidated';
  }

  async function fromFlight(key: string, flight: Flight, wanted: Wanted): Promise<Subscription | undefined> {
    const { identity, request, form } = flight.plan;
    const { partition, protocol, subject, framing } = identity;
    const { upstream } = request;
    const walled = { partition, upstream, protocol: protocol.name, subject, framing, tags: identity.tags() };
    const credential = withinWall(walled, wanted.caller);
    if (credential === undefined || !isOpen(flight)) return undefined;
    const askFor = askOf(key, { upstream, credential, protocol, framing }, wanted);
    // Answers of another credential are for those that the provider accepts.
    if (credential !== flight.credential && !(await isAccepted(engine, askFor(form).identity, upstream)))
      return undefined;
    for (const wish of formsOf(flight.plan)) {
      const status = { kind: 'forward', reason: 'miss', collapsed: true } as const;
      const reply = await replyFrom(engine, askFor(wish), flight, status, 'follower');
      if (reply === undefined) continue;
      engine.observe({ type: 'subscribed', from: 'flight' });
      return { protocol: protocol.name, reply };
    }
    return undefined;
  }

  /** Reads what the store has before it is known whether the caller may be served: its wall is part of that. */
  async function fromEntry(key: string, wanted: Wanted, only?: string): Promise<Subscription | undefined> {
    const budget = new StoreBudget(clock, settings.storeBudgetMs);
    const stopWaiting = budget.begin();
    try {
      const found = await storeCall(engine, 'get', () => store.get(key), budget);
      const entry = found === trouble ? undefined : entryIn(engine, found);
      if (entry === undefined || found === trouble || found === undefined) return undefined;
      const { meta, recording } = entry;
      if (only !== undefined && meta.recordingId !== only) return undefined;
      // A store that mixes things up must not be believed.
      if (!isKeyOf(key, meta)) return undefined;
      const { upstream } = meta;
      const credential = withinWall(meta, wanted.caller);
      const protocol = protocols.get(meta.protocol);
      if (credential === undefined || protocol === undefined) return undefined;
      const askFor = askOf(key, { upstream, credential, protocol }, wanted);
      const used = meta.usage === undefined || meta.usage.estimated ? undefined : meta.usage.outputTokens;
      for (const form of formsOf(recording)) {
        const ask = askFor(form);
        const sought = { ...ask.identity, partition: meta.partition, ceiling: used ?? meta.ceiling };
        const looked = await lookup.one(
          { identity: sought, upstream, directives: wanted.directives, budget },
          () => found,
        );
        if (looked.kind !== 'hit') continue;
        engine.observe({ type: 'subscribed', from: 'entry' });
        return { protocol: protocol.name, reply: replyOf(engine, ask, looked, detailOf(looked)) };
      }
      return undefined;
    } finally {
      stopWaiting();
    }
  }

  function isKeyOf(key: string, { partition, frame }: EntryMeta): boolean {
    if (key.startsWith(`${start}${partition}:`)) return true;
    return key.startsWith(routeStart) && key.endsWith(`:{${fingerprintOf(partition, frame, '')}}`);
  }

  async function find(key: string, wanted: Wanted): Promise<Subscription | undefined> {
    if (key.length > longestKey || isErrorName(key)) return undefined;
    if (!key.startsWith(start) && !key.startsWith(routeStart)) return undefined;
    // A sensitive request stays out of flights and stores.
    if (wanted.caller.context.sensitive || !flags.isOn('enabled', key)) return undefined;
    await readLogIfDue(engine);
    const resumed = wanted.directives.lastEventId?.split(':', 1)[0];
    const open = flights.under(key);
    const named = open.find(({ recordingId }) => recordingId === resumed);
    // A refresh is a flight under the key of the entry that the caller may have begun to read.
    if (named === undefined && open.length > 0 && resumed !== undefined) {
      const before = await fromEntry(key, wanted, resumed);
      if (before !== undefined) return before;
    }
    for (const flight of named === undefined ? open : [named]) {
      const subscription = await fromFlight(key, flight, wanted);
      if (subscription !== undefined) return subscription;
    }
    return await fromEntry(key, wanted);
  }

  return async (key: string, subscriber: Subscriber): Promise<Subscription | undefined> => {
    const { headers, context = {}, lastEventId, eventIds = true, signal } = subscriber;
    signal?.throwIfAborted();
    checkContext(context);
    const began = clock.monotonic();
    const directives = { eventIds, lastEventId, maxStale: Number.POSITIVE_INFINITY };
    const found = await find(key, { caller: { headers, context }, directives, signal });
    if (found !== undefined) return found;
    const elapsed = clock.monotonic() - began;
    await pause(clock, refusalMs - (elapsed % refusalMs), signal ?? new AbortController().signal);
    return undefined;
  };
}
