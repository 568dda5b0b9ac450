/**
 * What a case of HTTP caching is: exchanges between a client and an application behind the cache, each with what the
 * client sends, what the application would answer, what must come back, and how much time passes until the next one.
 */

/** An HTTP date: seconds from a moment, in the preferred form or in the obsolete one of RFC 850. */
export type Instant = number | { readonly rfc850: number };

/** Header fields. A list is sent as lines of its own. */
export type Fields = Readonly<Record<string, Instant | string | readonly string[]>>;

export interface HttpExchange {
  /** Default: a GET of the case's own path without headers. Instants count from the start of the case. */
  readonly send?: {
    readonly method?: string;
    /** Added to the path of the case. */
    readonly suffix?: string;
    readonly headers?: Fields;
    readonly body?: string;
  };
  /** What the application answers if it is asked: by default 200 and a body that names the exchange. */
  readonly answer?: {
    readonly status?: number;
    /** Instants count from the answer. */
    readonly headers?: Fields;
    readonly body?: string;
    /** Whether `location` and `content-location` are suffixes to the path of the case. */
    readonly locations?: boolean;
    /** Seconds that the answer takes. */
    readonly takes?: number;
  };
  /** The application fails instead of answering. */
  readonly fails?: boolean;
  readonly expect?: Expectation;
  /** Seconds that pass afterwards. Default: 0. */
  readonly wait?: number;
}

interface Expectation {
  /**
   * Whose answer it is: the application's to this exchange; a stored one; or a stored one that the application has
   * validated for this exchange. Unset: any.
   */
  readonly from?: 'application' | 'store' | 'validation';
  /** Of which exchange the stored answer is, from 1. Unset: any earlier one. */
  readonly of?: number;
  /** Default: that of the answer. */
  readonly status?: number | 'any';
  /** Fields of the response: a value, true for any, or a number that the value must exceed. Instants count from the start. */
  readonly headers?: Readonly<Record<string, Instant | string | true | { readonly above: number }>>;
  /** Names of fields that the response must not have, or values that these must not have. */
  readonly absent?: readonly (string | readonly [name: string, value: string])[];
  readonly body?: string;
  /** What the application must see of this exchange: its method and headers. */
  readonly seen?: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };
  /** Waits until the application has answered a refresh behind the response. */
  readonly refreshed?: boolean;
}

export interface HttpCase {
  /** The id of the case in the public suite. */
  readonly id: string;
  /** The section of RFC 9111 that it is about, or another RFC's number and section. */
  readonly section: string;
  readonly exchanges: readonly HttpExchange[];
}

type Rest = Omit<HttpExchange, 'expect'>;

/** The pause between two exchanges: longer than the short lifetimes of the cases, and shorter than the long ones. */
export const pause = 3;

/** Cases about one section. */
export function casesOf(section: string) {
  const of = (id: string, ...exchanges: readonly HttpExchange[]): HttpCase => ({ id, section, exchanges });
  const again =
    (from: 'application' | 'store') =>
    (id: string, headers: Fields, rest: Rest = {}) =>
      of(
        id,
        { wait: pause, ...rest, answer: { ...rest.answer, headers } },
        { answer: rest.answer ?? {}, expect: { from } },
      );
  return {
    of,
    /** An answer with these headers serves the next request, too. */
    reused: again('store'),
    /** An answer with these headers serves no other request. */
    notReused: again('application'),
  };
}
