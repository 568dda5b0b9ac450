/** Scripts for a stored entry. Its value begins with its lease and its expiry, 8 bytes each. */
import { readingLease } from '../leases.ts';
import { RedisScript } from '../server/client.ts';

/** Arguments: value, lease, life in ms. Returns 1 if stored. */
const setting = `
local function set(entry)
  local front = redis.call('GETRANGE', entry, 0, 7)
  if #front == 8 then
    local high, low = struct.unpack('>I4I4', front)
    if high * 4294967296 + low > tonumber(ARGV[2]) then return 0 end
  end
  redis.call('SET', entry, ARGV[1], 'PX', ARGV[3])
  return 1
end
`;

/** Stores an entry unless one of a higher lease is present. Key: entry. Arguments: value, lease, life in ms. Replies 1 if stored. */
export const setEntry = new RedisScript(`${setting}
return set(KEYS[1])
`);

/** As `setEntry`, and then releases a lease. Keys: entry, lease. The fourth argument is the token that holds the lease. */
export const setAndRelease = new RedisScript(`${setting}${readingLease}
local is_set = set(KEYS[1])
local held = lease_of(KEYS[2])
if held and held.holder == ARGV[4] then redis.call('DEL', KEYS[2]) end
return is_set
`);

/** Deletes an entry. Key: entry. Replies the eight bytes of its expiry, if there was one. */
export const deleteEntry = new RedisScript(`
local expires = redis.call('GETRANGE', KEYS[1], 8, 15)
redis.call('UNLINK', KEYS[1])
return expires
`);

/** Deletes a value unless another was written meanwhile. Key: entry. Argument: SHA-1 of the value, in hex. */
export const discardEntry = new RedisScript(`
local value = redis.call('GET', KEYS[1])
if value and redis.sha1hex(value) == ARGV[1] then return redis.call('UNLINK', KEYS[1]) end
return 0
`);
