/**
 * How replies to clients ended, and whose fault an error was. Availability is the share of requests that did not end with
 * an error of the gateway's own.
 */
import { AskonceError, type ErrorCode, errorCodes } from 'askonce';
import { type Tally, tally } from './tally.ts';

/** `none`: the client got an answer of the cache or the provider, whatever its status. */
type Fault = 'none' | 'client' | 'provider' | 'gateway';

const faults = ['none', 'client', 'provider', 'gateway'] as const satisfies readonly Fault[];

/** Codes whose status does not say whose fault they are: a status below 500 blames the client, any other the gateway. */
const faultOfCode: Readonly<Partial<Record<ErrorCode, Fault>>> = {
  // The client said that it wants no call of the provider.
  not_cached: 'client',
  // The client read more slowly than the answer came, for longer than the buffer lasts.
  follower_too_slow: 'client',
  provider_unreachable: 'provider',
  provider_timeout: 'provider',
  provider_broke_off: 'provider',
  answer_indivisible: 'provider',
};

/** Whether a code is answered with a status of 500 or more. */
export function isServerError(code: string): boolean {
  return serverErrors.has(code);
}

const serverErrors: ReadonlySet<string> = new Set(
  Object.entries(errorCodes).flatMap(([code, { status }]) => (status >= 500 ? [code] : [])),
);

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
      byFault.add(faultOfCode[code] ?? (errorCodes[code].status < 500 ? 'client' : 'gateway'));
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
