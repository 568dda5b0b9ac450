/** A look at entries: which of them are there, and what they are tagged with. */
import type { Clock } from '../../clock.ts';
import type { Entry } from '../../entry/entry.ts';
import type { Awaitable } from '../contract.ts';
import type { RedisClient } from './client.ts';
import { bySlot, isReplyError, RedisScript, send } from './client.ts';
import { listOf } from './replies.ts';
import { pages } from './tag-sets.ts';

export interface EntryLookOptions {
  readonly client: RedisClient;
  readonly clock: Clock;
  readonly timeoutMs: number;
  decode(key: string, value: Buffer): Awaitable<Entry | undefined>;
}

/** Digests of an entry's own tags; undefined where there is no such entry, or none any more. */
export type OwnTags = readonly string[] | 'unreadable' | undefined;

/** Values that are read at once: they are of 1 MB at most, and of some KB as a rule. */
const valuesAtOnce = 50;
const readsAtOnce = 4;

/** Keys: entries, of one slot in a Cluster. Replies 1 or 0 for each. */
export const areThere = new RedisScript(`
local there = {}
for at, key in ipairs(KEYS) do there[at] = redis.call('EXISTS', key) end
return there
`);

export class EntryLook {
  readonly #options: EntryLookOptions;
  /** A Cluster that looks like one server takes no script across slots. */
  #refusesSlots = false;

  constructor(options: EntryLookOptions) {
    this.#options = options;
  }

  /** Those of `keys` that have an entry. */
  async existing(keys: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(bySlot(this.#options.client, keys).map((group) => this.#existing(group)));
    return found.flat();
  }

  async #existing(keys: readonly string[]): Promise<readonly string[]> {
    const { client, timeoutMs } = this.#options;
    if (keys.length > 1 && !this.#refusesSlots) {
      try {
        const replies = listOf(await areThere.run(client, keys, [], timeoutMs));
        return keys.filter((_key, at) => replies[at] === 1);
      } catch (error) {
        if (!isReplyError(error, 'CROSSSLOT')) throw error;
        this.#refusesSlots = true;
      }
    }
    const replies = await Promise.all(keys.map((key) => send(client, 'exists', [key], timeoutMs)));
    return keys.filter((_key, at) => replies[at] === 1);
  }

  async tagsOf(keys: readonly string[]): Promise<readonly OwnTags[]> {
    const waiting = [...pages(keys, valuesAtOnce).entries()];
    const looks: (readonly OwnTags[])[] = [];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [place, page] = next;
        looks[place] = await this.#page(page);
      }
    };
    await Promise.all(Array.from({ length: readsAtOnce }, work));
    return looks.flat();
  }

  async #page(keys: readonly string[]): Promise<readonly OwnTags[]> {
    const { client, timeoutMs } = this.#options;
    const values = new Map<string, unknown>();
    const read = async (group: readonly string[]) => {
      const replies = listOf(await send(client, 'mget', group, timeoutMs));
      for (const [at, key] of group.entries()) values.set(key, replies[at]);
    };
    await Promise.all(bySlot(client, keys).map(read));
    return await Promise.all(keys.map((key) => this.#tags(key, values.get(key))));
  }

  async #tags(key: string, value: unknown): Promise<OwnTags> {
    if (!Buffer.isBuffer(value)) return undefined;
    const entry = await this.#options.decode(key, value);
    if (entry === undefined) return 'unreadable';
    return entry.meta.expires > this.#options.clock.now() ? (entry.meta.tagDigests ?? []) : undefined;
  }
}
