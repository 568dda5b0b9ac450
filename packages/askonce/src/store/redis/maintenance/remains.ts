/**
 * What is left in Redis of entries that are gone: vectors of evicted entries, and members of tags' sets.
 *
 * An entry is indexed before it is written. So a member without an entry is removed only if it has none some seconds
 * later either, and has not been written again meanwhile.
 */
import { stay } from '../../../clock.ts';
import type { Remains } from '../../maintenance.ts';
import type { EntryLook } from '../entries/look.ts';
import { failedToDelete } from '../entries/removal.ts';
import { pagesOf } from '../entries/scan.ts';
import { hashTag, keyOfVector, tagSetPattern, vectorKey, vectorPattern } from '../keys.ts';
import { bySlot } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf, wholeOf } from '../server/replies.ts';
import { pages, type Tagged, type TagSets } from '../tags/sets.ts';
import { removeLost, removePast } from './scripts.ts';

export interface RemainsTools {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly sets: TagSets;
  readonly look: EntryLook;
  /** In ms since the epoch: no member counts as past its expiry later than that. */
  readonly now: number;
  readonly dryRun: boolean;
}

/** Longer than any write takes, in ms. */
const delayMs = 5_000;
/** Members that wait to be looked at again. */
const mostSuspects = 20_000;

export async function* lostVectors(tools: RemainsTools): AsyncGenerator<Remains> {
  const { connection, prefix, timeoutMs, dryRun } = tools;
  const { client } = connection;
  for await (const found of pagesOf({ connection, timeoutMs }, vectorPattern(prefix, '*'))) {
    const keys = [...new Set(found.flatMap((key) => keyOfVector(key) ?? []))];
    for (const page of pages(keys, 200)) {
      const replies = await Promise.all(
        bySlot(client, page).map((group) =>
          removeLost.run(client, [...group, ...group.map(vectorKey)], [dryRun ? 1 : 0], timeoutMs),
        ),
      ).catch(failedToDelete);
      for (const reply of replies) yield remainsIn(reply);
    }
  }
}

export async function* lostMembers(tools: RemainsTools): AsyncGenerator<Remains> {
  const { connection, prefix, timeoutMs, sets, look, dryRun } = tools;
  let suspects: { digest: string; tagged: readonly Tagged[] }[] = [];
  let waiting = 0;

  async function goneOf(tagged: readonly Tagged[]): Promise<readonly Tagged[]> {
    const there = new Set(await look.existing(tagged.map(({ key }) => key)));
    return tagged.filter(({ key }) => !there.has(key));
  }

  async function* removed(): AsyncGenerator<Remains> {
    const some = suspects;
    [suspects, waiting] = [[], 0];
    if (some.length === 0) return;
    if (!dryRun) await stay(delayMs);
    for (const { digest, tagged } of some) {
      const gone = dryRun ? tagged : await goneOf(tagged);
      if (!dryRun && gone.length > 0) await sets.remove(digest, gone, timeoutMs);
      yield { count: gone.length, bytes: 0 };
    }
  }

  for await (const keys of pagesOf({ connection, timeoutMs }, tagSetPattern(prefix, 'tag'))) {
    for (const set of new Set(keys)) {
      yield* pastMembers(tools, set);
      const digest = hashTag(set);
      for await (const tagged of sets.walk('own', digest, timeoutMs)) {
        const gone = await goneOf(tagged.filter(({ expires }) => expires > tools.now));
        if (gone.length > 0) suspects.push({ digest, tagged: gone });
        waiting += gone.length;
        if (waiting >= mostSuspects) yield* removed();
        yield { count: 0, bytes: 0 };
      }
    }
  }
  yield* removed();
  for await (const keys of pagesOf({ connection, timeoutMs }, tagSetPattern(prefix, 'added')))
    for (const set of new Set(keys)) yield* pastMembers(tools, set);
}

async function* pastMembers(tools: RemainsTools, set: string): AsyncGenerator<Remains> {
  const { connection, timeoutMs, dryRun, now } = tools;
  for (;;) {
    const remains = remainsIn(
      await removePast.run(connection.client, [set], [now, dryRun ? 1 : 0], timeoutMs),
    );
    yield remains;
    if (dryRun || remains.count === 0) return;
  }
}

function remainsIn(reply: unknown): Remains {
  const [count, bytes] = listOf(reply);
  return { count: wholeOf(count), bytes: wholeOf(bytes) };
}
