/**
 * Tags in Redis: finds the entries that a filter selects, by sets of keys or by examining every entry.
 *
 * The sets are an index, and may be wrong either way: a full server evicts some of them, and deleted entries stay in them
 * until a search passes. So a key is reported only if its entry exists; a caller that must find everything asks for a
 * thorough search.
 */
import type { Clock } from '../../../clock.ts';
import { packDigests, unpackDigests } from '../../../entry/digests.ts';
import type { EntryFilter, FoundKeys, Scan, SearchOptions, TagIndex } from '../../contract.ts';
import { type Fit, keysAtOnce, keyTest } from '../../filter.ts';
import { type SeenKeys, seenKeys } from '../../seen-keys.ts';
import { EntryLook, lookScripts } from '../entries/look.ts';
import type { RedisClient } from '../server/client.ts';
import type { RedisVectors } from '../vectors/vectors.ts';
import { addToTag, removeFromTag } from './scripts.ts';
import { pages, type Tagged, type TagKind, TagSets } from './sets.ts';
import { TagSweep } from './sweep.ts';
import { IndexWrites } from './writes.ts';

export interface RedisTagsOptions {
  readonly client: RedisClient;
  /** First part of every key. */
  readonly prefix: string;
  /** Time limit of a command, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly scan: Scan;
  /** Removes vectors whose entries the server has evicted, which no search of entries finds. */
  readonly removeLostVectors: RedisVectors['removeLost'];
}

/** What the index needs of an entry. */
export interface IndexedEntry {
  readonly key: string;
  readonly tagDigests: readonly string[];
  readonly expires: number;
}

export interface RedisTags extends TagIndex {
  /**
   * Indexes the tags of entries by commands that are sent at once; one promise for each. Runs before the entries are
   * written, so that a search misses no entry.
   */
  index(entries: readonly IndexedEntry[]): readonly Promise<void>[];
  /** What maintenance of the index works on. */
  readonly upkeep: { readonly sets: TagSets; readonly look: EntryLook };
  /** Ends the background sweep. */
  close(): void;
}

/** Scripts that are loaded when the store opens. */
export const tagScripts = [addToTag, removeFromTag, ...lookScripts] as const;

type Clauses = EntryFilter['clauses'];

