/**
 * Tags in Redis: which entries a filter means, by sets of keys, or by a look at every entry.
 *
 * The sets are an index, and may be wrong on either side: a server that is full forgets some of them, and what was
 * deleted stays in them until somebody comes by. So a key is told only where its entry is there; and who must find
 * everything asks for a thorough search.
 */
import type { Clock } from '../../clock.ts';
import type { Entry } from '../../entry/entry.ts';
import type { Awaitable, EntryFilter, FoundKeys, Scan, TagIndex } from '../contract.ts';
import { type Fit, keysAtOnce, keyTest } from '../filter.ts';
import type { RedisClient } from './client.ts';
import { areThere, EntryLook } from './entry-look.ts';
import { IndexWrites } from './index-writes.ts';
import { SeenKeys } from './seen-keys.ts';
import { addToTag, removeFromTag } from './tag-scripts.ts';
import { pages, type TagKind, TagSets } from './tag-sets.ts';
import { TagSweep } from './tag-sweep.ts';

export interface RedisTagsOptions {
  readonly client: RedisClient;
  /** First part of every key. */
  readonly prefix: string;
  /** Time-out of a command that belongs to a request, in ms. */
  readonly budgetMs: number;
  /** Time-out of a command that looks for entries, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly scan: Scan;
  /** Reads what stands under a key; undefined where it cannot be read. */
  decode(key: string, value: Buffer): Awaitable<Entry | undefined>;
}

export interface RedisTags extends TagIndex {
  /** Notes an entry's tags; called before it is written, so that who finds all there is finds this one. */
  index(entry: Entry): Promise<void>;
  /** Ends what goes on behind. */
  close(): void;
}

/** What must be loaded when the store opens. */
export const tagScripts = [addToTag, removeFromTag, areThere] as const;

/** Keys that may be meant. */
interface Candidates {
  readonly keys: readonly string[];
  /** How all of them came by a tag of the clause that was walked. */
  readonly kind?: TagKind;
}

type Clauses = EntryFilter['clauses'];

const kinds = ['own', 'added'] as const;

export function redisTags(options: RedisTagsOptions): RedisTags {
  const { clock, scan, budgetMs, timeoutMs } = options;
  const sets = new TagSets(options);
  const look = new EntryLook(options);
  const writes = new IndexWrites(sets, clock, budgetMs);
  const sweep = new TagSweep({ sets, look, clock, timeoutMs });

  async function* find(filter: EntryFilter, { thorough = false } = {}): AsyncGenerator<FoundKeys> {
    const clauses = filter.clauses.map((names) => [...new Set(names)]);
    const walked = thorough || filter.keys !== undefined ? undefined : await smallest(clauses);
    const isMeant = keyTest(filter);
    const seen = new SeenKeys();
    for await (const { keys, kind } of candidates(filter, walked)) {
      const fresh = seen.fresh(keys.filter(isMeant));
      const fits = await (thorough ? fitsByLook(fresh, clauses) : fitsBySets(fresh, clauses, walked, kind));
      const found = fresh.filter((_key, at) => fits[at] !== undefined);
      if (found.length > 0) yield { keys: found, added: fresh.filter((_key, at) => fits[at] === 'added') };
    }
  }

  /** The clause with the fewest entries; undefined where there is no clause. */
  async function smallest(clauses: Clauses): Promise<readonly string[] | undefined> {
    const sizeOf = async (names: readonly string[]) =>
      (await Promise.all(names.map((digest) => sets.size(digest, timeoutMs)))).reduce((a, b) => a + b, 0);
    const sizes = await Promise.all(clauses.map(sizeOf));
    return clauses[sizes.indexOf(Math.min(...sizes))];
  }

  async function* candidates(
    { keys, pattern = '*' }: EntryFilter,
    walked: readonly string[] | undefined,
  ): AsyncGenerator<Candidates> {
    if (keys !== undefined) {
      for (const page of pages(keys, keysAtOnce)) yield { keys: page };
    } else if (walked === undefined) {
      for await (const page of scan.keys(pattern)) yield { keys: page };
    } else {
      // Those that have the tag of their own first, so that only the others are told as having it added.
      for (const kind of kinds) for (const digest of walked) yield* walk(kind, digest);
    }
  }

  async function* walk(kind: TagKind, digest: string): AsyncGenerator<Candidates> {
    for await (const tagged of sets.walk(kind, digest, timeoutMs)) {
      sweep.note(kind, digest, tagged);
      const now = clock.now();
      yield { kind, keys: tagged.filter(({ expires }) => expires > now).map(({ key }) => key) };
    }
  }

  /** Of those that are there. The walked clause fits already. */
  async function fitsBySets(
    keys: readonly string[],
    clauses: Clauses,
    walked: readonly string[] | undefined,
    kind: TagKind = 'own',
  ): Promise<readonly Fit[]> {
    const others = clauses.filter((clause) => clause !== walked);
    const fits: Fit[] = keys.map(() => kind);
    for (const clause of others) await narrow(fits, keys, clause, await anyLive('own', clause, keys));
    const left = keys.filter((_key, at) => fits[at] !== undefined);
    const there = new Set(await look.existing(left));
    return fits.map((fit, at) => (there.has(keys[at] ?? '') ? fit : undefined));
  }

  /** What cannot be read may be meant by any clause: it is of no use to anybody, and nobody can say whose it was. */
  async function fitsByLook(keys: readonly string[], clauses: Clauses): Promise<readonly Fit[]> {
    const looks = await look.tagsOf(keys);
    const fits: Fit[] = looks.map((own) => (own === undefined ? undefined : 'own'));
    for (const clause of clauses) {
      const names = new Set(clause);
      const has = looks.map(
        (own) => own === 'unreadable' || (own?.some((digest) => names.has(digest)) ?? false),
      );
      await narrow(fits, keys, clause, has);
    }
    return fits;
  }

  /** Takes out of `fits` what does not fit a clause, by its own tags or by those that were added. */
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

  /** Whether each key has any of these tags. */
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
    index: ({ key, meta: { tagDigests = [], expires } }) => writes.add('own', key, tagDigests, expires),
    add: (key, tagDigests, expires) => writes.add('added', key, tagDigests, expires),
    find,
    close: () => sweep.close(),
  };
}
