/**
 * Leases in Redis: each under a key beside its entry's, in the same slot, compared and set by scripts.
 *
 * The value of the key is `TOKEN NUMBER LEASE_MS`. The term, less the key's remaining life, is how long the holder has
 * been silent.
 */
import type { LeaseGrant, Leases } from '../shared.ts';
import { type RedisClient, RedisScript } from './server/client.ts';
import { listOf, textOf, unforeseen, wholeOf } from './server/replies.ts';

/** The lease under a key, for scripts. */
const readingLease = `
local function lease_of(key)
  local value = redis.call('GET', key)
  if not value then return nil end
  local holder, number, ms = string.match(value, '^(.*) (%d+) (%d+)$')
  if not holder then return nil end
  return { holder = holder, number = number, ms = tonumber(ms) }
end
`;

/**
 * Takes the lease of an entry (nil if there is none), for scripts: token, lease in ms, the silence in ms after which a holder counts as dead.
 * Returns 1 and the number, or 0, the holder and its silence in ms.
 *
 * The number is the server's time in microseconds, but always above the number of the stored entry (its first eight
 * bytes, big-endian) and above that of the holder that loses the lease, should the server's clock have gone back. Lua
 * counts in doubles, which are exact below 2^53: until the year 2255.
 *
 * A holder that asks again under the same token, because it missed the first reply, still has the lease.
 *
 * A server whose memory is full refuses the first write of a script that needs memory, and none after a write that needs
 * none: with `even_if_full` the lease is deleted before it is set.
 */
export const takingLease = `${readingLease}
local function take(lease, entry, token, ms, dead_after, even_if_full)
  local held = lease_of(lease)
  local above = 0
  if held then
    local silent = math.max(0, held.ms - redis.call('PTTL', lease))
    if held.holder ~= token and silent < dead_after then return { 0, held.holder, silent } end
    above = tonumber(held.number)
  end
  local number
  if held and held.holder == token then
    number = above
  else
    local time = redis.call('TIME')
    number = math.max(time[1] * 1000000 + time[2], above + 1)
    local front = entry and redis.pcall('GETRANGE', entry, 0, 7)
    if type(front) == 'string' and #front == 8 then
      local high = 0
      for place = 1, 8 do high = high * 256 + string.byte(front, place) end
      number = math.max(number, high + 1)
    end
  end
  local text = string.format('%.0f', number)
  if even_if_full then redis.call('DEL', lease) end
  redis.call('SET', lease, token .. ' ' .. text .. ' ' .. string.format('%.0f', ms), 'PX', ms)
  return { 1, text }
end
`;

/** Keys: lease, entry. Arguments: those of `takingLease`, the last as 1 or 0. Replies what that returns. */
const takeLease = new RedisScript(`${takingLease}
return take(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1')
`);

/** Key: lease. Arguments: token, lease in ms. Replies 1 if the token holds the lease. */
const renewLease = new RedisScript(`${readingLease}
local held = lease_of(KEYS[1])
if not held or held.holder ~= ARGV[1] then return 0 end
if held.ms == tonumber(ARGV[2]) then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. held.number .. ' ' .. ARGV[2], 'PX', ARGV[2])
return 1
`);

/** Key: lease. Argument: token. Replies 1 if the token held the lease. */
const releaseLease = new RedisScript(`${readingLease}
local held = lease_of(KEYS[1])
if not held or held.holder ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`);

export interface RedisLeasesOptions {
  readonly client: RedisClient;
  /** Time-out of a command, in ms. */
  readonly timeoutMs: number;
}

/** Scripts that are loaded when the store opens. */
export const leaseScripts = [takeLease, renewLease, releaseLease] as const;

export function redisLeases({ client, timeoutMs }: RedisLeasesOptions): Leases {
  return {
    async take(key, name, token, { leaseMs, deadAfterMs, evenIfFull = false }) {
      const keys = [leaseKey(key, name), key];
      const args = [token, leaseMs, deadAfterMs, evenIfFull ? 1 : 0];
      return grantOf(await takeLease.run(client, keys, args, timeoutMs));
    },
    async renew(key, name, token, leaseMs) {
      return (await renewLease.run(client, [leaseKey(key, name)], [token, leaseMs], timeoutMs)) === 1;
    },
    async release(key, name, token) {
      return (await releaseLease.run(client, [leaseKey(key, name)], [token], timeoutMs)) === 1;
    },
  };
}

export function leaseKey(key: string, name: string): string {
  return name === '' ? `${key}:lease` : `${key}:${name}:lease`;
}

/** The grant in a reply. */
export function grantOf(reply: unknown): LeaseGrant {
  const [isHeld, ...rest] = listOf(reply);
  if (isHeld === 1) return { held: true, number: wholeOf(rest[0]) };
  if (isHeld !== 0) return unforeseen();
  return { held: false, holder: textOf(rest[0]), silentMs: wholeOf(rest[1]) };
}
