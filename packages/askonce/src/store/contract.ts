/**
 * What a store is: it keeps entries under keys until they expire or room is needed.
 *
 * A store may fail or be slow; its callers turn that into a miss. It never answers with something that
 * was not put in under that very key, and never with an entry past its expiry.
 */
import type { Awaitable } from '../clock.ts';
import type { Entry } from '../entry/entry.ts';

/** What a store can do beyond keeping entries; a capability that is not listed is absent. */
export type StoreCapability = 'marks' | 'notices' | 'log' | 'tags' | 'scan' | 'leases' | 'following';

/** What became of a write: kept, or why not. `off`: nothing is written under this key now, and what is there stays. */
export type WriteResult = 'stored' | 'too-large' | 'queue-full' | 'expired' | 'superseded' | 'failed' | 'off';

/** Found entries name the tier that had them (`memory`, `sqlite`). */
export interface Found {
  readonly entry: Entry;
  readonly tier: string;
  /**
   * Digests of tags that were added to it (see {@link TagIndex.add}), each with the instant in ms until which that
   * holds; where the tier has them at hand. They take it back as its own do.
   */
  readonly added?: ReadonlyMap<string, number> | undefined;
}

export interface StoreStatistics {
  readonly name: string;
  readonly entries: number;
  /** True where `entries` is an estimate: a server with many keys is asked for some of them. */
  readonly entriesEstimated?: boolean | undefined;
  /** Bytes that count against the bound. */
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  /** Entries removed for want of room. */
  readonly evictions: number;
  /** Entries that could not be read, and were removed. */
  readonly unreadable: number;
  /** Writes that were not kept, by reason. */
  readonly refused: Readonly<Partial<Record<WriteResult, number>>>;
  /** Statistics of the tiers below, fastest first, where the store is a stack. */
  readonly tiers?: readonly StoreStatistics[] | undefined;
}

/**
 * Small named instants that outlive the process (a capability): "this credential was accepted until …".
 * Names are digests, never clear text. Lossy: a lost mark costs a provider call.
 */
export interface Marks {
  /** The instant in ms since the epoch that was last put under `name`, or undefined once it is past. */
  get(name: string): Awaitable<number | undefined>;
  put(name: string, until: number): Awaitable<void>;
  remove(name: string): Awaitable<void>;
}

/**
 * Small named texts that all processes share and that never expire (a capability): run-time flags, proof that all
 * share one secret. At most 64 KiB each.
 */
export interface Notices {
  get(name: string): Promise<string | undefined>;
  /**
   * Puts `text` where nothing is there yet, or just `over`; what is there then. Whoever read `over` and is told another
   * text has been forestalled.
   */
  put(name: string, text: string, over?: string): Promise<string>;
}

/** A row of the invalidation log as the store keeps it. */
export interface LogRow {
  /** Given by the store: 1, 2, 3 …, never twice, and never by a clock. A number may be left out. */
  readonly number: number;
  /** Random; tells two histories apart that gave one number to two rows. */
  readonly id: string;
  /** What was taken back: JSON with keyed digests, never clear text. */
  readonly what: string;
}

/** What one reading of the log gives. */
export interface LogReading {
  /** Random name of this log. Another one than before: the log was lost, and everything older is dead. */
  readonly generation: string;
  /** Highest number given so far; 0 where none was. */
  readonly last: number;
  /** Rows below this number have been let go for want of room: whatever began before it is dead. At least 1. */
  readonly floor: number;
  /** In order. */
  readonly rows: readonly LogRow[];
}

/**
 * The invalidation log as it is kept (a capability). Rejects where the store can't say for sure; never guesses.
 * Its keys have no expiry.
 */
export interface LogStore {
  /** Rows from number `from` on, that one included; at most 1 000 (ask again from the last one). Names the log where it has no name. */
  read(from: number): Promise<LogReading>;
  /** As `read`, at once: present where the log is in this process's own memory. Listeners are then called before `append` resolves. */
  readNow?(from: number): LogReading;
  /**
   * Appends rows in one step, numbered above both `last` and `above` (the highest number that the caller has seen,
   * which is higher than `last` after a fail-over that lost rows). The reading holds just the appended rows.
   * At most `maxLogRows` rows are kept; `floor` tells.
   */
  append(rows: readonly Pick<LogRow, 'id' | 'what'>[], above: number): Promise<LogReading>;
  /** Calls `listener` when somebody, here or elsewhere, has appended. Messages may be lost. The returned function ends it. */
  onAppended(listener: () => void): () => void;
}

/** Rows that a log keeps at most. */
export const maxLogRows = 65_536;

/** Which entries are meant: all of them, or those that fit every clause; a clause fits if any of its names does. */
export interface EntryFilter {
  /** Each clause is a list of digests of tags (see `EntryMeta.tagDigests`), any of which will do. */
  readonly clauses: readonly (readonly string[])[];
  /** Any of these keys. */
  readonly keys?: readonly string[] | undefined;
  /** Keys of any of these partitions, each named as it stands in keys. */
  readonly partitions?: readonly string[] | undefined;
  /** Keys that match this glob (`*` any characters, `?` one, all else as it is), behind `{prefix}:v{major}:`. */
  readonly pattern?: string | undefined;
}

/** One batch of what was found. */
export interface FoundKeys {
  readonly keys: readonly string[];
  /**
   * Those of `keys` that match only by a tag that was added after they were written. Where answers can be followed
   * from elsewhere (`following`) also keys without an entry that a tag of the filter was added to: what is being made
   * for them may be served under that tag already, and will be kept without it.
   */
  readonly added: readonly string[];
}

