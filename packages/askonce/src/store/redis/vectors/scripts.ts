/** Scripts for vectors that are read, replaced or removed without their entries. */
import { RedisScript } from '../server/client.ts';

/**
 * Whether a vector belongs to the entry that is there: both begin with the lease under which the entry was stored. A server
 * that must make room evicts an entry and leaves its vector, which then has no entry, or another one that was stored later.
 */
const belongs = `
local function belongs(entry, vector)
  local front = redis.pcall('GETRANGE', entry, 0, 7)
  return type(front) == 'string' and #front == 8 and redis.pcall('GETRANGE', vector, 0, 7) == front
end
`;

/** Keys: entries, then their vectors. Replies the value of each vector, or nil. A vector that an eviction has left is removed. */
export const readVectors = new RedisScript(`
${belongs}
local count, values = #KEYS / 2, {}
for at = 1, count do
  local value = false
  if belongs(KEYS[at], KEYS[count + at]) then value = redis.pcall('GET', KEYS[count + at])
  else redis.call('UNLINK', KEYS[count + at]) end
  values[at] = type(value) == 'string' and value
end
return values
`);

/** Keys: entries, then their vectors. Removes the vectors that an eviction has left. */
export const removeLostVectors = new RedisScript(`
${belongs}
local count = #KEYS / 2
for at = 1, count do
  if not belongs(KEYS[at], KEYS[count + at]) then redis.call('UNLINK', KEYS[count + at]) end
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
