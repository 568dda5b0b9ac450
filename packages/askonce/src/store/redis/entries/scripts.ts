/** Scripts for a stored entry. Its value begins with its lease and its expiry, 8 bytes each. */
import { RedisScript } from '../server/client.ts';

/**
 * Stores entries, each unless one of a higher lease is present, and releases the leases on them. Keys of each entry: its
 * own, and that of its lease if it has one. Arguments of each: value, number of its lease, life in ms, and the token that
 * holds the lease, or nothing. Replies for each 1 if it is stored, 0 if not, or the server's refusal, which leaves the
 * lease.
 */
export const setEntries = new RedisScript(`
local function set(entry, value, number, life)
  local front = redis.pcall('GETRANGE', entry, 0, 7)
  if type(front) == 'table' then return front.err end
  if #front == 8 then
    local high, low = struct.unpack('>I4I4', front)
    if high * 4294967296 + low > tonumber(number) then return 0 end
  end
  local reply = redis.pcall('SET', entry, value, 'PX', life)
  return reply.err or 1
end
local function release(lease, token)
  local value = redis.pcall('GET', lease)
  if type(value) == 'string' and string.find(value, token .. ' ', 1, true) == 1 then redis.call('DEL', lease) end
end
local replies, at = {}, 1
for arg = 1, #ARGV, 4 do
  local reply = set(KEYS[at], ARGV[arg], ARGV[arg + 1], ARGV[arg + 2])
  replies[#replies + 1] = reply
  at = at + 1
  if ARGV[arg + 3] ~= '' then
    if type(reply) == 'number' then release(KEYS[at], ARGV[arg + 3]) end
    at = at + 1
  end
end
return replies
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
