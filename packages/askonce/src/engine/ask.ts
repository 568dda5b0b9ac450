/**
 * One request on its way through the cache, and what every step of that way has at hand.
 */

import type { Access } from '../access/credential-access.ts';
import type { BatchWindow } from '../batch/window.ts';
import type { Awaitable, Clock } from '../clock.ts';
import type { Broadcasts } from '../distributed/broadcasts.ts';
import type { Flight } from '../flight/flight.ts';
import type { Flights } from '../flight/flights.ts';
import type { Fallback, Provider } from '../flight/provider.ts';
import type { LatelyAnswered } from '../generate/repeat.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import type { TagDigester } from '../identity/tags.ts';
import type { InvalidationLog } from '../invalidation/log.ts';
import type { KnownErrors } from '../negative/known.ts';
import type { Observer } from '../observe/events.ts';
import type { Refreshes } from '../refresh/refresh.ts';
import type { Flags } from '../settings/flags.ts';
import type { Settings } from '../settings/table.ts';
import type { Store } from '../store/contract.ts';
import type { CoveredTags } from './added-tags.ts';

/** What all requests share. */
export interface Engine {
  readonly settings: Settings;
  readonly flags: Flags;
  readonly clock: Clock;
  readonly store: Store;
  readonly log: InvalidationLog;
  readonly digestTag: TagDigester;
  readonly flights: Flights;
  readonly broadcasts: Broadcasts;
  readonly refreshes: Refreshes;
  readonly access: Access;
  readonly errors: KnownErrors;
  readonly covered: CoveredTags;
  readonly answered: LatelyAnswered;
  readonly window: BatchWindow;
  /** Never throws. */
  readonly observe: Observer;
}

/** A request that may meet the cache. */
export interface Ask {
  readonly request: CacheRequest;
  readonly identity: Identity;
  readonly provider: Provider;
  /** Holds the signal that the caller has left. Not read before a miss: hits have no use for it, and it may be dear to make. */
  readonly caller: { readonly signal?: AbortSignal | undefined; readonly fallback?: Fallback | undefined };
  readonly requestId: string;
  /** Monotonic milliseconds at which it came. */
  readonly started: number;
  /** How many flights had been started when it came. */
  readonly flightsBefore: number;
  /** Shares failures with those who name the same: the credential, unless the call is not for this request alone. */
  readonly failsFor: string;
  /** Whether it is a part of another request, whose call fetches it and is told of. */
  readonly isPart: boolean;
  /** Whether its call may be made together with others', which tells of it. */
  readonly isGathered: boolean;
}

/** The part of every observed event that names the request. */
export function named({ identity, requestId }: Pick<Ask, 'identity' | 'requestId'>) {
  return { requestId, protocol: identity.protocol.name, subject: identity.subject, key: identity.key };
}

/** What is fetched, as far as one answer can serve all: the entry, and the limit that might cut it short. */
export function flightName({ key, ceiling }: Pick<Identity, 'key' | 'ceiling'>): string {
  return `${key}|${ceiling ?? ''}`;
}

/** Whether the request may hear kept answers: the provider has accepted its credential lately, or asks for none. */
export function isAccepted({ access }: Engine, identity: Identity, upstream: string): Awaitable<boolean> {
  return !identity.protocol.requiresCredential || access.isAccepted(identity.credential, upstream);
}

/** Whether the request may hear what the flight brings: its own credential's, or one that the provider has accepted. */
export function mayHear(
  { access }: Engine,
  { identity, request }: Ask,
  { credential }: Pick<Flight, 'credential'>,
): boolean {
  return (
    credential === identity.credential ||
    !identity.protocol.requiresCredential ||
    access.isKnownAccepted(identity.credential, request.upstream)
  );
}

/** Rejects with the signal's reason as soon as it aborts. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const settled = () => signal.removeEventListener('abort', abort);
    promise.then(resolve, reject).finally(settled);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** Calls `action` when the signal aborts; the returned function stops that. */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) action();
  else signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}
