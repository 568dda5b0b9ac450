/**
 * Asking once across processes: the provider of a flight, as one that calls only if this process has the lease, and
 * otherwise follows the process that has it.
 *
 * A process has one flight for a question whether it calls or follows, so its own followers notice nothing. What could
 * go wrong between a lookup, the lease and the call, and what prevents it:
 *
 * - A looks up and misses; B stores its answer and gives the lease back; A takes the lease and would call again. So A
 *   looks in the store again with the lease in hand. Both are sent together: the store answers in order, so what B
 *   stored before it gave the lease back is found. The look goes past the memory of this process, which may hold the
 *   very entry that B has replaced.
 * - A finds the lease taken and asks B to publish, while B lands. B publishes what has landed for two seconds more; if
 *   the message is lost, A finds the lease free a second later, and looks again.
 * - B is paused beyond its lease and wakes up. Its lease went to A, with a higher number: B's renewal is refused, B's
 *   write is refused, and B's stream is read no more, since streams are named by the token of the lease.
 * - The lease is granted only after this process has stopped waiting for the store: held late if it calls, else given
 *   back.
 * - The store fails while this process waits for B: it looks once more, and then calls for itself, as B may be dead.
 * - An invalidation comes after B began and before A asks: A refuses B's stream by its position in the log, and calls
 *   without waiting; its write wins over B's by having begun later.
 */
import { backOff, pause, within } from '../clock.ts';
import type { AddedTags } from '../engine/added-tags.ts';
import { type Ask, report, type TakenLease } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { adoptAnswer, answerOf, beginAgain, type Generation } from '../engine/generation.ts';
import type { Lookup } from '../engine/lookup.ts';
import type { Hit } from '../engine/outcome.ts';
import type { StoreBudget } from '../engine/store-budget.ts';
import type { EntryMeta } from '../entry/entry.ts';
import type { Flight } from '../flight/flight.ts';
import type { FlightAnswer, FlightProvider, ProviderAnswer } from '../flight/provider.ts';
import { provenanceOf } from '../invalidation/log.ts';
import type { LeaseToRelease } from '../store/contract.ts';
import type { Broadcast } from './broadcast.ts';
import { broadcasts } from './broadcasts.ts';
import { type Claimed, type Granted, type LeaseClaim, leaseClaim, retryOnce } from './claim.ts';
import { follow } from './follow.ts';
import { leaseName } from './lease-name.ts';
import { beganOf, replayed } from './shared-answer.ts';

/** Milliseconds between looks if there is nothing to follow. */
const minPauseMs = 100;
const maxPauseMs = 1000;
/** A flight that has landed holds its lease no longer than this for what is left to be published. */
const publishMs = 1000;

/** How a flight that is about to be led here takes part. */
interface Sharing {
  readonly provider: FlightProvider;
  /** Whether the provider is called here, rather than another process followed. */
  calls(): boolean;
  /** The lease, for the write of the answer to release; undefined if there is none, or it must outlive the write. */
  releasable(): LeaseToRelease | undefined;
  /** To be called when the answer is being stored: the lease is held, and closing waits, until that has ended. */
  storing(outcome: Promise<unknown>): void;
  /** To be called with the flight as soon as it is started with `provider`. */
  attach(flight: Flight): void;
}

interface SharingTerms {
  /** Called when a call is made here. */
  readonly onCall: () => void;
  readonly recordingId: string;
  /** Calls whatever other processes do. */
  readonly alone: boolean;
  /** Neither an entry nor a call that was made before is enough. */
  readonly afresh: boolean;
  /** The entry that is to be replaced: it is not what is looked for. */
  readonly replacing: EntryMeta | undefined;
}

export interface Distributed {
  /** The provider of a flight that is about to be led here: the ask's own if nothing is shared. */
  share(ask: Ask, generation: Generation, terms: SharingTerms): Sharing;
  /** A claim to the lease under which one process refreshes an entry; undefined if there are no leases. */
  refreshClaim(ask: Ask): LeaseClaim | undefined;
  /** What may be served by now, from what all processes share. */
  lookAgain(ask: Ask, replacing: EntryMeta | undefined): Promise<Hit | undefined>;
  /** Waits for what is being published, and publishes no more. */
  close(): Promise<void>;
}

type Seen = Claimed | { readonly kind: 'stored'; readonly hit: Hit };

