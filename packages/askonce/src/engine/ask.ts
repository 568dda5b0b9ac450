/**
 * One request on its way through the cache.
 */
import { type Awaitable, isPending, tooSlow, unlessAborted, within } from '../clock.ts';
import type { EntryMeta, Recording } from '../entry/entry.ts';
import type { Flight } from '../flight/flight.ts';
import type { Fallback, Provider } from '../flight/provider.ts';
import type { Identity } from '../identity/identify.ts';
import { type CacheRequest, categoryOf } from '../identity/request.ts';
import type { CallCause } from '../observe/causes.ts';
import type { RequestEvent, RequestFacts } from '../observe/events.ts';
import type { Found } from '../store/contract.ts';
import type { LeaseGrant } from '../store/shared.ts';
import { type Engine, isObserved } from './engine.ts';
import type { StoreBudget } from './store-budget.ts';

/** A lease that was asked for by a look, and is a flight's from now on. */
export interface TakenLease {
  readonly token: string;
  /** Undefined if it was not asked for after all: something was there. May come late, or reject. */
  readonly grant: Promise<LeaseGrant | undefined>;
}

/** The first look at a store that processes share: at the entry, the remembered errors and the lease in one round trip. */
export interface FirstLook {
  /** As `Store.get`. */
  get(key: string): Awaitable<Found | undefined>;
  /** The remembered errors, in the order of their names, once `get` has found them. */
  readonly errors: readonly (Found | undefined)[] | undefined;
  /** The lease, for a flight that is about to be led. */
  take(): TakenLease | undefined;
  /** The request leads no flight: the lease is released unless another request needs it. A second call does nothing. */
  end(): void;
}

/**
 * The vector of a question, as it is stored with the answer. Called when the answer is stored: nothing is encoded for
 * answers that are not, and a vector that is on its way is waited for behind the reply.
 */
export type QuestionVector = () => Awaitable<StoredVector>;

/** What an entry has for the semantic tier. */
export type StoredVector = Pick<EntryMeta, 'embedder' | 'vector' | 'questionText'>;

/** A request that may be answered from the cache. */
export interface Ask {
  readonly request: CacheRequest;
  readonly identity: Identity;
  readonly provider: Provider;
  /** The provider of a refresh: the same, unless a batch reports its calls with their cause. */
  readonly refreshProvider: Provider;
  /** What the caller gave in addition to the request. The signal is not read before a miss: a hit does not need it, and making one may be expensive. */
  readonly caller: {
    readonly signal?: AbortSignal | undefined;
    readonly fallback?: Fallback | undefined;
    readonly alone?: boolean | undefined;
    readonly rejectsUnshared?: boolean | undefined;
  };
  readonly requestId: string;
  /** Undefined if the store has no such look, or this is not the request's first. */
  readonly firstLook: FirstLook | undefined;
  /** What is left of the time that it may wait for stores. */
  readonly budget: StoreBudget;
  /** Monotonic milliseconds at which the request came, and at which it was identified. */
  readonly started: number;
  readonly identified: number;
  /** How many flights had been started when the request came. */
  readonly flightsBefore: number;
  /**
   * Flights that landed while the request was looked up: the lookup came too early to find what they stored, and
   * whatever joins flights comes too late to find them in progress.
   */
  readonly landed: readonly Flight[];
  /** Failures are shared among requests with the same value: the credential, unless the call is not for this request alone. */
  readonly failsFor: string;
  /** Why the provider would be called. */
  readonly cause: CallCause;
  /** Whether this is one part of a larger request, whose own call fetches it. */
  readonly isPart: boolean;
  /** Whether the call is reported by a batch that makes it for several requests. */
  readonly isBatched: boolean;
  /** An answer that is stored and may not be served as it is; the provider may confirm it. */
  readonly stored?: Recording | undefined;
  /** The question's vector, to be stored with the answer; absent if the semantic tier does not take it. */
  readonly vector?: QuestionVector | undefined;
}

/** A request as far as a stored answer, or that of a flight, is made a reply to it. */
export interface Replied {
  readonly identity: Pick<Identity, 'key' | 'protocol' | 'form' | 'framing' | 'credential'>;
  readonly request: Pick<CacheRequest, 'upstream' | 'directives'> &
    Partial<Pick<CacheRequest, 'headers' | 'body'>>;
  readonly requestId: string;
}

/** The same, as far as a flight's answer is. */
export type Follower = Replied & Pick<Ask, 'caller' | 'failsFor'>;

/** What only a caller's request counts as. */
const ofCallers: ReadonlySet<RequestEvent['type']> = new Set(['hit', 'miss', 'negative', 'answered']);

/**
 * Reports what happened to a request. Costs nothing if no observer listens. Warming is no request: it would count as a miss
 * that a caller had, or as a hit that saves money.
 */
