/**
 * The contract of a store: entries under keys, until they expire or are evicted.
 *
 * A store may fail or be slow; its callers turn that into a miss. It never answers with an entry that was not set
 * under that very key, and never with an entry past its expiry. A member that is optional here is present if the
 * store has it, and absent otherwise: nothing else declares it.
 */
import type { Awaitable } from '../clock.ts';
import type { Entry, EntryMeta } from '../entry/entry.ts';
import type { RemovalCause } from '../observe/causes.ts';
import type { Browse } from './browse.ts';
import type { StoreMaintenance } from './maintenance.ts';
import type { LeaseGrant, LeaseTerms, SharedServices } from './shared.ts';
import type { Vectors } from './vectors.ts';

/** The result of a write: stored, or why not. `off`: writing is switched off for this key, and its entry stays as it is. */
export type WriteResult = 'stored' | 'too-large' | 'queue-full' | 'expired' | 'superseded' | 'failed' | 'off';

/** An entry that was found, and the tier that had it (`memory`, `sqlite`). */
export interface Found {
  readonly entry: Entry;
  readonly tier: string;
  /**
   * Digests of tags that were added to the entry (see {@link TagIndex.add}), each with the instant in ms until which it
   * holds, if the tier has them in memory. They select the entry as its own tags do.
   */
  readonly added?: ReadonlyMap<string, number> | undefined;
}

export interface StoreStatistics {
  readonly name: string;
  /** When hits, misses, unreadable entries and refusals began to be counted, in ms since the epoch. */
  readonly since?: number | undefined;
  readonly entries: number;
  /** True if `entries` is an estimate: a server with many keys is asked for a sample. */
  readonly entriesEstimated?: boolean | undefined;
  /** Bytes that count against the bound. */
  readonly bytes: number;
  /** The bound of `bytes`; absent if there is none, or if it is not known. */
  readonly maxBytes?: number | undefined;
  readonly hits: number;
  readonly misses: number;
  /** Entries removed to make room. */
  readonly evictions: number;
  /** Entries that could not be read, and were removed. */
  readonly unreadable: number;
  /** Writes that were not stored, by reason. */
  readonly refused: Readonly<Partial<Record<WriteResult, number>>>;
  /** Statistics of the tiers, fastest first, if the store is a stack. */
  readonly tiers?: readonly StoreStatistics[] | undefined;
}

/** Selects entries: all of them, or those that fit every clause; an entry fits a clause by any of its digests. */
export interface EntryFilter {
  /** Each clause is a list of digests of tags (see `EntryMeta.tagDigests`). */
  readonly clauses: readonly (readonly string[])[];
  /** Any of these keys. */
  readonly keys?: readonly string[] | undefined;
  /** Keys of any of these partitions, each written as in the keys. */
  readonly partitions?: readonly string[] | undefined;
  /** Keys that match this glob (`*` any characters, `?` one, everything else literally), after `{prefix}:v{major}:`. */
  readonly pattern?: string | undefined;
}

/** One batch of the keys that a filter selects. */
export interface FoundKeys {
  readonly keys: readonly string[];
  /**
   * Those of `keys` that match only by a tag that was added after they were written. If other processes can follow
   * answers (`SharedServices.following`), also keys without an entry to which a tag of the filter was added: an answer
   * that is being generated for such a key may already be served under that tag, and is stored without it.
   */
  readonly added: readonly string[];
}

export interface SearchOptions {
  /** Reads every entry instead of an index. */
  readonly thorough?: boolean | undefined;
  /** Asks an index, and reads the tags of each entry that it names: none is found that an index names wrongly. */
  readonly checked?: boolean | undefined;
}

export interface DeletionOptions {
  /**
   * The entries are invalid already, and are deleted to make room: what they held need not be overwritten, may take up
   * space for a while although nothing finds it, and a power cut may undo the deletion.
   */
  readonly toMakeRoom?: boolean | undefined;
}

/** Finds entries by their tags. Entries are indexed by the digests in their metadata. */
export interface TagIndex {
  /** Adds tags to an entry; its own metadata stays. Resolves once every later `find`, in any process, sees them. */
  add(key: string, tagDigests: readonly string[], expires: number): Awaitable<void>;
  /**
   * Keys of all entries that fit, each once, in batches of at most 1 000. Entries written meanwhile may be missed.
   * An empty filter selects all entries. A batch may be empty: that says that a long search goes on.
   */
  find(filter: EntryFilter, options?: SearchOptions): AsyncIterable<FoundKeys>;
}

/** An entry that a walk visits. */
export interface WalkedEntry {
  readonly key: string;
  readonly meta: EntryMeta;
  /** How often it was found, by all processes, as far as the store has counted. Absent if the store does not count. */
  readonly hits?: number | undefined;
  /** When it was last found, in ms since the epoch. Absent if that is unknown, or it never was. */
  readonly lastHit?: number | undefined;
}

/** Goes through all entries. */
export interface Scan {
  /** Keys of all entries that match the glob (see `EntryFilter.pattern`; '*' for all), in batches of at most 1 000. A key may come twice. */
  keys(pattern: string): AsyncIterable<readonly string[]>;
  /**
   * All entries with their metadata, in batches of at most 1 000. Counts neither as a hit nor as a miss, and never holds
   * the event loop for long. An entry that is written meanwhile may be missed or come twice; one that cannot be read is
   * left out.
   */
  walk(): AsyncIterable<readonly WalkedEntry[]>;
}

/** The lease on an entry's flight, by its name and the token of its holder (see `Leases`). */
export interface LeaseName {
  readonly name: string;
  readonly token: string;
}

