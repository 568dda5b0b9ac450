/** What is done to a kept entry in one step, on the server. The value begins with its lease and its expiry (8 bytes each). */
import { RedisScript } from '../server/client.ts';

/** Unless an entry of a higher lease is there. KEYS: entry; ARGV: value, lease, life in ms. 1 where it was kept. */
export const setEntry = new RedisScript(`
local kept = redis.call('GETRANGE', KEYS[1], 0, 7)
if #kept == 8 then
  local high, low = struct.unpack('>I4I4', kept)
  if high * 4294967296 + low > tonumber(ARGV[2]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1
`);

/** KEYS: entry. Where there was one, the eight bytes that hold its expiry. */
export const deleteEntry = new RedisScript(`
local expires = redis.call('GETRANGE', KEYS[1], 8, 15)
redis.call('UNLINK', KEYS[1])
return expires
`);

/** Unless something else was written meanwhile. KEYS: entry; ARGV: SHA-1 of the value, in hex. */
export const discardEntry = new RedisScript(`
local kept = redis.call('GET', KEYS[1])
if kept and redis.sha1hex(kept) == ARGV[1] then return redis.call('UNLINK', KEYS[1]) end
return 0
`);
