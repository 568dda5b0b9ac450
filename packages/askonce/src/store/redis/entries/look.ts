/** Examines entries without reading them: which of them exist, and their tags. */
import type { Clock } from '../../../clock.ts';
import type { RedisClient, Reply } from '../server/client.ts';
import { bySlot, isReplyError, RedisScript, send } from '../server/client.ts';
import { listOf, unforeseen } from '../server/replies.ts';
import { pages } from '../tags/sets.ts';
import { frontBytes, readFront } from './front.ts';

export interface EntryLookOptions {
  readonly client: RedisClient;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Digests of an entry's own tags, concatenated; undefined if there is no such entry. */
export type OwnTags = Uint8Array | undefined;

/** Fronts that one command reads; each has some hundred bytes. */
const frontsAtOnce = 500;
const readsAtOnce = 4;

/** Keys: entries, of one slot in a Cluster. Replies 1 or 0 for each. */
const areThere = new RedisScript(`
local there = {}
for at, key in ipairs(KEYS) do there[at] = redis.call('EXISTS', key) end
return there
`);

/** Keys: entries, of one slot in a Cluster. Argument: the last byte to read. Replies the front of each value. */
const frontsOf = new RedisScript(`
local fronts = {}
for at, key in ipairs(KEYS) do
  local front = redis.pcall('GETRANGE', key, 0, ARGV[1])
  fronts[at] = type(front) == 'string' and front or ''
end
return fronts
`);

/** Scripts that are loaded when the store opens. */
export const lookScripts = [areThere, frontsOf] as const;

export class EntryLook {
  readonly #options: EntryLookOptions;
  /** True for a Cluster behind a proxy that looks like one server: it takes no script across slots. */
  #refusesSlots = false;

  constructor(options: EntryLookOptions) {
    this.#options = options;
  }

  /** Those of `keys` that have an entry. */
  async existing(keys: readonly string[]): Promise<readonly string[]> {
    const there = await this.#each(keys, areThere, [], (key) => this.#send('exists', [key]));
    return keys.filter((key) => there.get(key) === 1);
  }

  async tagsOf(keys: readonly string[]): Promise<readonly OwnTags[]> {
    const waiting = [...pages(keys, frontsAtOnce).entries()];
    const looks: (readonly OwnTags[])[] = [];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [place, page] = next;
        looks[place] = await this.#tagsOf(page);
      }
    };
    await Promise.all(Array.from({ length: readsAtOnce }, work));
    return looks.flat();
  }

  async #tagsOf(keys: readonly string[]): Promise<readonly OwnTags[]> {
    const last = frontBytes - 1;
    const fronts = await this.#each(keys, frontsOf, [last], (key) => this.#frontOf(key, last));
    const now = this.#options.clock.now();
    return keys.map((key) => {
      const value = fronts.get(key);
      const front = Buffer.isBuffer(value) ? readFront(value) : unforeseen();
      return front !== undefined && front.expires > now ? front.digests : undefined;
    });
  }

  /** Empty, as in the script, if the value is not a string. */
  async #frontOf(key: string, last: number): Promise<Reply> {
    try {
      return await this.#send('getrange', [key, 0, last]);
    } catch (error) {
      if (!isReplyError(error, 'WRONGTYPE')) throw error;
      return Buffer.alloc(0);
    }
  }

  /** A reply for each key: by one script for each slot, or by one command for each key if that is refused. */
  async #each(
    keys: readonly string[],
    script: RedisScript,
    args: readonly number[],
    command: (key: string) => Promise<Reply>,
  ): Promise<ReadonlyMap<string, Reply>> {
    const { client, timeoutMs } = this.#options;
    const replies = new Map<string, Reply>();
    const ask = async (group: readonly string[]) => {
      const answers = await this.#together(group, () => script.run(client, group, args, timeoutMs), command);
      for (const [at, key] of group.entries()) replies.set(key, answers[at]);
    };
    await Promise.all(bySlot(client, keys).map(ask));
    return replies;
  }

  async #together(
    keys: readonly string[],
    script: () => Promise<Reply>,
    command: (key: string) => Promise<Reply>,
  ): Promise<readonly Reply[]> {
    if (keys.length > 1 && !this.#refusesSlots) {
      try {
        return listOf(await script());
      } catch (error) {
        if (!isReplyError(error, 'CROSSSLOT')) throw error;
        this.#refusesSlots = true;
      }
    }
    return await Promise.all(keys.map(command));
  }

  #send(name: string, args: readonly (string | number)[]): Promise<Reply> {
    return send(this.#options.client, name, args, this.#options.timeoutMs);
  }
}
