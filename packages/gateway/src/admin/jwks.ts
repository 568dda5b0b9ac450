/**
 * The keys of an identity provider (JWKS, RFC 7517): fetched when first needed, remembered for a while, and fetched again
 * when a token names a key that is not among them.
 */
import { AskonceError, type Clock } from 'askonce';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { GatewayLog } from '../log/log.ts';

export interface RemoteKeys {
  /** The key that a token's header names. @throws the error of jose, or AskonceError `admin_unavailable` */
  readonly keyOf: JWTVerifyGetKey;
  /** Fetches the keys anew, because a signature did not match. False if they have been fetched too lately. */
  refreshed(): Promise<boolean>;
}

export interface RemoteKeysOptions {
  /** Resolves with the text of the key set. */
  readonly fetchText: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Pick<GatewayLog, 'warnSeldom'>;
}

/** Keys are fetched anew after it, in ms. */
const maxAgeMs = 10 * 60_000;
/** Keys serve so long while no newer ones can be fetched, in ms: an outage of the provider locks no operator out at once. */
const maxStaleMs = 60 * 60_000;
/** A key that is not known has the keys fetched again at most this often, in ms: tokens are made up easily. */
const refetchMs = 30_000;
/** After a failure the next attempt waits so long, in ms. */
const retryMs = 5_000;

const keySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

interface Fetched {
  readonly keyOf: JWTVerifyGetKey;
  readonly at: number;
}

export function remoteKeys({ fetchText, clock, log }: RemoteKeysOptions): RemoteKeys {
  let current: Fetched | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<Fetched | undefined> | undefined;
  const age = ({ at }: Fetched) => clock.monotonic() - at;

  async function fetched(): Promise<Fetched | undefined> {
    try {
      const keyOf = createLocalJWKSet(keySet.parse(JSON.parse(await fetchText())));
      current = { keyOf, at: clock.monotonic() };
      return current;
    } catch (error) {
      failedAt = clock.monotonic();
      const reason = AskonceError.isInstance(error) ? error.message : 'it answered with no key set';
      log.warnSeldom('jwks', 'the keys that check admin tokens cannot be fetched (ASKONCE_ADMIN_JWKS_URL)', {
        reason,
      });
      return undefined;
    }
  }

  /** The keys as they are now; undefined if they cannot be fetched. All callers wait for one attempt. */
  function anew(): Promise<Fetched | undefined> {
    if (pending === undefined && clock.monotonic() - failedAt < retryMs) return Promise.resolve(undefined);
    pending ??= fetched().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  async function usable(): Promise<Fetched> {
    const before = current;
    if (before !== undefined && age(before) < maxAgeMs) return before;
    const found = await anew();
    if (found !== undefined) return found;
    if (before !== undefined && age(before) < maxStaleMs) return before;
    throw unavailable();
  }

  return {
    async keyOf(header, token) {
      const known = await usable();
      try {
        return await known.keyOf(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || age(known) < refetchMs) throw error;
        const found = await anew();
        if (found === undefined) throw unavailable();
        return await found.keyOf(header, token);
      }
    },
    async refreshed() {
      if (current === undefined || age(current) < refetchMs) return false;
      return (await anew()) !== undefined;
    },
  };
}

function unavailable(): AskonceError {
  return new AskonceError(
    'admin_unavailable',
    'The keys that check admin tokens cannot be fetched (adminJwksUrl); try again, or use a key.',
  );
}
