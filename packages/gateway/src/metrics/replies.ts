/**
 * How replies to clients ended, and whose fault an error was. Availability is the share of requests that did not end with
 * an error of the gateway's own.
 */
import { AskonceError, type ErrorCode, errorCodes } from 'askonce';
import { type Tally, tally } from './tally.ts';

/** `none`: the client got an answer of the cache or the provider, whatever its status. */
type Fault = 'none' | 'client' | 'provider' | 'gateway';

const faults = ['none', 'client', 'provider', 'gateway'] as const satisfies readonly Fault[];

/** A new code is an error here until it is decided whose fault it is. */
const faultOfCode = {
  invalid_settings: 'gateway',
  invalid_json: 'client',
  invalid_request: 'client',
  request_too_deep: 'client',
  invalid_path: 'client',
  host_refused: 'client',
  cross_site_refused: 'client',
  route_unknown: 'client',
  method_not_allowed: 'client',
  request_timeout: 'client',
  body_too_large: 'client',
  unsupported_media_type: 'client',
  unknown_model: 'client',
  invalid_selector: 'client',
  invalid_event: 'client',
  invalid_flags: 'client',
  invalid_feedback: 'client',
  feedback_unauthorized: 'client',
  match_unknown: 'client',
  feedback_forbidden: 'client',
  feedback_failed: 'gateway',
  feedback_limited: 'client',
  admin_unauthorized: 'client',
  admin_forbidden: 'client',
  ledger_off: 'client',
  admin_limited: 'client',
  invalidation_failed: 'gateway',
  // The client said that it wants no call of the provider.
  not_cached: 'client',
  provider_unreachable: 'provider',
  provider_timeout: 'provider',
  provider_broke_off: 'provider',
  answer_indivisible: 'provider',
  // The client read more slowly than the answer came, for longer than the buffer lasts.
  follower_too_slow: 'client',
  shutting_down: 'gateway',
  // A command that cannot reach its gateway; no reply has these.
  gateway_unreachable: 'gateway',
  gateway_mismatch: 'gateway',
  invalid_vector: 'gateway',
  semantic_failed: 'gateway',
  batch_refused: 'gateway',
  store_failed: 'gateway',
  internal: 'gateway',
  closed: 'gateway',
} as const satisfies Readonly<Record<ErrorCode, Fault>>;

/** What the proxy and the admin calls report of their replies. */
export interface ReplyReports {
  /** A client has its answer. */
  answered(): void;
  /** A client's request ended with an error. `gone`: the client had disconnected before. */
  failed(error: unknown, gone: boolean): void;
  /** An admin call or a scrape ended with an error. These do not count for availability. */
  adminFailed(error: unknown, gone: boolean): void;
}

export interface ReplyCounts {
  readonly byFault: Tally;
  readonly byCode: Tally;
}

/** Where metrics are turned off. */
export const unreported: ReplyReports = { answered: () => {}, failed: () => {}, adminFailed: () => {} };

export function replyCounts(): ReplyCounts {
  return { byFault: tally(faults), byCode: tally(Object.keys(errorCodes)) };
}

export function countingReplies({ byFault, byCode }: ReplyCounts): ReplyReports {
  return {
    answered: () => byFault.add('none'),
    failed(error, gone) {
      if (gone) return byFault.add('client');
      const code = codeOf(error);
      byCode.add(code);
      byFault.add(faultOfCode[code]);
    },
    adminFailed(error, gone) {
      if (!gone) byCode.add(codeOf(error));
    },
  };
}

/** Anything but an AskonceError is unexpected, and is answered as such. */
function codeOf(error: unknown): ErrorCode {
  return AskonceError.isInstance(error) ? error.code : 'internal';
}