export function distributed(engine: Engine, lookup: Lookup, tags: AddedTags): Distributed {
  const { store, shared, flags, clock, log, settings } = engine;
  const { leases, following } = shared;
  const published = broadcasts(engine);

  async function lookAgain(
    ask: Ask,
    replacing: EntryMeta | undefined,
    budget: StoreBudget | undefined = undefined,
  ): Promise<Hit | undefined> {
    const { identity, request } = ask;
    const { upstream, directives } = request;
    const wanted = { identity, upstream, directives, budget };
    const looked = await lookup.one(wanted, (key) => store.getShared?.(key) ?? store.get(key));
    if (looked.kind === 'miss' || (await tags.cover(ask, looked)) !== undefined) return undefined;
    const isNew = looked.fresh && looked.entry.meta.recordingId !== replacing?.recordingId;
    return replacing === undefined || isNew ? looked : undefined;
  }

  /** Calls, follows, or waits, until there is an answer. */
  async function callOrFollow(
    ask: Ask,
    generation: Generation,
    terms: SharingTerms,
    claim: LeaseClaim,
    taken: TakenLease | undefined,
    signal: AbortSignal,
    lead: (granted: Granted | undefined, hasWaited?: boolean) => Promise<FlightAnswer>,
  ): Promise<FlightAnswer> {
    const { noCache, maxAge } = ask.request.directives;
    const mayWait = !noCache && maxAge === undefined && !terms.afresh;
    const spent = new Set<string>();
    let hasWaited = false;
    let pauses = 0;

    /** Asks for the lease, and looks in the store again. */
    async function look(budget?: StoreBudget): Promise<Seen> {
      const taking = claim.take(budget?.leftMs);
      const looking = terms.afresh ? undefined : lookAgain(ask, terms.replacing, budget);
      const [taken, hit] = await Promise.all([taking, looking]);
      if (hit === undefined) return taken;
      if (taken.kind === 'granted') claim.giveBack(taken);
      return { kind: 'stored', hit };
    }
    const lookTwice = () => retryOnce(engine, signal, () => look());

    /** The lease that was asked for when nothing was found needs no second look. */
    async function firstSeen(): Promise<Seen> {
      const { budget } = ask;
      const claimed = taken && (await claim.adopt(taken, budget.leftMs));
      return claimed ?? (await look(budget));
    }

    const stopWaiting = ask.budget.begin();
    let seen = await firstSeen().finally(stopWaiting);
    while (true) {
      if (signal.aborted) {
        if (seen.kind === 'granted') claim.giveBack(seen);
        throw signal.reason;
      }
      if (seen.kind === 'stored') {
        adoptAnswer(generation, provenanceOf(seen.hit.entry));
        const isForAll = log.verdict(answerOf(ask.identity, generation)) !== 'invalidated';
        return isForAll ? replayed(ask, seen.hit) : await lead(undefined);
      }
      if (seen.kind === 'granted') return await lead(seen, hasWaited);
      if (seen.kind === 'trouble') return await lead(undefined);
      if (!hasWaited) report(engine, ask, { type: 'lease', outcome: 'contended' });
      if (!mayWait) return await lead(undefined);
      hasWaited = true;
      const { holder } = seen;
      if (settings.followElsewhere && following !== undefined && !spent.has(holder)) {
        const moved = async () => {
          const now = await lookTwice();
          return now.kind === 'contended' && now.holder === holder ? undefined : now;
        };
        const name = leaseName(ask.identity);
        const followed = await follow({
          engine,
          tags,
          ask,
          generation,
          following,
          claim,
          name,
          holder,
          moved,
          signal,
        });
        if (followed.kind === 'answer') return followed.answer;
        if (followed.kind === 'call') return await lead(undefined);
        if (followed.kind === 'spent') spent.add(holder);
        seen = followed.kind === 'moved' ? followed.seen : await lookTwice();
        continue;
      }
      await pause(clock, backOff(pauses++, minPauseMs, maxPauseMs), signal, true);
      seen = await lookTwice();
    }
  }

  return {
    lookAgain,
    refreshClaim: (ask) => leases && leaseClaim(engine, ask, leases, `refresh.${leaseName(ask.identity)}`),
    close: () => published.close(),
    share(ask, generation, terms) {
      let calls = false;
      let stored: Promise<unknown> = Promise.resolve();
      const storing = (outcome: Promise<unknown>) => {
        stored = outcome;
        published.awaits(outcome);
      };
      const call: FlightProvider = (request, signal) => {
        calls = true;
        terms.onCall();
        const answering = ask.provider(request, signal, ask.stored);
        return answers === undefined ? answering : answering.then(received);
      };
      const { answers } = ask.identity.protocol;
      const received = (answer: ProviderAnswer): ProviderAnswer => ({
        ...answer,
        headers: answers?.received(answer.headers, clock.now()) ?? answer.headers,
      });
      const isShared = !terms.alone && !ask.isPart && flags.isOn('stampedeProtection', ask.identity.key);
      const taken = isShared ? ask.firstLook?.take() : undefined;
      if (leases === undefined || !isShared)
        return { provider: call, calls: () => true, attach: () => {}, storing, releasable: () => undefined };

      const name = leaseName(ask.identity);
      let flight: Flight | undefined;
      let broadcast: Broadcast | undefined;
      const claim = leaseClaim(engine, ask, leases, name, ({ number, token }) => {
        generation.lease = number;
        if (flight === undefined) return;
        broadcast = published.add({
          key: ask.identity.key,
          name,
          token,
          flight,
          began: () =>
            beganOf(ask, generation, terms.recordingId, engine.tracing?.traceparent(ask.requestId)),
          protocol: ask.identity.protocol,
          isShared: (head) => ask.identity.protocol.answers?.mayShare(head, undefined, ask.request) !== false,
        });
      });

      async function release(): Promise<void> {
        claim.close();
        // Followers elsewhere receive the end before the lease is free, and so need not look for it.
        await stored;
        if (broadcast?.started) await within(clock, publishMs, broadcast.done);
        await claim.release();
      }

      return {
        calls: () => calls,
        storing,
        // Followers elsewhere receive the end before the lease is free.
        releasable: () => (broadcast?.started ? undefined : claim.releasable()),
        attach(started) {
          flight = started;
          const over = () => published.awaits(release());
          started.landing.then(over, over);
        },
        provider: (request, signal) =>
          callOrFollow(ask, generation, terms, claim, taken, signal, (granted, hasWaited) => {
            // Only now: the lease may have been waited for, and an answer is as old as its call.
            beginAgain(engine, generation);
            if (granted === undefined) claim.proceedWithout();
            else claim.hold(granted, hasWaited ? 'taken-over' : 'acquired');
            return call(request, signal);
          }),
      };
    },
  };
}