/** A lease that a write releases. */
export interface LeaseToRelease extends LeaseName {
  /** Called once it has been released, or is not held any more. Not called if that is uncertain: the caller releases it. */
  readonly onReleased: () => void;
}

/** What a lookup that takes a lease needs besides the key. */
export interface LeasedLookTerms {
  /** Keys of the entries that are looked up as well. */
  readonly beside: readonly string[];
  /** Undefined if no lease is wanted after all. */
  readonly lease: (LeaseName & LeaseTerms) | undefined;
}

/** The result of a lookup that takes a lease. Neither part waits for the other. */
export interface LeasedLook {
  /** As of `getMany`: the entry, and those beside it unless they were not looked up. */
  readonly found: Awaitable<readonly (Found | undefined)[]>;
  /** Undefined if one of them was there, or no lease was wanted. Comes however late it is granted. */
  readonly lease: Awaitable<LeaseGrant | undefined>;
}

/** Without those by which a caller removes entries, who knows their keys. */
export type OwnRemovalCause = Exclude<RemovalCause, 'invalidated' | 'maintained'>;

export type OnRemoved = (keys: readonly string[], cause: OwnRemovalCause) => void;

export interface Store {
  /** Short name of the tier, as it appears in `Cache-Status` (`memory`, `sqlite`). */
  readonly name: string;
  get(key: string): Awaitable<Found | undefined>;
  /** One answer for each key, in the order of the keys; one round trip. */
  getMany(keys: readonly string[]): Awaitable<readonly (Found | undefined)[]>;
  /**
   * Replaces the value and the expiry. Resolves once a `get` on this handle would find the entry. A store with a queue
   * waits for room in it: a caller that awaits each write loses none. The writes that wait are bounded as well, and
   * `queue-full` is the result of one beyond them; `close` ends every wait by `failed`.
   */
  set(entry: Entry): Awaitable<WriteResult>;
  /** As many calls of `set` that are awaited one after another: however many entries there are, none is `queue-full`. */
  setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]>;
  /** True if there was an entry. */
  delete(key: string): Awaitable<boolean>;
  /** The number of these entries that there were. Rejects if it is not certain that all are gone. */
  deleteMany(keys: readonly string[], options?: DeletionOptions): Awaitable<number>;
  statistics(): Awaitable<StoreStatistics>;
  /** Resolves once every accepted write is durable, if the store is durable at all. */
  flush(): Promise<void>;
  /** Flushes and releases everything; a second call does nothing. Later calls find nothing and store nothing. */
  close(): Promise<void>;

  readonly tags?: TagIndex | undefined;
  readonly scan?: Scan | undefined;
  /** Pages of entries. */
  readonly browse?: Browse | undefined;
  /** Vectors beside entries. Where they are absent, they are found in the metadata of a {@link Scan.walk}. */
  readonly vectors?: Vectors | undefined;
  /** Removal of what is not worth its space. */
  readonly maintenance?: StoreMaintenance | undefined;
  /** What processes share besides entries. */
  readonly shared?: SharedServices | undefined;

  /**
   * Reads and writes of entries end within this many ms, by a failure if need be. Absent if they may take longer:
   * then the caller limits the time.
   */
  readonly budgetMs?: number | undefined;
  /** As `get`, past the tiers that belong to this process: another process may have replaced their entries. Only in stacks. */
  getShared?(key: string): Awaitable<Found | undefined>;
  /** The tier that `getShared` reads, as an entry names it that was found there. Present with `getShared`. */
  readonly sharedTier?: string | undefined;
  /**
   * Looks up the entry `key` and those beside it, and takes the lease on the flight of `key` if none of them is there,
   * all in one round trip and one step: nothing can be stored between the look and the lease. Entries that lie elsewhere
   * than `key` may be looked up in a step of their own. `terms` is called only if they are needed: an entry in memory
   * needs none. Present if leases lie beside entries.
   */
  lookAndLease?(key: string, terms: () => LeasedLookTerms): LeasedLook;
  /**
   * As `set`, and releases the lease in the same round trip, so that it is not free before the entry is there. Present with
   * `lookAndLease`.
   */
  setAndRelease?(entry: Entry, lease: LeaseToRelease): Awaitable<WriteResult>;
  /**
   * Reports to a durable store a hit that a tier above it answered, so that an entry in frequent use is not evicted
   * first. Lossy; an unknown key is ignored.
   */
  noteHit?(key: string): void;
  /** Drops the entries that only this process holds, in memory, once they can no longer be trusted. */
  forget?(): void;
  /**
   * Calls `listener` with the keys of entries that this handle has removed by itself, soon after: to make room, past
   * their expiry, or because they could not be read. What the caller asks for is not reported (`delete`, `sweep`,
   * `forget`), nor what other processes or a server remove, nor what is lost with a damaged file. A store that knows
   * which entry a write replaces reports that before the write resolves. A key may have an entry again by the time that
   * it is reported; an absent report costs derived data a useless entry, never a wrong answer. Returns the
   * unsubscription.
   */
  onRemoved?(listener: OnRemoved): () => void;
  /**
   * Calls `listener` whenever the store has a reason to believe that it can be used again: its driver has connected
   * anew, or knows of a new master. A breaker then tries it at once. Returns the unsubscription.
   */
  onRecovered?(listener: () => void): () => void;
  /** Whether there is an entry, without counting as a use of it. Present if that needs no waiting. */
  holds?(key: string): boolean;
  /**
   * Deletes the entries in this process's memory for which `isDead` is true, and returns their number. Works in pieces,
   * so that the event loop is never held for long. Entries written meanwhile may be missed.
   */
  sweep?(isDead: (found: Found) => boolean): Promise<number>;
}
