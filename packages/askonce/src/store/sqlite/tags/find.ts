/**
 * Finds entries in the file by tags, keys and patterns, page by page: each page holds the event loop for some
 * milliseconds. An entry and its tags are written in one transaction, so every search is thorough.
 */
import type { Clock } from '../../../clock.ts';
import { eachDigest, packDigests, unpackDigests } from '../../../entry/digests.ts';
import { AskonceError } from '../../../errors.ts';
import { recentMap } from '../../../recent-map.ts';
import type { EntryFilter, FoundKeys, Scan, TagIndex } from '../../contract.ts';
import { fitOf, keysAtOnce, keyTest, nextTurn } from '../../filter.ts';
import { seenKeys } from '../../seen-keys.ts';
import type { Connection } from '../file/connection.ts';
import type { WriteQueue } from '../write/queue.ts';
import type { Writing } from '../write/writing.ts';
import type { FoundRow } from './reader.ts';

/** A key, and whether it fits only by a tag that was added. */
interface Match {
  readonly key: string;
  readonly isAdded: boolean;
}

/** Says that a search goes on. */
const nothing: FoundKeys = { keys: [], added: [] };

export interface FileTagsOptions {
  readonly queue: WriteQueue;
  readonly connection: Connection;
  readonly writing: Writing;
  readonly clock: Clock;
  /** Pending while the entry of a key is being compressed, and is not in the queue yet. */
  readonly queued: (key: string) => Promise<unknown> | undefined;
  /** Resolves once everything that was accepted is in the file. */
  readonly flush: () => Promise<void>;
}

export interface FileTags extends TagIndex, Pick<Scan, 'keys'> {
  /** The ids of these entries in the file, if a search has found each of them lately. */
  idsOf(keys: readonly string[]): readonly number[] | undefined;
}

/** Keys whose ids are remembered: those of several searches' latest batches. */
const mostIds = 8_192;

export function fileTags(options: FileTagsOptions): FileTags {
  const { queue, connection, writing, clock, queued, flush } = options;
  type Clauses = readonly ReadonlySet<string>[];
  const ids = recentMap<number>(mostIds);

  /** Pages of entries that fit by their own tags. */
  async function* fitting(
    clauses: Clauses,
    shortest: readonly Uint8Array[],
    now: number,
  ): AsyncGenerator<readonly FoundRow[]> {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from: number = after;
      const { rows, next } = connection.demand(({ tags }) => {
        if (clauses.length === 0) return tags.entries(from, now);
        if (clauses.length === 1) return tags.fitting(from, now, shortest);
        return tags.fitting(from, now, shortest, (own) => fitOf(clauses, own, []) === 'own');
      });
      yield rows;
      after = next;
      await nextTurn();
    }
  }

  /** Pages of keys to which a digest of some clause was added. */
  async function* bearing(digests: Uint8Array, now: number): AsyncGenerator<readonly string[]> {
    for (const digest of eachDigest(digests)) {
      for (let after: string | undefined = ''; after !== undefined; ) {
        const from: string = after;
        const keys = connection.demand(({ tags }) => tags.bearers(digest, from, now));
        yield keys;
        after = keys.at(-1);
        await nextTurn();
      }
    }
  }

  /** Those keys that fit, by the entry's own tags or with added ones. */
  function matching(keys: readonly string[], clauses: Clauses, now: number): readonly Match[] {
    return connection.demand(({ tags }) =>
      keys.flatMap((key) => {
        const own = tags.own(key, now);
        const fit = own && fitOf(clauses, own, tags.added(key, now));
        return fit === undefined ? [] : [{ key, isAdded: fit === 'added' }];
      }),
    );
  }

  async function* matches(filter: EntryFilter): AsyncGenerator<readonly Match[]> {
    // Accepted entries that are not in the file yet must be found, too.
    await flush();
    const now = clock.now();
    const isMeant = keyTest(filter);
    const digests = filter.clauses.map(packDigests);
    const clauses = digests.map((packed) => new Set(unpackDigests(packed)));
    if (filter.keys !== undefined) {
      yield matching(filter.keys.filter(isMeant), clauses, now);
      return;
    }
    const [shortest = []] = digests
      .map((packed) => [...eachDigest(packed)])
      .sort((a, b) => a.length - b.length);
    for await (const rows of fitting(clauses, shortest, now)) {
      const meant = rows.filter(({ key }) => isMeant(key));
      for (const { key, id } of meant) ids.set(key, id);
      yield meant.map(({ key }) => ({ key, isAdded: false }));
    }
    for (const packed of digests)
      for await (const keys of bearing(packed, now)) yield matching(keys.filter(isMeant), clauses, now);
  }

  async function* find(filter: EntryFilter): AsyncGenerator<FoundKeys> {
    // An entry that is written again meanwhile may be met a second time.
    const seen = seenKeys();
    for await (const page of matches(filter)) {
      const unmet = new Set(seen.fresh(page.map(({ key }) => key)));
      const fresh = page.filter(({ key }) => unmet.delete(key));
      if (fresh.length === 0) yield nothing;
      for (let from = 0; from < fresh.length; from += keysAtOnce) {
        const batch = fresh.slice(from, from + keysAtOnce);
        const added = batch.filter(({ isAdded }) => isAdded);
        yield { keys: batch.map(({ key }) => key), added: added.map(({ key }) => key) };
      }
    }
  }

  function added(key: string, digests: Uint8Array, expires: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = () =>
        reject(new AskonceError('store_failed', 'The SQLite store could not add a tag to an entry.'));
      if (connection.writer === undefined || !queue.hasRoomFor(digests.length)) return failed();
      writing.add({ type: 'tag', key, digests, expires }, (outcome) =>
        outcome === 'done' ? resolve() : failed(),
      );
    });
  }

  return {
    async add(key, tagDigests, expires) {
      // Tags are added to entries that exist: after the entry, not before it.
      await queued(key);
      await added(key, packDigests(tagDigests), expires);
    },
    find,
    idsOf(keys) {
      const known = keys.flatMap((key) => ids.get(key) ?? []);
      return known.length === keys.length ? known : undefined;
    },
    async *keys(pattern) {
      for await (const { keys } of find({ clauses: [], pattern })) yield keys;
    },
  };
}
