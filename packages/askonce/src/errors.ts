/**
 * One error class and one table of codes. A code is a contract: programs compare it, and the documentation lists it.
 *
 * `status` is the HTTP status of the gateway's answer. A message says what happened, then what to do.
 */
export const errorCodes = {
  invalid_settings: { status: 500, about: 'A setting is wrong; the message names it.' },
  invalid_json: { status: 400, about: 'The request body is not JSON (RFC 8259) in UTF-8.' },
  invalid_request: {
    status: 400,
    about:
      'A header, or a part of the context, is malformed or over its limit. A body that cannot be interpreted goes to the provider.',
  },
  request_too_deep: { status: 400, about: 'The request body is nested deeper than 512 levels.' },
  invalid_path: { status: 400, about: 'The path is not a plain path below the configured upstream.' },
  host_refused: {
    status: 403,
    about: 'The gateway listens on loopback, and the Host header does not name this machine.',
  },
  cross_site_refused: { status: 403, about: 'A browser page of another site sent the request.' },
  route_unknown: { status: 404, about: 'The gateway has no such route.' },
  method_not_allowed: {
    status: 405,
    about: 'The route does not allow this method; `Allow` lists those that it does.',
  },
  request_timeout: { status: 408, about: 'The client did not send its complete request in time.' },
  body_too_large: { status: 413, about: 'The request body is over the limit (`bodyLimit`).' },
  unsupported_media_type: {
    status: 415,
    about: 'The request body is not JSON, and its content type does not say so.',
  },
  warm_without_key: {
    status: 409,
    about: 'The gateway has no key with which it could ask the provider to warm the cache.',
  },
  warm_limited: { status: 429, about: 'Too many jobs wait to warm the cache.' },
  warm_unknown: { status: 404, about: 'There is no such job that warms the cache, or not any more.' },
  not_warmable: {
    status: 422,
    about: 'A request that warms the cache bypasses it, so that no answer could be stored.',
  },
  unknown_model: { status: 404, about: 'No configured provider serves the model.' },
  invalid_selector: {
    status: 400,
    about: 'The selector of an invalidation is empty, or has an unknown field.',
  },
  invalid_event: {
    status: 400,
    about: 'A domain event has a type that the settings do not list (`events`), or lacks a field.',
  },
  invalid_flags: {
    status: 400,
    about: 'A change of flags names an unknown flag, or a value other than true, false or a percentage.',
  },
  invalid_feedback: {
    status: 400,
    about: 'Feedback lacks the `match` of a semantic hit or a `verdict`, or has an unknown field.',
  },
  feedback_unauthorized: {
    status: 401,
    about: 'Feedback has neither the credential that got the semantic hit nor the admin key.',
  },
  match_unknown: {
    status: 404,
    about: 'Feedback names a semantic hit that is not known, or is too old to be judged.',
  },
  feedback_forbidden: {
    status: 403,
    about: 'Feedback on a semantic hit that another credential was given.',
  },
  feedback_failed: {
    status: 503,
    about:
      'The store could not record that an answer is blocked. Only the process that took the feedback knows of it.',
  },
  feedback_limited: {
    status: 429,
    about: 'Too much feedback by one credential or address; try again later.',
  },
  admin_unauthorized: {
    status: 401,
    about: 'The admin call lacks `Authorization: Bearer KEY` with the right key (`adminKey`).',
  },
  admin_forbidden: {
    status: 403,
    about: 'The role of the caller may not make this admin call.',
  },
  entry_unknown: {
    status: 404,
    about: 'No entry that may still be served is stored under the key.',
  },
  stream_limited: {
    status: 429,
    about: 'One address asks for too many answers by their keys; try again later.',
  },
  events_limited: {
    status: 429,
    about: 'As many streams of events are open as the gateway has room for; try again later.',
  },
  ledger_off: {
    status: 409,
    about: 'The admin call or the report reads the ledger, and there is none: it is turned off (`ledger`).',
  },
  admin_unavailable: {
    status: 503,
    about: 'The keys that check admin tokens cannot be fetched (`adminJwksUrl`). Try again.',
  },
  admin_limited: {
    status: 429,
    about: 'Too many admin calls had a wrong key, or one caller makes too many of them; try again later.',
  },
  gateway_unreachable: {
    status: 502,
    about:
      'A command cannot connect to the gateway whose admin calls it makes, or has no answer in time. No reply has this code.',
  },
  gateway_mismatch: {
    status: 502,
    about:
      'What answers a command at the address is no askonce gateway, or one of another version. No reply has this code.',
  },
  maintenance_running: {
    status: 409,
    about:
      'Maintenance is running already, here or at another process that shares the store. Ask again once it has ended.',
  },
  maintenance_failed: {
    status: 503,
    about:
      'Maintenance broke off, since the store failed. What it removed is removed; run it again for the rest.',
  },
  invalidation_failed: {
    status: 503,
    about: 'Entries may not have been removed: a shared store is out of reach. Try again.',
  },
  not_shared: {
    status: 502,
    about:
      'The answer that other requests were waiting for is for one of them alone. Callers that ask with `rejectsUnshared` get it and ask anew; no client does.',
  },
  not_cached: { status: 504, about: 'The request said only-if-cached, and no stored answer can be served.' },
  provider_unreachable: {
    status: 502,
    about: 'No connection to the provider could be made.',
  },
  provider_timeout: { status: 504, about: 'The provider did not answer in time.' },
  provider_broke_off: {
    status: 502,
    about: 'The provider closed the connection before its answer was complete.',
  },
  answer_indivisible: {
    status: 502,
    about: 'The provider answered a batch with a different number of parts than requested.',
  },
  follower_too_slow: {
    status: 502,
    about: 'The client read a shared answer too slowly, and the buffer is full (`flightMaxBytes`).',
  },
  shutting_down: { status: 503, about: 'The process is shutting down and takes no new requests.' },
  invalid_vector: {
    status: 500,
    about: 'A vector has another dimension than its index, or no direction.',
  },
  semantic_failed: {
    status: 502,
    about:
      'A remote part of the semantic tier, such as the embedder, gave no usable answer. It costs a hit; no reply has this code.',
  },
  batch_refused: {
    status: 500,
    about: 'The store of a ledger refuses a batch for what it contains; to try again does not help.',
  },
  store_failed: { status: 503, about: 'A store could not complete an operation. Try again.' },
  internal: {
    status: 500,
    about: 'Unexpected error in askonce. The log has it under the request id.',
  },
  closed: { status: 503, about: 'The cache is closed.' },
} as const satisfies Record<string, { status: number; about: string }>;

export type ErrorCode = keyof typeof errorCodes;

const brand = Symbol.for('askonce.error');

/** Every error that askonce throws or returns. */
export class AskonceError extends Error {
  override readonly name = 'AskonceError';
  readonly code: ErrorCode;
  /** The HTTP status that belongs to the code. */
  readonly status: number;
  readonly [brand] = true;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.status = errorCodes[code].status;
  }

  /** Whether `value` is an AskonceError of this or of another copy of the package. */
  static isInstance(value: unknown): value is AskonceError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The kind of an error, without its message: the code of an AskonceError, else the error's name. */
export function errorType(error: unknown): string {
  if (AskonceError.isInstance(error)) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
