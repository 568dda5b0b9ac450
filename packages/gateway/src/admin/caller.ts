/**
 * Identifies the caller of an admin call, and limits wrong keys.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { AskonceError, type Clock } from 'askonce';
import { addressOf, type RateCount, type RateLimit, rateCount } from '../security/rate.ts';

/**
 * What a caller may do. A `viewer` reads figures, an `operator` also reads stored text and acts on entries, an `admin` does
 * all, erasure of a user's data among it.
 */
export type Role = 'viewer' | 'operator' | 'admin';

export interface Caller {
  readonly role: Role;
  /** Address that the call came from. */
  readonly address: string;
}

/** Wrong keys that one client may send. */
export type FailureLimit = RateLimit;

/** The usual limit. */
export const wrongKeys: FailureLimit = { burst: 10, everyMs: 6000 };

/** Why a caller is refused. */
export interface Refusal {
  readonly error: AskonceError;
  /** Seconds after which it may try again. */
  readonly retryAfter?: number | undefined;
}

/** The parts of a request that identify its caller. */
interface CallingRequest {
  readonly headers: { readonly authorization?: string | undefined };
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Makes the check whether a request brings the key. It counts nothing. */
export function keyCheck(key: string): (request: Pick<CallingRequest, 'headers'>) => boolean {
  const digest = digestOf(key);
  return ({ headers }) => {
    const given = bearer.exec(headers.authorization ?? '')?.[1];
    return given !== undefined && timingSafeEqual(digestOf(given), digest);
  };
}

type CallerCheck = (request: CallingRequest, limit: FailureLimit) => Caller | Refusal;

const bearer = /^Bearer +([\x21-\x7e]+) *$/i;

export function callerCheck(key: string, clock: Clock): CallerCheck {
  const digest = digestOf(key);
  const failuresOf = new Map<FailureLimit, RateCount>();
  return (request, limit) => {
    const failures = failuresOf.get(limit) ?? rateCount(limit, clock);
    failuresOf.set(limit, failures);
    const address = addressOf(request);
    const given = bearer.exec(request.headers.authorization ?? '')?.[1];
    // Nothing was guessed: a probe without a key must not lock out the operator behind the same address.
    if (given === undefined) return unauthorized();
    // Digests have one length, so the time of the comparison reveals nothing about the key, not even its length. The
    // right key is admitted in any case: many clients may share an address, and one with a wrong key must not lock the
    // operator out. A key of 16 characters cannot be guessed at any rate.
    if (timingSafeEqual(digestOf(given), digest)) return { role: 'admin', address };
    const retryAfter = failures.secondsUntilFree(address);
    if (retryAfter > 0) return limited(retryAfter);
    failures.add(address);
    return unauthorized();
  };
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function unauthorized(): Refusal {
  return {
    error: new AskonceError(
      'admin_unauthorized',
      'Admin calls need the right key; send "Authorization: Bearer KEY" (adminKey).',
    ),
  };
}

function limited(retryAfter: number): Refusal {
  return {
    error: new AskonceError('admin_limited', `Too many wrong keys; try again in ${retryAfter} s.`),
    retryAfter,
  };
}
