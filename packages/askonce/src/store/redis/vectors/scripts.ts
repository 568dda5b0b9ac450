/** Scripts for vectors that are read, replaced or removed without their entries. */
import { RedisScript } from '../server/client.ts';

/**
 * Keys: entries, then their vectors. Replies the value of each vector, or nil. A server that must make room evicts an entry
 * and leaves its vector: that is removed.
 */
export const readVectors = new RedisScript(`
local count, values = #KEYS / 2, {}
for at = 1, count do
  local value = false
  if redis.call('EXISTS', KEYS[at]) == 1 then value = redis.pcall('GET', KEYS[count + at])
  else redis.call('UNLINK', KEYS[count + at]) end
  values[at] = type(value) == 'string' and value
end
return values
`);

/** Keys: entries, then their vectors. Removes the vectors without an entry. */
export const removeLostVectors = new RedisScript(`
local count = #KEYS / 2
for at = 1, count do
  if redis.call('EXISTS', KEYS[at]) == 0 then redis.call('UNLINK', KEYS[count + at]) end
end
return 1
`);

/**
 * Keys: an entry, its vector. Arguments: the eight bytes of the lease under which the entry must have been stored, now, the
 * vector's record. Replies 1 if the entry has the vector now.
 */
export const putVector = new RedisScript(`
local front = redis.pcall('GETRANGE', KEYS[1], 0, 15)
if type(front) ~= 'string' or #front < 16 or string.sub(front, 1, 8) ~= ARGV[1] then return 0 end
local life = redis.call('PTTL', KEYS[1])
if life <= 0 or struct.unpack('<d', front, 9) <= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[2], front .. ARGV[3], 'PX', life)
return 1
`);
