/**
 * The rules of a protocol whose answers say themselves what may become of them, as those of HTTP do (RFC 9111). Such an
 * answer is a body or a stream as it likes, in the content encoding that it has, and is recorded so.
 */

export type AnswerHeaderFields = Readonly<Record<string, string | readonly string[]>>;

/** The beginning of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: AnswerHeaderFields;
}

/** What holds for an answer that does not say so itself. Seconds. */
export interface AnswerDefaults {
  readonly ttl?: number | undefined;
  readonly staleWhileRevalidate?: number | undefined;
  readonly staleIfError?: number | undefined;
}

/** A request, as far as rules read it. */
export interface AskedRequest {
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  readonly body?: Uint8Array | string | undefined;
  readonly directives: { readonly defaults?: AnswerDefaults | undefined };
}

/** How long an answer may be used, in seconds. */
export interface AnswerLifetime {
  /** Its age when it was asked for. */
  readonly age: number;
  /** From the asking to the instant at which it is stale, and to that at which it is of no use. */
  readonly stale: number;
  readonly expires: number;
}

/** What may be done with a stale answer. */
export interface StaleUse {
  /** Whether a request may accept it (`max-stale`). */
  readonly isAllowed: boolean;
  /** Seconds past freshness for which it is served and refreshed behind the reader, and is served if the provider fails. */
  readonly whileRevalidate: number;
  readonly ifError: number;
}

export interface AnswerRules {
  /** The fields of an answer that has just begun, with those that the cache that receives it adds (`Date`). */
  received(headers: AnswerHeaderFields, now: number): AnswerHeaderFields;
  /** The fields that belong to a recording; a field that came several times is one list. */
  recorded(headers: AnswerHeaderFields): Readonly<Record<string, string>>;
  /** How long a complete answer may be stored that was asked for at `began` (ms since the epoch); undefined: not at all. */
  lifetime(answer: AnswerHead, request: AskedRequest, began: number): AnswerLifetime | undefined;
  /**
   * Whether an answer may be served, while it comes, to another request than the one it is made for. `leading` is that
   * one; undefined if only its key is known, which is that of `wanted`.
   */
  mayShare(answer: AnswerHead, leading: AskedRequest | undefined, wanted: AskedRequest): boolean;
  staleUse(recorded: Readonly<Record<string, string>>, directives: AskedRequest['directives']): StaleUse;
  /**
   * The body of the request as it is to be recognised by, if its answer says that more of the request counts than was
   * known; else undefined.
   */
  restated(answer: AnswerHead, request: AskedRequest): string | undefined;
}
