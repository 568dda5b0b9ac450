/**
 * How often entries were found, and when last: beside each entry that was found at all, under a key of its own, `HITS LAST`.
 * Gathered in this process, lossy, and written every ten seconds; the key expires with its entry.
 */
import type { Clock } from '../../../clock.ts';
import { Hits } from '../../hits.ts';
import { hashTag, heatKey } from '../keys.ts';
import { bySlot, isReplyError, RedisScript, send } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf, textOf } from '../server/replies.ts';

export interface Heat {
  readonly hits: number;
  /** In ms since the epoch; 0 if it never was found. */
  readonly last: number;
}

export interface RedisHeat {
  note(key: string, now: number): void;
  /** Drops the hits of entries that this process removes, as far as they are not written. */
  forget(keys: readonly string[]): void;
  /** Hits of each entry: those of all processes that are written, and this process's own. */
  of(keys: readonly string[]): Promise<readonly Heat[]>;
  /** Writes what was noted. Never rejects. */
  flush(): Promise<void>;
  close(): void;
}

const writtenEveryMs = 10_000;
const writtenAtOnce = 256;

/**
 * Keys: entries, then their heat. Arguments: hits and last hit of each. An entry in use above is also in use for the server,
 * which evicts others first.
 */
const addHits = new RedisScript(`
local count = #KEYS / 2
for at = 1, count do
  local life = redis.call('PTTL', KEYS[at])
  if life > 0 then
    redis.call('TOUCH', KEYS[at])
    local there = redis.pcall('GET', KEYS[count + at])
    local hits, last = string.match(type(there) == 'string' and there or '', '^(%d+) (%d+)$')
    hits = (tonumber(hits) or 0) + tonumber(ARGV[2 * at - 1])
    last = math.max(tonumber(last) or 0, tonumber(ARGV[2 * at]))
    redis.pcall('SET', KEYS[count + at], string.format('%.0f %.0f', hits, last), 'PX', life)
  end
end
return 1
`);

export const heatScripts = [addHits] as const;

export interface RedisHeatOptions {
  readonly connection: RedisConnection;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

export function redisHeat({ connection, clock, timeoutMs }: RedisHeatOptions): RedisHeat {
  const { client } = connection;
  const noted = new Hits();
  let cancel: (() => void) | undefined;

  async function write(hits: readonly { key: string; hits: number; last: number }[]): Promise<void> {
    const keys = hits.map(({ key }) => key);
    const args = hits.flatMap(({ hits: count, last }) => [count, Math.floor(last)]);
    try {
      await addHits.run(client, [...keys, ...keys.map(heatKey)], args, timeoutMs);
    } catch (error) {
      // A Cluster behind a proxy that looks like one server.
      const slots = isReplyError(error, 'CROSSSLOT')
        ? [...Map.groupBy(hits, ({ key }) => hashTag(key)).values()]
        : [];
      if (slots.length > 1) await Promise.all(slots.map(write));
    }
  }

  async function flush(): Promise<void> {
    cancel?.();
    cancel = undefined;
    const all = noted.drain();
    if (!connection.isReady) return;
    for (let from = 0; from < all.length; from += writtenAtOnce) {
      const some = new Map(all.slice(from, from + writtenAtOnce).map((hit) => [hit.key, hit]));
      const groups = bySlot(client, [...some.keys()]);
      await Promise.all(groups.map((keys) => write(keys.flatMap((key) => some.get(key) ?? []))));
    }
  }

  return {
    note(key, now) {
      noted.note(key, now);
      cancel ??= clock.schedule(() => void flush(), writtenEveryMs);
    },
    forget(keys) {
      for (const key of keys) noted.forget(key);
    },
    async of(keys) {
      const written = new Map<string, Heat>();
      const read = async (group: readonly string[]) => {
        const replies = listOf(await send(client, 'mget', group, timeoutMs));
        for (const [at, key] of group.entries()) written.set(key, heatIn(replies[at]));
      };
      await Promise.all(bySlot(client, keys.map(heatKey)).map(read));
      return keys.map((key) => {
        const { hits, last } = written.get(heatKey(key)) ?? { hits: 0, last: 0 };
        const own = noted.of(key);
        return { hits: hits + (own?.hits ?? 0), last: Math.max(last, own?.last ?? 0) };
      });
    },
    flush,
    close: () => cancel?.(),
  };
}

function heatIn(reply: unknown): Heat {
  const [, hits = '0', last = '0'] =
    reply === null ? [] : (/^(\d{1,15}) (\d{1,15})$/.exec(textOf(reply)) ?? []);
  return { hits: Number(hits), last: Number(last) };
}
