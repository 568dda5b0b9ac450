/**
 * Following a flight of another process: its frames as the answer to a flight here, which never holds the bytes of
 * two answers.
 *
 * Until the first byte the way is open: whatever goes wrong is an outcome, and the flight looks again. From then on
 * what goes wrong ends the answer, since nobody could go on with another one; but who was sent nothing of it elects
 * anew (`Relayed.lost`).
 */

import { added, freeTags } from '../engine/added-tags.ts';
import { type Ask, type Engine, mayHear, named } from '../engine/ask.ts';
import { entryIn, storeCall, trouble } from '../engine/store-call.ts';
import { lifetime } from '../entry/freshness.ts';
import { AskonceError } from '../errors.ts';
import { isSuccess } from '../flight/flight.ts';
import type { FlightAnswer, Relayed } from '../flight/provider.ts';
import type { Provenance } from '../invalidation/log.ts';
import type { Following } from '../store/shared.ts';
import { type Candidacy, unlessTwice } from './claim.ts';
import type { Began, Words } from './frames.ts';
import { type Heard, Relay } from './relay.ts';

type Followed<Seen> =
  | { readonly kind: 'answer'; readonly answer: FlightAnswer }
  /** It is not for this request, and neither is it worth waiting for its end: ask. */
  | { readonly kind: 'ask' }
  /** Nothing more is to be had from this flight. */
  | { readonly kind: 'spent' }
  /** The lease is no longer with whom it was. */
  | { readonly kind: 'moved'; readonly seen: Seen };

interface FollowOptions<Seen> {
  readonly engine: Engine;
  readonly ask: Ask;
  readonly following: Following;
  readonly candidacy: Candidacy;
  /** Name of the lease. */
  readonly name: string;
  /** Token of who has it. */
  readonly holder: string;
  /** Looks whether it still has; undefined where it does. */
  readonly moved: () => Promise<Seen | undefined>;
  readonly signal: AbortSignal;
}

/** After so long without a frame those who follow look whether the leader still has its lease, and ask it again. */
const longestIdleMs = 1000;

type Head = Extract<Words, { kind: 'head' }>;

/** Reads until it is known whether this flight answers the request. Rejects where the provider failed, with its failure. */
export async function follow<Seen>(options: FollowOptions<Seen>): Promise<Followed<Seen>> {
  const { engine, ask, following, name, holder, signal } = options;
  const { settings, observe } = engine;
  const { key } = ask.identity;
  const idleMs = Math.min(longestIdleMs, settings.progressMs);
  const { clock } = engine;
  const budgetMs = settings.storeBudgetMs;
  const relay = new Relay({ following, key, name, token: holder, idleMs, budgetMs, clock, signal });
  const interest = interestIn(options);
  let began: Began | undefined;
  let head: Head | undefined;

  /** Undefined: read on. */
  async function decide(heard: Heard): Promise<Followed<Seen> | undefined> {
    switch (heard.kind) {
      case 'idle': {
        const seen = await options.moved();
        if (seen !== undefined) return { kind: 'moved', seen };
        // The leader may not have heard: messages may be lost.
        if (began === undefined) interest.tell();
        return undefined;
      }
      case 'began':
        if (!mayHear(engine, ask, heard) || !(await isUntouched(engine, ask, heard))) return { kind: 'ask' };
        if (!(await coversTags(engine, ask, heard))) return { kind: 'ask' };
        began = heard;
        observe({ ...named(ask), type: 'followed' });
        return undefined;
      case 'head':
        head = heard;
        return isSuccess(heard) || began?.failsFor === ask.failsFor ? undefined : { kind: 'spent' };
      case 'bytes':
      case 'end':
        if (began === undefined || head === undefined) return { kind: 'spent' };
        return { kind: 'answer', answer: relayed(options, relay, began, head, heard, interest.renew) };
      case 'failed':
        if (began?.failsFor !== ask.failsFor) return { kind: 'spent' };
        throwFailure(heard);
        return { kind: 'spent' };
      case 'left':
        return { kind: heard.why === 'outgrown' ? 'ask' : 'spent' };
      case 'broken':
        if (!signal.aborted) tellTrouble(engine, heard.why);
        return { kind: 'spent' };
    }
  }

  interest.tell();
  let followed: Followed<Seen> | undefined;
  try {
    while (followed === undefined) {
      const heard = await relay.next();
      signal.throwIfAborted();
      followed = await decide(heard);
      interest.renew();
    }
    return followed;
  } finally {
    if (followed?.kind !== 'answer') relay.close();
  }
}

/** Throws what the provider failed with elsewhere; does nothing where it was not the provider that failed. */
function throwFailure({ code, message }: Extract<Words, { kind: 'failed' }>): void {
  for (const known of ['provider_unreachable', 'provider_timeout', 'provider_broke_off'] as const)
    if (code === known) throw new AskonceError(known, message);
}

interface Interest {
  /** Asks the leader to publish. */
  tell(): void;
  /** Asks again where that was long ago: a leader goes on for those who say that they are there. */
  renew(): void;
}

