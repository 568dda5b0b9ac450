/** The messages between the store's thread and the writer's thread. */
import type { FileSettings, Opened, Refused } from '../../../sqlite-file/open.ts';
import type { LogReading, LogRow } from '../../shared.ts';
import type { JudgedRow } from '../maintenance/writer.ts';

/** The vector of an entry that is written, as a record (`store/vector-record.ts`). `stays`: that of the entry before. */
export type OwnVector = Uint8Array | 'stays' | undefined;

/** An entry to be written, the digests of its tags, and its vector. */
interface Put<Digests> {
  readonly type: 'put';
  readonly key: string;
  readonly value: Uint8Array;
  readonly digests: Digests;
  readonly vector: OwnVector;
  readonly lease: number;
  readonly created: number;
  readonly expires: number;
}

/** One change to the file, as the store's thread has it. */
export type Operation = Put<readonly string[]> | OtherOperation;

/** A log in the file: the invalidation log, or the feed. */
export type LogName = 'log' | 'feed';

/** As the writer's thread has it, with the digests packed. */
export type FileOperation = Put<Uint8Array> | OtherOperation;

/** As it is sent from the one to the other: see `packing.ts`. */
export type PackedOperation =
  | { readonly type: 'puts'; readonly bytes: Uint8Array<ArrayBuffer> }
  | OtherOperation;

type OtherOperation =
  | { readonly type: 'remove'; readonly key: string }
  /**
   * `wipes`: nothing of the entries may be left, in the file or its log. `isLast`: the last of removals that belong together, after
   * which a power cut undoes none of them.
   */
  | {
      readonly type: 'remove-many';
      readonly keys: readonly string[];
      readonly wipes: boolean;
      readonly isLast: boolean;
    }
  /** Removes entries that a search has found, each with its id, and leaves their rows to `reclaim`. */
  | { readonly type: 'remove-found'; readonly keys: readonly string[]; readonly ids: readonly number[] }
  /** Deletes some rows of removed entries. */
  | { readonly type: 'reclaim' }
  /** Removes entries that maintenance has judged, each unless its row has changed since. */
  | { readonly type: 'remove-judged'; readonly rows: readonly JudgedRow[] }
  /** Removes some marks and added tags past their expiry. */
  | { readonly type: 'remove-past' }
  /** Gives some free pages at the end of the file back. */
  | { readonly type: 'vacuum' }
  /** Rebuilds the whole file, unless another process has it open: then its effect is `absent`. */
  | { readonly type: 'rebuild' }
  /** Writes the write-ahead log into the file, and empties it if no other process reads. */
  | { readonly type: 'checkpoint' }
  /** Removes a value that cannot be read, unless it has been replaced meanwhile. */
  | { readonly type: 'discard'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'hit'; readonly key: string; readonly hits: number; readonly last: number }
  | { readonly type: 'mark'; readonly name: string; readonly until: number }
  | { readonly type: 'unmark'; readonly name: string }
  | { readonly type: 'tag'; readonly key: string; readonly digests: Uint8Array; readonly expires: number }
  /**
   * Replaces the vector of an entry that was stored under this lease. `isMoved`: it comes out of the entry's own value, and
   * replaces none.
   */
  | {
      readonly type: 'vector';
      readonly key: string;
      readonly lease: number;
      readonly record: Uint8Array;
      readonly isMoved: boolean;
    }
  /** The vectors of entries up to this id are beside them. */
  | { readonly type: 'vectors-moved'; readonly unmoved: number }
  | {
      readonly type: 'append';
      readonly log: LogName;
      readonly rows: readonly Pick<LogRow, 'id' | 'what'>[];
      readonly above: number;
    }
  | {
      readonly type: 'notice';
      readonly name: string;
      readonly text: string;
      readonly over: string | undefined;
    }
  /** Changes nothing; answered once everything before it is durable. */
  | { readonly type: 'barrier' }
  /** As a barrier. New entries go from the write-ahead log into the file, as far as no reader holds them in the log. */
  | { readonly type: 'upkeep' };

/**
 * The effect of an operation. `gone`: something was removed. `absent`: there was nothing to remove. `full`: there was no
 * room.
 */
export type Effect = 'stored' | 'superseded' | 'gone' | 'absent' | 'done' | 'full' | Answer;

/** The result that the caller of an operation waits for. */
type Answer =
  | { readonly type: 'removed'; readonly count: number }
  /** Rows that are deleted, and the bytes of what they held. */
  | { readonly type: 'reclaimed'; readonly count: number; readonly bytes: number }
  /** Whether each row is gone by it. */
  | { readonly type: 'judged'; readonly gone: readonly boolean[] }
  | { readonly type: 'appended'; readonly reading: LogReading }
  | { readonly type: 'noticed'; readonly text: string };

/** The effects of one transaction. */
export interface Written {
  /** One for each operation. */
  readonly effects: readonly Effect[];
  /** Keys of the entries that were removed on the side: past their expiry, and to make room. */
  readonly expired: readonly string[];
  /** Bytes of the keys and values of those past their expiry. */
  readonly expiredBytes: number;
  readonly evicted: readonly string[];
}

export interface WriterSettings extends FileSettings {
  /** Bound on the pages in use, in bytes. */
  readonly maxBytes: number;
}

export type ToWriter =
  | { readonly type: 'batch'; readonly now: number; readonly operations: readonly PackedOperation[] }
  | { readonly type: 'close' };

/** Why a batch was not written. `replaced`: the file is no longer the one that was opened. */
export type Failure = 'busy' | 'full' | 'damaged' | 'replaced' | 'failed';

export type Opening = Opened | Refused;

export type BatchReply =
  | ({ readonly type: 'committed' } & Written)
  | { readonly type: 'failed'; readonly reason: Failure; readonly message: string };
