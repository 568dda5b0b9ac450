/**
 * Following a flight of another process: its frames become the answer to a flight here, which never holds the bytes of
 * two answers.
 *
 * Until the first byte, a failure is an outcome and the flight looks again. From then on a failure ends the answer,
 * since no other answer could continue it; but a follower that was sent nothing of it elects a new leader (`Relayed.lost`).
 */
import type { AddedTags } from '../engine/added-tags.ts';
import { type Ask, mayFollow, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { adoptAnswer, answerOf, type Generation } from '../engine/generation.ts';
import { entryIn, storeCall, trouble } from '../engine/store-call.ts';
import { isSuccess } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { FlightAnswer, Relayed } from '../flight/provider.ts';
import { observeTrouble } from '../observe/report.ts';
import type { Following } from '../store/shared.ts';
import { type LeaseClaim, retryOnce } from './claim.ts';
import type { Began, Control } from './frames.ts';
import { type Received, Relay } from './relay.ts';

type Followed<Seen> =
  | { readonly kind: 'answer'; readonly answer: FlightAnswer }
  /** Its answer is not for this request, and not worth waiting for: call the provider. */
  | { readonly kind: 'call' }
  /** Nothing more can come from this flight. */
  | { readonly kind: 'spent' }
  /** The lease has another holder, or none. */
  | { readonly kind: 'moved'; readonly seen: Seen };

interface FollowOptions<Seen> {
  readonly engine: Engine;
  readonly tags: AddedTags;
  readonly ask: Ask;
  readonly generation: Generation;
  readonly following: Following;
  readonly claim: LeaseClaim;
  /** Name of the lease. */
  readonly name: string;
  /** Token of its holder. */
  readonly holder: string;
  /** Looks whether the holder still has it; undefined if it does. */
  readonly moved: () => Promise<Seen | undefined>;
  readonly signal: AbortSignal;
}

/** After so long without a frame a follower looks whether the leader still has its lease, and asks it again. */
const maxIdleMs = 1000;

type Head = Extract<Control, { kind: 'head' }>;

/** Reads until it is known whether this flight answers the request. Rejects if the provider failed, with its failure. */
export async function follow<Seen>(options: FollowOptions<Seen>): Promise<Followed<Seen>> {
  const { engine, tags, ask, generation, following, name, holder, signal } = options;
  const { settings, clock } = engine;
  const { key } = ask.identity;
  const idleMs = Math.min(maxIdleMs, settings.progressMs);
  const budgetMs = settings.storeBudgetMs;
  const relay = new Relay({ following, key, name, token: holder, idleMs, budgetMs, clock, signal });
  const interest = interestIn(options);
  let began: Began | undefined;
  let head: Head | undefined;

  /** Undefined: read on. */
  async function decide(received: Received): Promise<Followed<Seen> | undefined> {
    switch (received.kind) {
      case 'idle': {
        const seen = await options.moved();
        if (seen !== undefined) return { kind: 'moved', seen };
        // The message may have been lost.
        if (began === undefined) interest.send();
        return undefined;
      }
      case 'began':
        if (!mayFollow(engine, ask, received)) return { kind: 'call' };
        // At once: a request that joins meanwhile is judged by it, too.
        adoptAnswer(generation, { ...received, key, began: received.position });
        if (!(await isValid(engine, ask, generation))) return { kind: 'call' };
        // Tags that the leader does not know of are added to what it will store, before anything is served under them.
        if (!(await tags.addFor(ask, received.tagDigests))) return { kind: 'call' };
        began = received;
        report(engine, ask, { type: 'followed', traceparent: received.traceparent });
        return undefined;
      case 'head':
        if (ask.identity.protocol.answers?.mayShare(received, undefined, ask.request) === false)
          return { kind: 'call' };
        head = received;
        return isSuccess(received) || began?.failsFor === ask.failsFor ? undefined : { kind: 'spent' };
      case 'bytes':
      case 'end':
        if (began === undefined || head === undefined) return { kind: 'spent' };
        return { kind: 'answer', answer: relayed(options, relay, began, head, received, interest.renew) };
      case 'failed':
        if (began?.failsFor !== ask.failsFor) return { kind: 'spent' };
        throwFailure(received);
        return { kind: 'spent' };
      case 'left':
        return { kind: received.why === 'outgrown' ? 'call' : 'spent' };
      case 'broken':
        if (!signal.aborted) observeTrouble(engine, 'follow', received.why);
        return { kind: 'spent' };
    }
  }

  interest.send();
  let followed: Followed<Seen> | undefined;
  try {
    while (followed === undefined) {
      const received = await relay.next();
      signal.throwIfAborted();
      followed = await decide(received);
      interest.renew();
    }
    return followed;
  } finally {
    if (followed?.kind !== 'answer') relay.close();
  }
}

/** Throws the failure of the provider elsewhere; does nothing if it was not the provider that failed. */
function throwFailure({ code, message }: Extract<Control, { kind: 'failed' }>): void {
  for (const known of ['provider_unreachable', 'provider_timeout', 'provider_broke_off'] as const)
    if (code === known) throw new AskonceError(known, message);
}

interface Interest {
  /** Asks the leader to publish. */
  send(): void;
  /** Asks again if that was long ago: a leader publishes for as long as followers say that they are there. */
  renew(): void;
}

function interestIn<Seen>({ engine, ask, following, name, holder }: FollowOptions<Seen>): Interest {
  const { clock, settings } = engine;
  const inbox = holder.slice(0, Math.max(0, holder.indexOf('/')));
  let sent = clock.monotonic();
  const request = async () => await following.ask(inbox, ask.identity.key, name);
  const send = () => {
    sent = clock.monotonic();
    request().catch((error) => observeTrouble(engine, 'follow', error));
  };
  return {
    send,
    renew: () => {
      if (clock.monotonic() - sent >= settings.progressMs) send();
    },
  };
}

function relayed<Seen>(
  options: FollowOptions<Seen>,
  relay: Relay,
  began: Began,
  head: Head,
  first: Extract<Received, { kind: 'bytes' | 'end' }>,
  stayInterested: () => void,
): FlightAnswer {
  const { engine, ask, claim, holder, signal } = options;
  const { clock, settings } = engine;
  const { recordingId, credential, failsFor } = began;
  // A body is sent on once it is complete.
  const isSent = ask.identity.framing.isStream(head, ask.identity.form);
  const relayedAnswer: Relayed = {
    recordingId,
    credential,
    failsFor,
    stored: false,
    lost: false,
    outgrown: false,
  };

  /** Whether the leader still has its lease, or has sent something recently. */
  async function isAlive(silentMs: number): Promise<boolean> {
    const take = () => claim.take();
    const taken = isSent ? await take() : await retryOnce(engine, signal, take);
    if (taken.kind === 'granted') {
      // The leader has given the lease back, or is dead. This answer can't be continued; the next flight takes the lease.
      claim.giveBack(taken);
      return false;
    }
    if (taken.kind === 'contended' && taken.holder === holder) return true;
    // A follower is not cut off for trouble with the store alone; but one that was sent nothing need not wait for its end.
    return (isSent || taken.kind !== 'trouble') && silentMs < settings.progressMs;
  }

  /** The rest from the store, if the very same answer has been stored meanwhile. */
  async function rest(): Promise<Uint8Array> {
    const { store } = engine;
    const { key } = ask.identity;
    const found = await storeCall(engine, 'get', () => store.getShared?.(key) ?? store.get(key));
    const entry = found === trouble ? undefined : entryIn(engine, found);
    if (entry?.key === key && entry.meta.recordingId === recordingId) {
      relayedAnswer.stored = true;
      return entry.recording.body.subarray(relay.offset);
    }
    relayedAnswer.lost = true;
    throw new AskonceError(
      'provider_broke_off',
      relayedAnswer.outgrown
        ? 'The answer outgrew `flightMaxBytes` in the process that receives it; ask again, or raise the limit.'
        : 'The process that was receiving this answer has gone; ask again.',
    );
  }

  async function* body(): AsyncGenerator<Uint8Array> {
    let received: Received = first;
    let receivedAt = clock.monotonic();
    try {
      while (true) {
        if (received.kind !== 'idle') receivedAt = clock.monotonic();
        switch (received.kind) {
          case 'bytes':
            yield received.bytes;
            break;
          case 'end':
            relayedAnswer.stored = received.stored;
            return;
          case 'failed':
            throwFailure(received);
            yield await rest();
            return;
          case 'idle':
            if (await isAlive(clock.monotonic() - receivedAt)) break;
            signal.throwIfAborted();
            yield await rest();
            return;
          default:
            signal.throwIfAborted();
            if (received.kind === 'broken') observeTrouble(engine, 'follow', received.why);
            relayedAnswer.outgrown = received.kind === 'left' && received.why === 'outgrown';
            yield await rest();
            return;
        }
        received = await relay.next();
        stayInterested();
      }
    } finally {
      relay.close();
    }
  }

  return { status: head.status, headers: head.headers, body: body(), relayed: relayedAnswer };
}

/** Whether no invalidation that is known here removes the answer, by the tags of all who wait for it. */
async function isValid({ log }: Engine, { identity }: Ask, generation: Generation): Promise<boolean> {
  const isValidNow = () => log.isCurrent && log.verdict(answerOf(identity, generation)) === 'valid';
  if (isValidNow()) return true;
  return (await log.catchUp()) && isValidNow();
}
