/**
 * Tokens that make admin calls (JWT, RFC 7519; checked by the rules of RFC 8725): signed with a shared secret by HS256, or
 * by an identity provider with a key of its set. The algorithm is chosen here, and never by the token alone.
 */
import { AskonceError, type Clock } from 'askonce';
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { type Role, roleNames } from '../settings/admin-keys.ts';
import {
  forbiddenBecause,
  type Identified,
  type Refusal,
  refusedCredential,
  wrongCredential,
} from './caller.ts';
import type { RemoteKeys } from './jwks.ts';

/** The caller that a token names, or why it is refused. */
export type TokenCheck = (token: string) => Promise<Identified | Refusal>;

export interface TokenOptions {
  /** Secret of HS256. */
  readonly secret: string | undefined;
  readonly keys: RemoteKeys | undefined;
  readonly issuer: string | undefined;
  readonly audience: readonly string[];
  readonly roleClaim: string;
  readonly clock: Clock;
}

/** A set of public keys must never be used as secrets of an HMAC: anyone could sign with them. */
const asymmetric: NonNullable<JWTVerifyOptions['algorithms']> = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Seconds by which the issuer's clock may be ahead: a new token is valid at once. It prolongs no token. */
const clockTolerance = 30;

/** Longer ones are refused unread. */
const maxTokenCharacters = 16_384;

export function tokenCheck(options: TokenOptions): TokenCheck {
  const { secret, keys, issuer, audience, roleClaim, clock } = options;
  const secretKey = secret === undefined ? undefined : new TextEncoder().encode(secret);

  const rules = (algorithms: typeof asymmetric): JWTVerifyOptions => ({
    algorithms,
    clockTolerance,
    currentDate: new Date(clock.now()),
    requiredClaims: ['exp'],
    ...(issuer !== undefined && { issuer }),
    ...(audience.length > 0 && { audience: [...audience] }),
  });

  async function bySet(token: string, { keyOf, refreshed }: RemoteKeys): Promise<JWTPayload> {
    try {
      return await bySetNow(token, keyOf);
    } catch (error) {
      // Some providers replace a key under its old name.
      if (!(error instanceof errors.JWSSignatureVerificationFailed) || !(await refreshed())) throw error;
      return await bySetNow(token, keyOf);
    }
  }

  /** A token that names no key may fit several: the one that has signed it counts. */
  async function bySetNow(token: string, keyOf: RemoteKeys['keyOf']): Promise<JWTPayload> {
    try {
      return (await jwtVerify(token, keyOf, rules(asymmetric))).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, rules(asymmetric))).payload;
        } catch (failure) {
          if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  async function verified(token: string): Promise<JWTPayload> {
    const payload = await signed(token);
    // jose's tolerance is for `exp`, too.
    if ((payload.exp ?? 0) * 1000 <= clock.now()) throw new errors.JWTExpired('', payload, 'exp');
    return payload;
  }

  async function signed(token: string): Promise<JWTPayload> {
    const { alg } = decodeProtectedHeader(token);
    if (secretKey !== undefined && alg === 'HS256')
      return (await jwtVerify(token, secretKey, rules(['HS256']))).payload;
    if (keys === undefined) throw new errors.JOSEAlgNotAllowed('no key for this algorithm');
    return await bySet(token, keys);
  }

  return async (token) => {
    if (token.length > maxTokenCharacters) return wrongCredential();
    try {
      const payload = await verified(token);
      const role = roleIn(payload, roleClaim);
      if (role !== undefined)
        return { name: nameIn(payload), role, credential: 'token', expires: expiryOf(payload) };
      return forbiddenBecause(
        `The token has no role: its claim ${roleClaim} must be ${roleNames.join(', ')}, or a list with one of them.`,
      );
    } catch (error) {
      return refusalFor(error);
    }
  };
}

function refusalFor(error: unknown): Refusal {
  if (AskonceError.isInstance(error)) return { error, retryAfter: retrySeconds };
  // Claims are read only once the signature has been found right, so that these say nothing to those who guess.
  if (error instanceof errors.JWTExpired) return refusedCredential('The token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) return refusedCredential(claimFault(error.claim));
  return wrongCredential();
}

/** The interval at which keys are fetched after a failure. */
const retrySeconds = 5;

function claimFault(claim: string): string {
  switch (claim) {
    case 'exp':
      return 'The token has no expiry (exp)';
    case 'nbf':
      return 'The token is not valid yet (nbf)';
    case 'iss':
      return 'The token is of another issuer (iss)';
    case 'aud':
      return 'The token is for another audience (aud)';
    default:
      return 'The token has a wrong claim';
  }
}

/** Tokens without an expiry are refused. */
function expiryOf({ exp }: JWTPayload): number | undefined {
  return exp === undefined ? undefined : exp * 1000;
}

/** The role with most rights among those that the claim names. */
function roleIn(payload: JWTPayload, claim: string): Role | undefined {
  const value = claimIn(payload, claim);
  const named: readonly unknown[] = Array.isArray(value) ? value : [value];
  return roleNames.toReversed().find((role) => named.includes(role));
}

/** A claim by its name, which may have dots of its own, or else by the way to it. */
function claimIn(payload: JWTPayload, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  let value: unknown = payload;
  for (const name of claim.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

const maxNameCharacters = 128;

/** The subject, as the log shows it: short, and on one line. */
function nameIn({ sub }: JWTPayload): string {
  if (typeof sub !== 'string' || sub === '') return 'unnamed';
  return sub.slice(0, maxNameCharacters).replace(/\p{Cc}/gu, '?');
}
