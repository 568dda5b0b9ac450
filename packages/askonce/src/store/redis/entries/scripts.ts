/**
 * Scripts for a stored entry and its vector. The value of each begins with the entry's lease and its expiry, 8 bytes each,
 * and what writes or deletes one of them does so with the other: no search would find a vector without an entry.
 */
import { heatKeyInScripts } from '../keys.ts';
import { RedisScript } from '../server/client.ts';
import { noVector, sameVector } from '../vectors/value.ts';

/**
 * Stores entries, each unless one of a higher lease is present, and releases the leases on them. Keys of each entry: its
 * own, that of its vector, and that of its lease if it has one. Arguments of each: value, number of its lease, life in ms,
 * the vector's record or what stands for it (`vectors/value.ts`), and the token that holds the lease, or nothing. Replies
 * for each 1 if it is stored, 0 if not, or the server's refusal, which leaves the lease.
 *
 * The entry comes first: a full server that refuses it is asked for nothing more, and one that accepts it refuses nothing
 * that the same script writes next. Should it refuse the vector all the same, the entry is stored without one.
 *
 * Where there was no entry, a vector can only be what an eviction has left: it has another lease, by which readers know it.
 */
export const setEntries = new RedisScript(`
${heatKeyInScripts}
local function set_vector(key, value, life, record, had_entry)
  if record == '${noVector}' then
    if had_entry then redis.call('UNLINK', key) end
  elseif record ~= '${sameVector}' then
    if redis.pcall('SET', key, string.sub(value, 1, 16) .. record, 'PX', life).err then redis.call('UNLINK', key) end
  elseif redis.call('PEXPIRE', key, life) == 1 then
    redis.pcall('SETRANGE', key, 0, string.sub(value, 1, 16))
  end
end
local function set(entry, vector, value, number, life, record)
  local front = redis.pcall('GETRANGE', entry, 0, 7)
  if type(front) == 'table' then return front.err end
  if #front == 8 then
    local high, low = struct.unpack('>I4I4', front)
    if high * 4294967296 + low > tonumber(number) then return 0 end
  end
  local reply = redis.pcall('SET', entry, value, 'PX', life)
  if reply.err then return reply.err end
  set_vector(vector, value, life, record, #front > 0)
  if #front > 0 then redis.call('PEXPIRE', heat_of(entry), life) end
  return 1
end
local function release(lease, token)
  local value = redis.pcall('GET', lease)
  if type(value) == 'string' and string.find(value, token .. ' ', 1, true) == 1 then redis.call('DEL', lease) end
end
local replies, at = {}, 1
for arg = 1, #ARGV, 5 do
  local reply = set(KEYS[at], KEYS[at + 1], ARGV[arg], ARGV[arg + 1], ARGV[arg + 2], ARGV[arg + 3])
  replies[#replies + 1] = reply
  at = at + 2
  if ARGV[arg + 4] ~= '' then
    if type(reply) == 'number' then release(KEYS[at], ARGV[arg + 4]) end
    at = at + 1
  end
end
return replies
`);

/** Deletes an entry. Keys: entry, its vector. Replies the eight bytes of its expiry, if there was one. */
export const deleteEntry = new RedisScript(`
${heatKeyInScripts}
local expires = redis.call('GETRANGE', KEYS[1], 8, 15)
redis.call('UNLINK', KEYS[1], KEYS[2], heat_of(KEYS[1]))
return expires
`);

/** Deletes entries. Keys: the entries, then their vectors; at most 1 000 of each. Replies the number of entries that there were. */
export const deleteEntries = new RedisScript(`
${heatKeyInScripts}
local count, heats = #KEYS / 2, {}
for at = 1, count do heats[at] = heat_of(KEYS[at]) end
redis.call('UNLINK', unpack(heats))
redis.call('UNLINK', unpack(KEYS, count + 1))
return redis.call('UNLINK', unpack(KEYS, 1, count))
`);

/** Deletes a value, with its vector, unless another was written meanwhile. Keys: entry, its vector. Argument: SHA-1 of the value, in hex. */
export const discardEntry = new RedisScript(`
${heatKeyInScripts}
local value = redis.call('GET', KEYS[1])
if not value or redis.sha1hex(value) ~= ARGV[1] then return 0 end
redis.call('UNLINK', KEYS[2], heat_of(KEYS[1]))
return redis.call('UNLINK', KEYS[1])
`);