export function report(
  engine: Pick<Engine, 'observe' | 'digestCaller'>,
  ask: Pick<Ask, 'identity' | 'request' | 'requestId'>,
  event: RequestEvent,
): void {
  if (ask.request.directives.warm !== undefined && ofCallers.has(event.type)) return;
  if (isObserved(engine, event.type)) engine.observe(Object.assign(factsOf(engine, ask), event));
}

/** What every event about a request says of it. */
export function factsOf(
  { digestCaller }: Pick<Engine, 'digestCaller'>,
  { identity, request, requestId }: Pick<Ask, 'identity' | 'request' | 'requestId'>,
): RequestFacts {
  const { body } = request;
  // One property after the other: a spread object costs more than all of them, and each request has several events.
  const { category, template, tagNames } = namesIn(request.context);
  return {
    requestId,
    protocol: identity.protocol.name,
    provider: request.upstream,
    subject: identity.subject,
    key: identity.key,
    language: identity.knownLanguage,
    category,
    template,
    tagNames,
    tenantDigest: digestCaller.tenant(identity.tenant) ?? identity.credential,
    userDigest: digestCaller.user(identity.user),
    sessionDigest: digestCaller.session(identity.session),
    textLength: identity.textLength,
    requestBytes: typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength,
  };
}

/** What a caller names beside its question, as events have it. */
export function namesIn(
  context: CacheRequest['context'],
): Pick<RequestFacts, 'category' | 'template' | 'tagNames'> {
  const { template, tags } = context;
  return {
    category: categoryOf(context),
    template: template?.id,
    tagNames: tags?.map((one) => one.split('=', 1)[0] ?? one),
  };
}

/** How long the lookup has taken so far. */
export function lookupTimes({ clock }: Pick<Engine, 'clock'>, { started, identified }: Ask) {
  const now = clock.monotonic();
  return { durationMs: now - started, keyMs: identified - started, storeMs: now - identified };
}

/** The name under which requests share a flight: the entry, and the limit that might cut its answer short. */
export function flightName({ key, ceiling }: Pick<Identity, 'key' | 'ceiling'>): string {
  return `${key}|${ceiling ?? ''}`;
}

/**
 * Whether the request may be served stored answers: the provider has accepted its credential recently, or asks for none. What
 * only a store knows is not waited for beyond the budget; then this process's own memory decides.
 */
export function isAccepted(
  { access, clock }: Pick<Engine, 'access' | 'clock'>,
  { protocol, credential }: Pick<Identity, 'protocol' | 'credential'>,
  upstream: string,
  budget?: StoreBudget,
): Awaitable<boolean> {
  if (!protocol.requiresCredential) return true;
  const leftMs = budget?.leftMs;
  if (leftMs === 0) return access.isKnownAccepted(credential, upstream);
  const accepted = access.isAccepted(credential, upstream);
  if (leftMs === undefined || !isPending(accepted)) return accepted;
  return within(clock, leftMs, accepted).then((outcome) =>
    outcome === tooSlow ? access.isKnownAccepted(credential, upstream) : outcome,
  );
}

/** Whether the request may be served a flight's answer: that of its own credential, or of any that the provider accepts. */
export function mayFollow(
  { access }: Pick<Engine, 'access'>,
  { identity, request }: Follower,
  { credential }: Pick<Flight, 'credential'>,
): boolean {
  return (
    credential === identity.credential ||
    !identity.protocol.requiresCredential ||
    access.isKnownAccepted(identity.credential, request.upstream)
  );
}

/** Whether the answer of a flight is for requests besides the one that leads it; true as long as nothing is known of it. */
export function mayShare(
  { identity, request }: Follower,
  { knownHead, plan }: Pick<Flight, 'knownHead' | 'plan'>,
): boolean {
  const { answers } = identity.protocol;
  if (answers === undefined || knownHead === undefined) return true;
  if (knownHead.sharing?.isRefused()) return false;
  return answers.mayShare(knownHead, plan.request, request);
}

/** The answer to a request; with it, the request's first look ends. */
export async function endingLook<Answer>(look: FirstLook, answer: () => Awaitable<Answer>): Promise<Answer> {
  try {
    return await answer();
  } finally {
    look.end();
  }
}

/** The outcome of a lookup that takes its time, and the flights that landed meanwhile. */
export async function watched<Outcome>(
  { flights }: Pick<Engine, 'flights'>,
  { identity, caller, budget }: Ask,
  looked: Promise<Outcome>,
): Promise<{ readonly outcome: Outcome; readonly landed: readonly Flight[] }> {
  const watch = flights.watch(flightName(identity));
  const stopWaiting = budget.begin();
  try {
    return { outcome: await unlessAborted(looked, caller.signal), landed: watch.landed };
  } finally {
    stopWaiting();
    watch.stop();
  }
}

/** Calls `action` when the signal aborts; the returned function stops that. */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) action();
  else signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}
