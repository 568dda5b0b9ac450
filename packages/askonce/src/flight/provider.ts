/**
 * A provider generates answers. An upstream URL, a caller's `fetch`, a route handler and a plain function
 * are providers.
 */
import type { Recording } from '../entry/entry.ts';
import { AskonceError, type ErrorCode } from '../errors.ts';
import type { CacheRequest } from '../identity/request.ts';

export interface ProviderAnswer {
  readonly status: number;
  /** Names in lower case; a header that came several times is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /**
   * The body with its content encoding undone. Ends early with an error if the provider broke off. A body that can be
   * subscribed to (`LiveBody`) is not pulled, but pushed by the provider, which costs less a piece.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Absent: the answer's head says all that decides whether it is shared. */
  readonly sharing?: Sharing | undefined;
}

/**
 * Whether an answer is shared, where that shows only once its head has been sent to the client whose request it was made for.
 * What is refused by the end of its body is not stored.
 */
export interface Sharing {
  /** Resolves once it is decided, and never rejects. No other request is served the answer's flight before. */
  readonly decided: Promise<void>;
  /** Whether the answer is for its own request alone, as far as is known. */
  isRefused(): boolean;
}

/**
 * Sends the request's body, route, query and headers to the provider. Rejects with AskonceError
 * `provider_unreachable` or `provider_timeout`; an HTTP error is an answer, not a rejection.
 * `signal` aborts the call at any time, also while the body is read. `stored` is an answer to the same request that may not
 * be served without the provider's word that it still holds; only for protocols with rules of their own (`Protocol.answers`).
 */
export type Provider = (
  request: CacheRequest,
  signal: AbortSignal,
  stored?: Recording | undefined,
) => Promise<ProviderAnswer>;

/**
 * The source of a flight's answer if the flight makes no call of its own: from another process's flight, or from an
 * entry. The last three are written while the body is read, and hold once it has ended or failed.
 */
export interface Relayed {
  /** Names the recording, for event ids: the same in every process. */
  readonly recordingId: string;
  /** Keyed digest of the credential that the provider was called with. */
  readonly credential: string;
  /** See `FlightPlan.failsFor`. */
  readonly failsFor: string;
  /** Whether a store has the answer. */
  stored: boolean;
  /** Whether the body failed because the way to its source was lost: a follower that was sent nothing elects a new leader. */
  lost: boolean;
  /** Whether it was lost because the answer is too large to be followed. */
  outgrown: boolean;
}

/** What a flight begins with: the provider's answer, or a relayed one. */
export interface FlightAnswer extends ProviderAnswer {
  readonly relayed?: Relayed | undefined;
}

/** As {@link Provider}; may answer without a call. */
export type FlightProvider = (request: CacheRequest, signal: AbortSignal) => Promise<FlightAnswer>;

/** What the provider failed with: its own error answer, or none. */
export interface ProviderFailure {
  /** Status of the provider's answer; undefined if there was none. */
  readonly status: number | undefined;
  /** Code of the failure if there was no answer (`provider_unreachable`, `provider_timeout`, `provider_broke_off`). */
  readonly code: ErrorCode | undefined;
}

/** The caller's own answer if the provider has failed, in the form of the request; undefined if it has none. */
export type Fallback = (
  request: CacheRequest,
  failure: ProviderFailure,
) => ProviderAnswer | undefined | Promise<ProviderAnswer | undefined>;

const failures = {
  provider_unreachable: 'The provider could not be called; see the cause.',
  provider_broke_off: 'The provider broke off in the middle of its answer; try again.',
} as const;

/** What a provider threw as an AskonceError: its own, or one of `code` with what it threw as the cause. */
export function asProviderError(thrown: unknown, code: keyof typeof failures): AskonceError {
  return AskonceError.isInstance(thrown) ? thrown : new AskonceError(code, failures[code], { cause: thrown });
}
