/** Leases in Redis: each under a key beside its entry's, in the same slot, compared and set by scripts. */
import type { LeaseGrant, Leases } from '../contract.ts';
import type { RedisClient } from './client.ts';
import { releaseLease, renewLease, takeLease } from './lease-scripts.ts';
import { listOf, textOf, unforeseen, wholeOf } from './replies.ts';

export interface RedisLeasesOptions {
  readonly client: RedisClient;
  /** Time-out of a command, in ms. */
  readonly timeoutMs: number;
}

/** What must be loaded when the store opens. */
export const leaseScripts = [takeLease, renewLease, releaseLease] as const;

export function redisLeases({ client, timeoutMs }: RedisLeasesOptions): Leases {
  return {
    async take(key, name, token, { leaseMs, deadAfterMs }) {
      const keys = [leaseKey(key, name), key];
      return grantOf(await takeLease.run(client, keys, [token, leaseMs, deadAfterMs], timeoutMs));
    },
    async renew(key, name, token, leaseMs) {
      return (await renewLease.run(client, [leaseKey(key, name)], [token, leaseMs], timeoutMs)) === 1;
    },
    async release(key, name, token) {
      return (await releaseLease.run(client, [leaseKey(key, name)], [token], timeoutMs)) === 1;
    },
  };
}

function leaseKey(key: string, name: string): string {
  return name === '' ? `${key}:lease` : `${key}:${name}:lease`;
}

function grantOf(reply: unknown): LeaseGrant {
  const [isHeld, ...told] = listOf(reply);
  if (isHeld === 1) return { held: true, number: wholeOf(told[0]) };
  if (isHeld !== 0) return unforeseen();
  return { held: false, holder: textOf(told[0]), silentMs: wholeOf(told[1]) };
}
