/**
 * Who makes an admin call, and why a caller is refused.
 */
import type { OutgoingHttpHeaders } from 'node:http';
import { AskonceError } from 'askonce';
import type { RateLimit } from '../security/rate.ts';
import type { Role } from '../settings/admin-keys.ts';

export type { Role } from '../settings/admin-keys.ts';

/** What identifies a caller: one of the configured keys, or a signed token (JWT). */
type Credential = 'key' | 'token';

/** The part of a caller that its credential says. */
export interface Identified {
  /** The name of the key, or the token's subject. */
  readonly name: string;
  readonly role: Role;
  readonly credential: Credential;
  /** When a token ceases to be valid, in ms since the epoch. Absent of a key. */
  readonly expires?: number | undefined;
}

export interface Caller extends Identified {
  /** Address that the call came from; behind trusted proxies that of the client. */
  readonly address: string;
}

/** The caller in a line of the log. */
export function lineOf({ name, role, credential, address }: Caller): Readonly<Record<string, string>> {
  return { caller: name, role, credential, address };
}

/** Wrong keys that one client may send. */
export type FailureLimit = RateLimit;

/** The usual limit: as many at once as calls that one caller may make, and ten a second at most. */
export function wrongKeys({ burst, everyMs }: RateLimit): FailureLimit {
  return { burst, everyMs: Math.max(everyMs, 100) };
}

/** Why a caller is refused. */
export interface Refusal {
  readonly error: AskonceError;
  /** Seconds after which it may try again. */
  readonly retryAfter?: number | undefined;
  /** The `WWW-Authenticate` of the answer (RFC 6750, section 3). */
  readonly challenge?: string | undefined;
  /** Whether it may be a guess at a credential. */
  readonly isGuess?: boolean | undefined;
}

export function isRefusal(found: object): found is Refusal {
  return 'error' in found;
}

/** The caller, unless it is refused. @throws AskonceError of the refusal; `headers` then has what the answer says beside it. */
export function admitted(found: Caller | Refusal, headers: OutgoingHttpHeaders): Caller {
  if (!isRefusal(found)) return found;
  if (found.challenge !== undefined) headers['www-authenticate'] = found.challenge;
  if (found.retryAfter !== undefined) headers['retry-after'] = String(found.retryAfter);
  throw found.error;
}

/** No credential: the challenge names no error (RFC 6750, section 3.1). */
export function missingCredential(): Refusal {
  return unauthorized('Bearer');
}

/** A credential that is none of the gateway's. Which part of it is wrong is not said. */
export function wrongCredential(): Refusal {
  const description = 'The key or token is not valid';
  return { ...unauthorized(invalidToken(description)), isGuess: true };
}

/** A credential that was right, such as a token that has expired. */
export function refusedCredential(description: string): Refusal {
  return unauthorized(invalidToken(description), `${description}. `);
}

function invalidToken(description: string): string {
  return `Bearer error="invalid_token", error_description="${description}"`;
}

function unauthorized(challenge: string, reason = ''): Refusal {
  return {
    error: new AskonceError(
      'admin_unauthorized',
      `${reason}Admin calls need the right key or token; send "Authorization: Bearer KEY" (adminKey).`,
    ),
    challenge,
  };
}

export function limitedTo(what: string, retryAfter: number): Refusal {
  return {
    error: new AskonceError('admin_limited', `Too many ${what}; try again in ${retryAfter} s.`),
    retryAfter,
  };
}

/** A caller whose role may not make the call; the message names the roles that may. */
export function forbidden(role: Role, roles: readonly Role[]): Refusal {
  const which = roles.length === 0 ? 'no role may make it' : `use one of ${roles.join(', ')}`;
  return forbiddenBecause(`The role ${role} may not make this call; ${which}.`);
}

export function forbiddenBecause(message: string): Refusal {
  return {
    error: new AskonceError('admin_forbidden', message),
    challenge: 'Bearer error="insufficient_scope"',
  };
}
