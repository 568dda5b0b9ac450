/** Scripts for the set of a tag, whose members are entries and whose scores are the instants of their expiry. */
import { RedisScript } from '../server/client.ts';

/**
 * Key: the set. Arguments: now, whether to remove expired members, then score and member of each; at most 1 000 members.
 * The set lives as long as the last of its members.
 *
 * With a second key, the first is the set of entries that the tag was added to, and the second the set of entries that
 * were written with it. An entry that is added does not have the tag of its own: a member of the other set belongs to an
 * entry that has since been replaced, and would hide that this one must be reported as added. Scores only rise.
 */
export const addToTag = new RedisScript(`
local set, now = KEYS[1], tonumber(ARGV[1])
local latest = 0
local members = {}
for at = 3, #ARGV do members[at - 2] = ARGV[at] end
for at = 3, #ARGV, 2 do latest = math.max(latest, tonumber(ARGV[at])) end
if KEYS[2] then
  redis.call('ZADD', set, 'GT', unpack(members))
  for at = 4, #ARGV, 2 do redis.call('ZREM', KEYS[2], ARGV[at]) end
else
  redis.call('ZADD', set, unpack(members))
end
local life = math.ceil(latest - now)
if redis.call('PTTL', set) < life then redis.call('PEXPIRE', set, string.format('%.0f', life)) end
if ARGV[2] == '1' then
  local past = redis.call('ZRANGEBYSCORE', set, '-inf', ARGV[1], 'LIMIT', 0, 500)
  if #past > 0 then redis.call('ZREM', set, unpack(past)) end
end
return 1
`);

/**
 * Key: the set. Arguments: score and member of each; at most 1 000. A member whose score has changed was written again,
 * and stays.
 */
export const removeFromTag = new RedisScript(`
for at = 1, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[at + 1])
  if score and tonumber(score) == tonumber(ARGV[at]) then redis.call('ZREM', KEYS[1], ARGV[at + 1]) end
end
return 1
`);
