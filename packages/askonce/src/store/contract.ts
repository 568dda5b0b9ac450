/**
 * What a store is: it keeps entries under keys until they expire or room is needed.
 *
 * A store may fail or be slow; its callers turn that into a miss. It never answers with something that
 * was not put in under that very key, and never with an entry past its expiry.
 */
import type { Entry } from '../entry/entry.ts';

/** A value now where the store has it at hand, else a promise; awaiting either is right. */
export type Awaitable<T> = T | Promise<T>;

/** What a store can do beyond keeping entries; a capability that is not listed is absent. */
export type StoreCapability = 'marks';

/** What became of a write: kept, or why not. */
export type WriteResult = 'stored' | 'too-large' | 'queue-full' | 'expired' | 'superseded' | 'failed';

/** Found entries name the tier that had them (`memory`, `sqlite`). */
export interface Found {
  readonly entry: Entry;
  readonly tier: string;
}

export interface StoreStatistics {
  readonly name: string;
  readonly entries: number;
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

export interface Store {
  /** Short name of the tier, as told in `Cache-Status` (`memory`, `sqlite`). */
  readonly name: string;
  readonly capabilities: ReadonlySet<StoreCapability>;
  get(key: string): Awaitable<Found | undefined>;
  /** One answer a key, in the order of the keys; one round trip. */
  getMany(keys: readonly string[]): Awaitable<readonly (Found | undefined)[]>;
  /** Replaces value and expiry of what was there. Resolves once a `get` on this handle would find it. */
  set(entry: Entry): Awaitable<WriteResult>;
  setMany(entries: readonly Entry[]): Awaitable<readonly WriteResult[]>;
  /** True where there was such an entry. */
  delete(key: string): Awaitable<boolean>;
  /**
   * Tells a durable store of a hit that a tier above it answered, so that what is asked for often is not the first
   * to go for want of room. Lossy; an unknown key is ignored. Absent where the store counts its own hits only.
   */
  noteHit?(key: string): void;
  /** Present exactly when `capabilities` has `marks`. */
  readonly marks?: Marks | undefined;
  statistics(): Awaitable<StoreStatistics>;
  /** Resolves when everything accepted so far is durable (where the store is durable at all). */
  flush(): Promise<void>;
  /** Flushes and releases everything; a second call does nothing. Calls after it find nothing and keep nothing. */
  close(): Promise<void>;
}