function interestIn<Seen>({ engine, ask, following, name, holder }: FollowOptions<Seen>): Interest {
  const { clock, settings } = engine;
  const inbox = holder.slice(0, Math.max(0, holder.indexOf('/')));
  let told = clock.monotonic();
  const send = async () => await following.ask(inbox, ask.identity.key, name);
  const tell = () => {
    told = clock.monotonic();
    send().catch((error) => tellTrouble(engine, error));
  };
  return {
    tell,
    renew: () => {
      if (clock.monotonic() - told >= settings.progressMs) tell();
    },
  };
}

function relayed<Seen>(
  options: FollowOptions<Seen>,
  relay: Relay,
  began: Began,
  head: Head,
  first: Extract<Heard, { kind: 'bytes' | 'end' }>,
  stayInterested: () => void,
): FlightAnswer {
  const { engine, ask, candidacy, holder, signal } = options;
  const { clock, settings } = engine;
  const { recordingId, credential, failsFor } = began;
  // A body is sent on when it is whole.
  const isSent = ask.identity.framing.isStream(head, ask.identity.form);
  const whose: { -readonly [Name in keyof Relayed]: Relayed[Name] } = {
    recordingId,
    credential,
    failsFor,
    stored: false,
    lost: false,
    outgrown: false,
  };

  /** Whether the leader still has its lease, or has been heard lately. */
  async function isAlive(silentMs: number): Promise<boolean> {
    const take = () => candidacy.take();
    const taken = isSent ? await take() : await unlessTwice(engine, signal, take);
    if (taken.kind === 'granted') {
      // It has given the lease back, or is dead: this one can't be led on, whoever comes next takes it.
      candidacy.letGo(taken);
      return false;
    }
    if (taken.kind === 'contended' && taken.holder === holder) return true;
    // Nobody is cut off for trouble with the store alone; but who was sent nothing need not wait for it to be over.
    return (isSent || taken.kind !== 'trouble') && silentMs < settings.progressMs;
  }

  /** The rest out of the store, where the very same answer has been kept there meanwhile. */
  async function rest(): Promise<Uint8Array> {
    const { store } = engine;
    const { key } = ask.identity;
    const found = await storeCall(engine, 'get', () => store.getShared?.(key) ?? store.get(key));
    const entry = found === trouble ? undefined : entryIn(engine, found);
    if (entry?.key === key && entry.meta.recordingId === recordingId) {
      whose.stored = true;
      return entry.recording.body.subarray(relay.offset);
    }
    whose.lost = true;
    throw new AskonceError(
      'provider_broke_off',
      whose.outgrown
        ? 'the answer outgrew `flightMaxBytes` in the process that receives it, and cannot be followed further'
        : 'the process that was receiving this answer has gone; ask again',
    );
  }

  async function* body(): AsyncGenerator<Uint8Array> {
    let heard: Heard = first;
    let heardAt = clock.monotonic();
    try {
      while (true) {
        if (heard.kind !== 'idle') heardAt = clock.monotonic();
        switch (heard.kind) {
          case 'bytes':
            yield heard.bytes;
            break;
          case 'end':
            whose.stored = heard.stored;
            return;
          case 'failed':
            throwFailure(heard);
            yield await rest();
            return;
          case 'idle':
            if (await isAlive(clock.monotonic() - heardAt)) break;
            signal.throwIfAborted();
            yield await rest();
            return;
          default:
            signal.throwIfAborted();
            if (heard.kind === 'broken') tellTrouble(engine, heard.why);
            whose.outgrown = heard.kind === 'left' && heard.why === 'outgrown';
            yield await rest();
            return;
        }
        heard = await relay.next();
        stayInterested();
      }
    } finally {
      relay.close();
    }
  }

  return { status: head.status, headers: head.headers, body: body(), relayed: whose };
}

/** Whether nothing that is known here takes it back. */
async function isUntouched({ log }: Engine, { identity }: Ask, began: Began): Promise<boolean> {
  const answer: Provenance = {
    key: identity.key,
    began: began.position,
    log: began.log,
    tagDigests: [...new Set([...identity.tagDigests(), ...began.tagDigests])],
  };
  const stands = () => log.isCurrent && log.verdict(answer) === 'valid';
  if (stands()) return true;
  return (await log.catchUp()) && stands();
}

/** Tags that the leader does not know of are added to what it will keep, before anybody is served under them. */
async function coversTags(engine: Engine, { identity, request }: Ask, began: Began): Promise<boolean> {
  const known = new Set(began.tagDigests);
  const missing = freeTags(request.context)
    .map(engine.digestTag)
    .filter((digest) => !known.has(digest));
  if (missing.length === 0) return true;
  const { gone } = lifetime(engine.settings, request.context.category, request.directives);
  return await added(engine, identity.key, missing, engine.clock.now() + gone * 1000);
}

function tellTrouble({ store, observe }: Engine, error: unknown): void {
  const message = error instanceof Error ? error.message : 'unknown error';
  observe({ type: 'store-trouble', store: store.name, operation: 'follow', message });
}