/** Finds entries by what they are tagged with (a capability). Entries are indexed by the digests in their metadata. */
export interface TagIndex {
  /** Tags an entry further. Resolves once every later `find`, by anybody, sees it; the entry's own metadata stays. */
  add(key: string, tagDigests: readonly string[], expires: number): Awaitable<void>;
  /**
   * Keys of all entries that fit, each once, in batches of at most 1 000. What is written meanwhile may be missed.
   * An empty filter means all entries. `thorough` looks at every entry itself rather than trust an index.
   */
  find(filter: EntryFilter, options?: { readonly thorough?: boolean }): AsyncIterable<FoundKeys>;
}

/** Walks all entries (a capability). */
export interface Scan {
  /** All keys of entries that fit the glob (see `EntryFilter.pattern`; '*' for all), in batches of at most 1 000. A key may come twice. */
  keys(pattern: string): AsyncIterable<readonly string[]>;
}

/** What became of a request for a lease. */
export type LeaseGrant =
  /** `number`: higher than that of every lease before it and of the entry that is kept under the key. */
  | { readonly held: true; readonly number: number }
  /** `holder`: the token of who has it; `silentMs`: for how long that has not renewed it. */
  | { readonly held: false; readonly holder: string; readonly silentMs: number };

/** The right to lead, across processes (a capability). */
export interface Leases {
  /**
   * Asks for the lease `name` of the entry `key`, for `leaseMs`. A holder that has not renewed it for `deadAfterMs`
   * loses it. `token` names the taker: `inbox/random`, where `inbox` is that of {@link Following}.
   */
  take(key: string, name: string, token: string, terms: LeaseTerms): Promise<LeaseGrant>;
  /** False where it is held by somebody else, or by nobody. */
  renew(key: string, name: string, token: string, leaseMs: number): Promise<boolean>;
  /** Gives it back if `token` holds it. */
  release(key: string, name: string, token: string): Promise<boolean>;
}

export interface LeaseTerms {
  readonly leaseMs: number;
  readonly deadAfterMs: number;
}

/** Streams between processes (a capability): what a flight's leader publishes, and others follow. */
export interface Following {
  /** Random name of this process, by which others reach it. */
  readonly inbox: string;
  /** Asks the holder of a lease (its token's inbox) to publish flight `name` of entry `key`. The message may be lost. */
  ask(inbox: string, key: string, name: string): Promise<void>;
  /** Calls `listener` when somebody elsewhere asks this process to publish. The returned function ends it. */
  onAsked(listener: (key: string, name: string) => void): () => void;
  /** Appends frames to the stream `id` of flight `name`, which is gone `expiresMs` later. */
  publish(
    key: string,
    name: string,
    id: string,
    frames: readonly Uint8Array[],
    expiresMs: number,
  ): Promise<void>;
  /**
   * Frames of the stream `id` from the first one on, as they come: each once and in order. Yields an empty list
   * when nothing has come for `idleMs`, or when something has gone wrong, and goes on. Ends when it is left, or the
   * signal aborts.
   */
  follow(
    key: string,
    name: string,
    id: string,
    idleMs: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly Uint8Array[]>;
}

export interface Store {
  /** Short name of the tier, as told in `Cache-Status` (`memory`, `sqlite`). */
  readonly name: string;
  readonly capabilities: ReadonlySet<StoreCapability>;
  get(key: string): Awaitable<Found | undefined>;
  /**
   * As `get`, past the tiers that are this process's own: what the processes share, where one of them may have
   * replaced what is held here. Absent where there are no such tiers.
   */
  getShared?(key: string): Awaitable<Found | undefined>;
  /** One answer a key, in the order of the keys; one round trip. */
  getMany(keys: readonly string[]): Awaitable<readonly (Found | undefined)[]>;
  /** Replaces value and expiry of what was there. Resolves once a `get` on this handle would find it. */
  set(entry: Entry): Awaitable<WriteResult>;
  setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]>;
  /** True where there was such an entry. */
  delete(key: string): Awaitable<boolean>;
  /** How many of these entries there were. Rejects where it is not known that all are gone. */
  deleteMany(keys: readonly string[]): Awaitable<number>;
  /**
   * Tells a durable store of a hit that a tier above it answered, so that what is asked for often is not the first
   * to go for want of room. Lossy; an unknown key is ignored. Absent where the store counts its own hits only.
   */
  noteHit?(key: string): void;
  /** Drops the entries that only this process holds, in memory: called when they can't be believed any more. */
  forget?(): void;
  /**
   * Deletes, of the entries that only this process holds, in memory, those of which `isDead` says so; how many. Looks at
   * a piece at a time, so that the event loop is never held for long. What is put in meanwhile may be missed.
   */
  sweep?(isDead: (found: Found) => boolean): Promise<number>;
  /**
   * True where every read and write of entries ends by itself within a budget: whoever calls such a store does not
   * watch the time, so that what is slow is told once.
   */
  readonly keepsTime?: boolean | undefined;
  /** Each is present exactly when `capabilities` has its name. */
  readonly marks?: Marks | undefined;
  readonly notices?: Notices | undefined;
  readonly log?: LogStore | undefined;
  readonly tags?: TagIndex | undefined;
  readonly scan?: Scan | undefined;
  readonly leases?: Leases | undefined;
  readonly following?: Following | undefined;
  statistics(): Awaitable<StoreStatistics>;
  /** Resolves when everything accepted so far is durable (where the store is durable at all). */
  flush(): Promise<void>;
  /** Flushes and releases everything; a second call does nothing. Calls after it find nothing and keep nothing. */
  close(): Promise<void>;
}
