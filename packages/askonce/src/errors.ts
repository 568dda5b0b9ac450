/**
 * One error class and one table of codes. A code is a contract: programs compare it, documentation lists it.
 *
 * `status` is what the gateway answers where the error reaches a client; a message always says what to change.
 */
export const errorCodes = {
  invalid_settings: { status: 500, about: 'A setting is wrong; the message names it.' },
  invalid_json: { status: 400, about: 'The request body is not JSON (RFC 8259) in UTF-8.' },
  invalid_request: {
    status: 400,
    about: 'The request body or a header does not have the shape that its protocol asks for.',
  },
  request_too_deep: { status: 400, about: 'The request body is nested deeper than 512 levels.' },
  invalid_path: { status: 400, about: 'The path is not one plain path below the configured upstream.' },
  host_refused: {
    status: 403,
    about: 'The Host header does not name this machine, while the gateway listens on loopback.',
  },
  cross_site_refused: { status: 403, about: 'A browser page of another site sent the request.' },
  route_unknown: { status: 404, about: 'The gateway has no such route.' },
  method_not_allowed: {
    status: 405,
    about: 'The route does not take this method; `Allow` lists those it takes.',
  },
  request_timeout: { status: 408, about: 'The client did not send its whole request in time.' },
  body_too_large: { status: 413, about: 'The request body is over the limit (`bodyLimit`).' },
  unsupported_media_type: { status: 415, about: 'The request body must be application/json.' },
  unknown_model: { status: 404, about: 'No configured provider serves the model.' },
  invalid_selector: {
    status: 400,
    about: 'An invalidation does not say which answers it means: empty, or with an unknown field.',
  },
  invalid_event: {
    status: 400,
    about: 'A domain event has no type that the settings list (`events`), or lacks a field.',
  },
  invalid_flags: {
    status: 400,
    about: 'A change of flags names an unknown flag, or is not true, false or a percentage.',
  },
  admin_unauthorized: {
    status: 401,
    about: 'The admin call has no `Authorization: Bearer KEY` with the right key (`adminKey`).',
  },
  admin_limited: { status: 429, about: 'Too many admin calls with a wrong key; try again later.' },
  invalidation_failed: {
    status: 503,
    about: 'What was to be taken back may still be there: a shared store is out of reach. Try again.',
  },
  not_cached: { status: 504, about: 'The request said only-if-cached, and nothing is kept for it.' },
  provider_unreachable: {
    status: 502,
    about: 'The provider could not be reached, or broke the connection off.',
  },
  provider_timeout: { status: 504, about: 'The provider did not answer in time.' },
  provider_broke_off: { status: 502, about: 'The provider broke off in the middle of its answer.' },
  answer_indivisible: {
    status: 502,
    about: 'The provider answered a batch with another number of parts than were asked.',
  },
  follower_too_slow: {
    status: 502,
    about: 'The client read a shared answer more slowly than it may be buffered (`flightMaxBytes`).',
  },
  shutting_down: { status: 503, about: 'The process is shutting down and takes no new requests.' },
  store_failed: { status: 503, about: 'A store could not do what it was asked. Try again.' },
  internal: {
    status: 500,
    about: 'A bug in askonce: an error that was not foreseen. The log has it under the request id.',
  },
  closed: { status: 503, about: 'The cache has been closed.' },
} as const satisfies Record<string, { status: number; about: string }>;

export type ErrorCode = keyof typeof errorCodes;

const brand = Symbol.for('askonce.error');

/** Every error that askonce throws or answers with. */
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