export function redisTags(options: RedisTagsOptions): RedisTags {
  const { clock, scan, timeoutMs, removeLostVectors } = options;
  const sets = new TagSets(options);
  const look = new EntryLook(options);
  const writes = new IndexWrites(sets, clock, timeoutMs);
  const sweep = new TagSweep({ sets, look, clock, timeoutMs });

  async function* find(filter: EntryFilter, options: SearchOptions = {}): AsyncGenerator<FoundKeys> {
    const release = sweep.hold();
    try {
      yield* search(filter, options);
    } finally {
      release();
    }
  }

  async function* search(
    filter: EntryFilter,
    { thorough = false, checked = false }: SearchOptions,
  ): AsyncGenerator<FoundKeys> {
    const isByLook = thorough || checked;
    const clauses = filter.clauses.map((names) => [...new Set(names)]);
    const isMeant = keyTest(filter);
    const seen = seenKeys();
    yield* tagged(clauses, isMeant, seen, thorough);
    const walked = thorough || filter.keys !== undefined ? undefined : await smallest(clauses);
    for await (const keys of candidates(filter, walked)) {
      const fresh = seen.fresh(keys.filter(isMeant));
      const fits = await (isByLook ? fitsByLook(fresh, clauses) : fitsOfThere(fresh, clauses, walked));
      const found = fresh.filter((_key, at) => fits[at] !== undefined);
      yield { keys: found, added: fresh.filter((_key, at) => fits[at] === 'added') };
    }
    // Their tags are gone with their entries: one of them may be meant.
    if (!thorough) return;
    const { keys } = filter;
    for await (const _page of removeLostVectors(keys === undefined ? { pattern: globOf(filter) } : { keys }))
      yield { keys: [], added: [] };
  }

  /**
   * Keys to which tags of the filter were added. A key without an entry is reported as added: an answer that is being
   * generated for it may already be followed under the tag, and its own tags are unknown. A thorough search finds entries
   * by itself.
   */
  async function* tagged(
    clauses: Clauses,
    isMeant: (key: string) => boolean,
    seen: SeenKeys,
    thorough: boolean,
  ): AsyncGenerator<FoundKeys> {
    const reported = seenKeys();
    for (const digest of new Set(clauses.flat())) {
      for await (const members of sets.walk('added', digest, timeoutMs)) {
        const keys = reported.fresh(live(members).filter(isMeant));
        const fits = thorough ? [] : await fitsBySets(keys, clauses);
        const there = new Set(await look.existing(keys));
        const found = seen.fresh(keys.filter((key, at) => there.has(key) && fits[at] !== undefined));
        const added = keys.filter((key, at) => !there.has(key) || fits[at] === 'added');
        if (found.length + added.length > 0) yield { keys: found, added };
      }
    }
  }

  /** The clause with the fewest entries; undefined if there is no clause. */
  async function smallest(clauses: Clauses): Promise<readonly string[] | undefined> {
    const sizeOf = async (names: readonly string[]) =>
      (await Promise.all(names.map((digest) => sets.size(digest, timeoutMs)))).reduce((a, b) => a + b, 0);
    const sizes = await Promise.all(clauses.map(sizeOf));
    return clauses[sizes.indexOf(Math.min(...sizes))];
  }

  async function* candidates(
    filter: EntryFilter,
    walked: readonly string[] | undefined,
  ): AsyncGenerator<readonly string[]> {
    if (filter.keys !== undefined) {
      yield* pages(filter.keys, keysAtOnce);
    } else if (walked === undefined) {
      yield* scan.keys(globOf(filter));
    } else {
      for (const digest of walked) {
        for await (const members of sets.walk('own', digest, timeoutMs)) {
          sweep.note(digest, members);
          yield live(members);
        }
      }
    }
  }

  function live(tagged: readonly Tagged[]): readonly string[] {
    const now = clock.now();
    return tagged.filter(({ expires }) => expires > now).map(({ key }) => key);
  }

  /** How keys with an entry fit. The walked clause fits already. */
  async function fitsOfThere(
    keys: readonly string[],
    clauses: Clauses,
    walked: readonly string[] | undefined,
  ): Promise<readonly Fit[]> {
    const others = clauses.filter((clause) => clause !== walked);
    const fits = await fitsBySets(keys, others);
    const left = keys.filter((_key, at) => fits[at] !== undefined);
    const there = new Set(await look.existing(left));
    return fits.map((fit, at) => (there.has(keys[at] ?? '') ? fit : undefined));
  }

  /** How keys fit, with or without an entry. */
  async function fitsBySets(keys: readonly string[], clauses: Clauses): Promise<readonly Fit[]> {
    const fits: Fit[] = keys.map(() => 'own');
    for (const clause of clauses) await narrow(fits, keys, clause, await anyLive('own', clause, keys));
    return fits;
  }

  async function fitsByLook(keys: readonly string[], clauses: Clauses): Promise<readonly Fit[]> {
    const looks = (await look.tagsOf(keys)).map((own) => own && new Set(unpackDigests(own)));
    const fits: Fit[] = looks.map((own) => (own === undefined ? undefined : 'own'));
    for (const clause of clauses) {
      const names = unpackDigests(packDigests(clause));
      const has = looks.map((own) => names.some((digest) => own?.has(digest) ?? false));
      await narrow(fits, keys, clause, has);
    }
    return fits;
  }

  /** Removes from `fits` the keys that do not fit a clause, by own or by added tags. */
  async function narrow(
    fits: Fit[],
    keys: readonly string[],
    clause: readonly string[],
    hasOwn: readonly boolean[],
  ): Promise<void> {
    const lacking = [...keys.keys()].filter((at) => fits[at] !== undefined && !hasOwn[at]);
    const added = await anyLive(
      'added',
      clause,
      lacking.map((at) => keys[at] ?? ''),
    );
    for (const [place, at] of lacking.entries()) fits[at] = added[place] === true ? 'added' : undefined;
  }

  /** Whether each key has any of the tags. */
  async function anyLive(
    kind: TagKind,
    digests: readonly string[],
    keys: readonly string[],
  ): Promise<readonly boolean[]> {
    if (keys.length === 0) return [];
    const now = clock.now();
    const has = keys.map(() => false);
    const note = async (digest: string) => {
      const expiries = await sets.expiries(kind, digest, keys, timeoutMs);
      for (const [at, expires = 0] of expiries.entries()) if (expires > now) has[at] = true;
    };
    await Promise.all(digests.map(note));
    return has;
  }

  return {
    index(entries) {
      const indexed = entries.map(({ key, tagDigests, expires }) =>
        writes.add('own', key, tagDigests, expires),
      );
      writes.send();
      return indexed;
    },
    add: (key, tagDigests, expires) => writes.add('added', key, tagDigests, expires),
    find,
    upkeep: { sets, look },
    close: () => sweep.close(),
  };
}

/** The narrowest glob that all keys of a filter match. */
function globOf({ partitions = [], pattern = '*' }: EntryFilter): string {
  const [partition, ...others] = partitions;
  return partition !== undefined && others.length === 0 && pattern === '*' ? `${partition}:*` : pattern;
}
