/**
 * A provider: whoever generates. An upstream URL, a caller's `fetch`, a route handler and a plain function
 * are providers.
 */
import { AskonceError, type ErrorCode } from '../errors.ts';
import type { CacheRequest } from '../identity/request.ts';

export interface ProviderAnswer {
  readonly status: number;
  /** Names in lower case; a header that came several times is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The body with its content encoding undone. Ends early with an error where the provider broke off. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Sends the request's body, route, query and headers to the provider. Rejects with AskonceError
 * `provider_unreachable` or `provider_timeout`; an HTTP error is an answer, not a rejection.
 * `signal` aborts the call at any time, also while the body is read.
 */
export type Provider = (request: CacheRequest, signal: AbortSignal) => Promise<ProviderAnswer>;

/** Whose answer it is, where a flight brings one that it has not asked for: another process's, or one that is kept. */
export interface Relayed {
  /** Names the recording, for event ids: the same wherever it is read. */
  readonly recordingId: string;
  /** Keyed digest of the credential that it was asked with. */
  readonly credential: string;
  /** Who shares its failures; see `FlightPlan.failsFor`. */
  readonly failsFor: string;
  /** Whether a store has it; known once the body has ended. */
  readonly stored: boolean;
  /** Whether the body failed because the way to it was lost: then whoever was sent nothing elects anew. */
  readonly lost: boolean;
  /** Whether that was because there was too much of it to be followed. */
  readonly outgrown: boolean;
}

/** What a flight takes off with: the provider's answer, or one that is relayed. */
export interface FlightAnswer extends ProviderAnswer {
  readonly relayed?: Relayed | undefined;
}

/** As {@link Provider}; may answer without asking. */
export type FlightProvider = (request: CacheRequest, signal: AbortSignal) => Promise<FlightAnswer>;

/** What the provider failed with: its own error answer, or none. */
export interface ProviderFailure {
  /** Status of the provider's answer; undefined where there was none. */
  readonly status: number | undefined;
  /** Code of the failure where there was no answer (`provider_unreachable`, `provider_timeout`, `provider_broke_off`). */
  readonly code: ErrorCode | undefined;
}

/** The caller's own answer where the provider has failed, in the form of the request; undefined where it has none. */
export type Fallback = (
  request: CacheRequest,
  failure: ProviderFailure,
) => ProviderAnswer | undefined | Promise<ProviderAnswer | undefined>;

const failures = {
  provider_unreachable: 'the provider could not be asked',
  provider_broke_off: 'the provider broke off in the middle of its answer',
} as const;

/** What a provider threw as an AskonceError: its own, or one of `code` with what it threw as the cause. */
export function asProviderError(thrown: unknown, code: keyof typeof failures): AskonceError {
  return AskonceError.isInstance(thrown) ? thrown : new AskonceError(code, failures[code], { cause: thrown });
}
