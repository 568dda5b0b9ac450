/**
 * The sets that find entries by tag: one of the entries that were written with the tag, and one of those to which it was
 * added later. Both share a slot, and expire with the last of their members.
 */
import type { Fit } from '../../filter.ts';
import { controlKey } from '../keys.ts';
import type { RedisClient } from '../server/client.ts';
import { send } from '../server/client.ts';
import { listOf, textOf, wholeOf } from '../server/replies.ts';
import { tagMembers } from './member.ts';
import { addToTag, removeFromTag } from './scripts.ts';

/** How an entry got a tag. */
export type TagKind = NonNullable<Fit>;

export interface Tagged {
  readonly key: string;
  /** Expiry of the entry, in ms since the epoch. */
  readonly expires: number;
}

/** An entry as a member of sets. */
export interface TagMember {
  readonly member: Buffer;
  readonly expires: number;
}

export interface TagSetsOptions {
  readonly client: RedisClient;
  readonly prefix: string;
}

const membersAtOnce = 1_000;
/** One write in so many removes expired members. */
const pruneOneIn = 32;

export class TagSets {
  readonly #client: RedisClient;
  readonly #prefix: string;
  readonly #members: ReturnType<typeof tagMembers>;
  #writes = 0;

  constructor({ client, prefix }: TagSetsOptions) {
    this.#client = client;
    this.#prefix = prefix;
    this.#members = tagMembers(`${prefix}:v1:`);
  }

  /** Made once for all tags of an entry. */
  memberOf({ key, expires }: Tagged): TagMember {
    return { member: this.#members.memberOf(key), expires };
  }

  async add(kind: TagKind, digest: string, members: readonly TagMember[], now: number, timeoutMs: number) {
    const own = this.#set('own', digest);
    const keys = kind === 'own' ? [own] : [this.#set(kind, digest), own];
    const adding = pages(members).map((page) => {
      this.#writes += 1;
      const prunes = this.#writes % pruneOneIn === 0 ? 1 : 0;
      const args = [now, prunes, ...scored(page)];
      return addToTag.run(this.#client, keys, args, timeoutMs);
    });
    await Promise.all(adding);
  }

  /** Removes members from a tag's own set, unless they were written again. */
  async remove(digest: string, tagged: readonly Tagged[], timeoutMs: number) {
    const set = this.#set('own', digest);
    await Promise.all(
      pages(tagged).map((page) => {
        const members = page.map((one) => this.memberOf(one));
        return removeFromTag.run(this.#client, [set], scored(members), timeoutMs);
      }),
    );
  }

  /** Number of entries that were written with the tag. */
  async size(digest: string, timeoutMs: number): Promise<number> {
    return wholeOf(await send(this.#client, 'zcard', [this.#set('own', digest)], timeoutMs));
  }

  /** The instant until which each key has the tag; undefined if it does not have it. */
  async expiries(kind: TagKind, digest: string, keys: readonly string[], timeoutMs: number) {
    const args = [this.#set(kind, digest), ...keys.map(this.#members.memberOf)];
    const scores = listOf(await send(this.#client, 'zmscore', args, timeoutMs));
    return scores.map((score) => (score === null ? undefined : Number(textOf(score))));
  }

  /** Walks a set. A member may come twice. */
  async *walk(kind: TagKind, digest: string, timeoutMs: number): AsyncGenerator<readonly Tagged[]> {
    let cursor = '0';
    do {
      const args = [this.#set(kind, digest), cursor, 'COUNT', membersAtOnce];
      const [next, found] = listOf(await send(this.#client, 'zscan', args, timeoutMs));
      cursor = textOf(next);
      yield* pages(this.#taggedOf(listOf(found)));
    } while (cursor !== '0');
  }

  #taggedOf(found: readonly unknown[]): readonly Tagged[] {
    const tagged: Tagged[] = [];
    for (let at = 0; at + 1 < found.length; at += 2) {
      const member = found[at];
      const key = this.#members.keyOf(Buffer.isBuffer(member) ? member : Buffer.from(textOf(member)));
      tagged.push({ key, expires: Number(textOf(found[at + 1])) });
    }
    return tagged;
  }

  #set(kind: TagKind, digest: string): string {
    return controlKey(this.#prefix, digest, kind === 'own' ? 'tag' : 'added');
  }
}

function scored(members: readonly TagMember[]): (number | Buffer)[] {
  const args: (number | Buffer)[] = [];
  for (const { member, expires } of members) args.push(expires, member);
  return args;
}

export function pages<T>(all: readonly T[], size = membersAtOnce): readonly (readonly T[])[] {
  if (all.length <= size) return all.length === 0 ? [] : [all];
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_none, page) => all.slice(page * size, (page + 1) * size));
}
