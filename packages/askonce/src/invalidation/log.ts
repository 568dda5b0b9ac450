/**
 * The contract of the invalidation log: which invalidations this process knows of, and whether an answer has outlived
 * them. Every lookup, join and refresh asks it.
 */
import type { Entry } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Found } from '../store/contract.ts';
import type { Invalidation } from './invalidations.ts';

/** A place in one history of the log. Noted when a generation begins, and stored in its entry. */
export interface LogPosition {
  /** Names the log and the id of the row at `number`: after a fail-over, two rows may have had the same number. */
  readonly log: string;
  readonly number: number;
}

/** What the log judges an entry, or a generation in progress, by: its key, its tags, and where in the log it began. */
export interface Provenance {
  readonly key: string;
  readonly began: number;
  /** Undefined if none was noted: such an answer is invalid. */
  readonly log: string | undefined;
  readonly tagDigests: readonly string[];
}

export type LogVerdict =
  /** No known invalidation removes it. */
  | 'valid'
  | 'invalidated'
  /** It began at a position that this process has not read yet: call `catchUp`, then ask again. */
  | 'ahead';

export interface InvalidationLog {
  /** The position of a generation that begins now. */
  readonly position: LogPosition;
  /** Whether it was read within the last second; always true if the log is this process's own. */
  readonly isCurrent: boolean;
  /** Whether it was read recently enough for stored answers to be served (`logToleranceMs`), although nothing is stored. */
  readonly isTolerable: boolean;
  /** Within this many ms, every process either knows of an appended row or serves nothing stored. 0: at once. */
  readonly spreadMs: number;
  /** Whether the last attempt to read it failed: until a poll succeeds, waiting for it is pointless. */
  readonly isInTrouble: boolean;
  /** Whether it was read within the last second, or within a second after `since` (monotonic ms): then a flight that began at `since` may be joined. */
  isCurrentFor(since: number): boolean;
  /** Judges by what has been read. Cheap if no invalidation was added since the last judgement of the same tags. */
  verdict(provenance: Provenance): LogVerdict;
  /** Reads new rows. Never rejects; resolves with whether the log is current now. */
  catchUp(): Promise<boolean>;
  /**
   * Records invalidations. This process applies them before the call resolves.
   * @throws AskonceError `invalidation_failed` if the store does not confirm that the rows are stored.
   */
  append(invalidations: readonly Invalidation[]): Promise<void>;
  /** Suspends sweeps of memory until the returned function is called, so that an invalidation can count the entries that it removes. */
  holdSweeps(): () => void;
  /** Stops following the store's log. */
  close(): void;
}

/** The error of an invalidation that the log could not record. */
export function appendFailed(cause: unknown): AskonceError {
  const message = 'The invalidation could not be recorded: the store is out of reach. Try again.';
  return new AskonceError('invalidation_failed', message, { cause });
}

export function provenanceOf({ key, meta }: Pick<Entry, 'key' | 'meta'>): Provenance {
  return { key, began: meta.began, log: meta.log, tagDigests: meta.tagDigests ?? [] };
}

/** Judges an entry by its own tags and by those that were added to it. */
export function verdictOf(
  log: Pick<InvalidationLog, 'verdict'>,
  entry: Entry,
  added: Found['added'],
): LogVerdict {
  const own = provenanceOf(entry);
  const verdict = log.verdict(own);
  if (verdict !== 'valid' || added === undefined) return verdict;
  return log.verdict({ ...own, tagDigests: [...own.tagDigests, ...added.keys()] });
}
