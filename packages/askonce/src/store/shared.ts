/**
 * The contracts of the shared services: what processes that use one store share besides its entries.
 *
 * Presence says what a store has. A store that wraps another passes the object on as a whole.
 */
import type { Awaitable } from '../clock.ts';

export interface SharedServices {
  /** The invalidation log. */
  readonly log?: LogStore | undefined;
  /** What the semantic tiers of all processes report to each other: a log of its own, which may lose its oldest rows sooner. */
  readonly feed?: LogStore | undefined;
  readonly leases?: Leases | undefined;
  readonly following?: Following | undefined;
  readonly notices?: Notices | undefined;
  readonly marks?: Marks | undefined;
}

/** A row of a log. */
export interface LogRow {
  /** Assigned by the store: 1, 2, 3 …, never twice and never by a clock. Numbers may be skipped. */
  readonly number: number;
  /** Random; distinguishes two histories that assigned one number to two rows. */
  readonly id: string;
  /** JSON with keyed digests, keys and ids, never clear text: in the invalidation log the selector. */
  readonly what: string;
}

/** The result of one read of the log. */
export interface LogReading {
  /** Random name of this log. If it changes, the log was lost and every older entry is dead. */
  readonly generation: string;
  /** Highest number assigned so far; 0 if there is none. */
  readonly last: number;
  /** Rows below this number were dropped to make room: every answer that began before it is dead. At least 1. */
  readonly floor: number;
  /** In ascending order. */
  readonly rows: readonly LogRow[];
}

/** Storage of a log. Rejects if the store cannot be certain; never guesses. Its keys do not expire. */
export interface LogStore {
  /** At most 1 000 rows from number `from` on, inclusive; read on from the last of them. Names a log that has no name. */
  read(from: number): Promise<LogReading>;
  /** As `read`, synchronously. Present if the log is in this process's memory; listeners then run before `append` resolves. */
  readNow?(from: number): LogReading;
  /**
   * Appends rows in one step, numbered above both `last` and `above` (the highest number that the caller has seen,
   * which exceeds `last` after a fail-over that lost rows). The reading holds only the appended rows. The log holds at
   * most `maxLogRows` rows (the feed: `maxFeedRows`); `floor` reports those that were dropped.
   */
  append(rows: readonly Pick<LogRow, 'id' | 'what'>[], above: number): Promise<LogReading>;
  /** Calls `listener` after an append, by any process. Messages may be lost. Returns the unsubscription. */
  onAppended(listener: () => void): () => void;
}

/** Most rows that the invalidation log holds. */
export const maxLogRows = 65_536;
/** Most rows that the feed holds: a process that falls behind further reads everything anew. */
export const maxFeedRows = 8_192;

export type LeaseGrant =
  /** `number` is higher than that of every earlier lease and of the entry under the key. */
  | { readonly held: true; readonly number: number }
  /** `holder` is the token of the lease's holder, which has not renewed it for `silentMs`. */
  | { readonly held: false; readonly holder: string; readonly silentMs: number };

export interface LeaseTerms {
  readonly leaseMs: number;
  readonly deadAfterMs: number;
  /** Whether a store without memory for writes grants it all the same: for what frees memory. Default false. */
  readonly evenIfFull?: boolean | undefined;
}

/** Leases: the right to lead a flight, across processes. */
export interface Leases {
  /**
   * Takes the lease `name` of the entry `key` for `leaseMs`, if it is free or its holder has not renewed it for
   * `deadAfterMs`. `token` identifies the holder: `inbox/random`, where `inbox` is that of {@link Following}.
   */
  take(key: string, name: string, token: string, terms: LeaseTerms): Promise<LeaseGrant>;
  /** False if `token` no longer holds the lease. */
  renew(key: string, name: string, token: string, leaseMs: number): Promise<boolean>;
  /** Frees the lease if `token` holds it; whether it did. */
  release(key: string, name: string, token: string): Promise<boolean>;
}

/** Streams between processes: a flight's leader publishes, and other processes follow. */
export interface Following {
  /** Random name of this process, by which others reach it. */
  readonly inbox: string;
  /** Asks the holder of a lease (by its token's inbox) to publish flight `name` of entry `key`. The message may be lost. */
  ask(inbox: string, key: string, name: string): Promise<void>;
  /** Calls `listener` when another process asks this one to publish. Returns the unsubscription. */
  onAsked(listener: (key: string, name: string) => void): () => void;
  /** Appends frames to the stream `id` of flight `name`, which expires `expiresMs` later. */
  publish(
    key: string,
    name: string,
    id: string,
    frames: readonly Uint8Array[],
    expiresMs: number,
  ): Promise<void>;
  /**
   * Frames of the stream `id` from the first one on, as they arrive: each once and in order. Yields an empty list
   * after `idleMs` without a frame, or after a failure, and continues. Ends when the caller leaves it or the signal
   * aborts.
   */
  follow(
    key: string,
    name: string,
    id: string,
    idleMs: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly Uint8Array[]>;
}

/** Notices: small named texts that never expire, for flags and for the proof of a common secret. At most 64 KiB each. */
export interface Notices {
  get(name: string): Promise<string | undefined>;
  /**
   * Sets `text` if there is no text yet or the present text is `over`. Returns the text that is then present: another
   * text than `text` means that another process was faster.
   */
  put(name: string, text: string, over?: string): Promise<string>;
}

/**
 * Marks: small named instants that outlive the process, such as "this credential was accepted until …". Names are
 * digests, never clear text. Lossy: a lost mark costs a provider call.
 */
export interface Marks {
  /** The instant in ms since the epoch that was last put under `name`, or undefined once it is past. */
  get(name: string): Awaitable<number | undefined>;
  put(name: string, until: number): Awaitable<void>;
  remove(name: string): Awaitable<void>;
}
