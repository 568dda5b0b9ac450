/** Scripts of maintenance. Each examines and removes in one step, so that nothing that was written meanwhile is removed. */
import { heatKeyInScripts } from '../keys.ts';
import { RedisScript } from '../server/client.ts';

/**
 * Keys: entries, then their vectors. Arguments of each entry: the first bytes of its value as it was judged, and its
 * hits as they were read, or `*` if hits do not matter. Replies 1 for each entry that is gone by this, else 0.
 */
export const removeJudged = new RedisScript(`
${heatKeyInScripts}
local count, gone = #KEYS / 2, {}
for at = 1, count do
  local mark, hits = ARGV[2 * at - 1], ARGV[2 * at]
  local is_same = #mark > 0 and redis.pcall('GETRANGE', KEYS[at], 0, #mark - 1) == mark
  if is_same and hits ~= '*' then
    local heat = redis.pcall('GET', heat_of(KEYS[at]))
    local now = type(heat) == 'string' and string.match(heat, '^(%d+) ') or '0'
    is_same = tonumber(now) <= tonumber(hits)
  end
  if is_same then
    redis.call('UNLINK', KEYS[at], KEYS[count + at], heat_of(KEYS[at]))
    gone[at] = 1
  else gone[at] = 0 end
end
return gone
`);

/**
 * Keys: entries, then their vectors. Argument: 1 to count only. Replies the number and the bytes of the vectors that have no
 * entry, or another entry than their own.
 */
export const removeLost = new RedisScript(`
local count, lost, bytes = #KEYS / 2, 0, 0
for at = 1, count do
  local front = redis.pcall('GETRANGE', KEYS[at], 0, 7)
  local vector = KEYS[count + at]
  local belongs = type(front) == 'string' and #front == 8 and redis.pcall('GETRANGE', vector, 0, 7) == front
  if not belongs and redis.call('EXISTS', vector) == 1 then
    local length = redis.pcall('STRLEN', vector)
    lost = lost + 1
    bytes = bytes + #vector + (type(length) == 'number' and length or 0)
    if ARGV[1] ~= '1' then redis.call('UNLINK', vector) end
  end
end
return { lost, bytes }
`);

/** Key: the set of a tag. Arguments: now, 1 to count only. Removes some members past their expiry. Replies their number and bytes. */
export const removePast = new RedisScript(`
if ARGV[2] == '1' then return { redis.call('ZCOUNT', KEYS[1], '-inf', ARGV[1]), 0 } end
local past = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 500)
local bytes = 0
for at = 1, #past do bytes = bytes + #past[at] end
if #past > 0 then redis.call('ZREM', KEYS[1], unpack(past)) end
return { #past, bytes }
`);

export const maintenanceScripts = [removeJudged, removeLost, removePast] as const;
