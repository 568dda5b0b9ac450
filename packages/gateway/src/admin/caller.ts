/**
 * Who makes an admin call, and what it may do. The one place that decides both: a key today, other proofs and roles
 * beside it.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { AskonceError, type Clock } from 'askonce';
import { FailureLimit } from './failure-limit.ts';

type Role = 'admin';

export interface Caller {
  readonly role: Role;
  /** Address that the call came from. */
  readonly address: string;
}

/** Why a caller is not let in. */
export interface Refusal {
  readonly error: AskonceError;
  /** Seconds after which it may try again. */
  readonly retryAfter?: number | undefined;
}

/** What of a request says who makes it. */
interface CallingRequest {
  readonly headers: { readonly authorization?: string | undefined };
  readonly socket: { readonly remoteAddress?: string | undefined };
}

type CallerCheck = (request: CallingRequest) => Caller | Refusal;

const bearer = /^Bearer +([\x21-\x7e]+) *$/i;

export function callerCheck(key: string, clock: Clock): CallerCheck {
  const digest = digestOf(key);
  const failures = new FailureLimit(clock);
  return (request) => {
    const address = addressOf(request);
    const given = bearer.exec(request.headers.authorization ?? '')?.[1];
    // Nothing was guessed: a probe without a key must not lock out the operator behind the same address.
    if (given === undefined) return unauthorized();
    const retryAfter = failures.secondsUntilFree(address);
    if (retryAfter > 0) return limited(retryAfter);
    // Digests are of one length, so that the time it takes tells nothing of the key, its length included.
    if (timingSafeEqual(digestOf(given), digest)) return { role: 'admin', address };
    failures.note(address);
    return unauthorized();
  };
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function addressOf({ socket }: CallingRequest): string {
  return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, '');
}

function unauthorized(): Refusal {
  return {
    error: new AskonceError(
      'admin_unauthorized',
      'Admin calls want the header "Authorization: Bearer KEY" with the right key (adminKey).',
    ),
  };
}

function limited(retryAfter: number): Refusal {
  return {
    error: new AskonceError('admin_limited', `Too many wrong keys; try again in ${retryAfter} s.`),
    retryAfter,
  };
}
