/**
 * The invalidation log as this process knows it: which answers have been taken back, up to which row.
 *
 * Every lookup, join and refresh asks it. It follows the store's log by message and by a poll, takes what is appended
 * here to heart before `append` resolves, and says when it has not read the log for too long to be believed.
 */

import type { Entry } from '../entry/entry.ts';
import { AskonceError } from '../errors.ts';
import type { Found } from '../store/contract.ts';
import type { Invalidation } from './invalidations.ts';

/** Where in which log: noted when a generation begins, kept in its entry. */
export interface LogPosition {
  /** Names the log, and the row at which its number stands: a fail-over may give one number to two rows. */
  readonly log: string;
  readonly number: number;
}

/** What the log judges: an entry, or a generation under way. */
export interface Provenance {
  readonly key: string;
  readonly began: number;
  /** Undefined where it has none: such an answer is dead. */
  readonly log: string | undefined;
  readonly tagDigests: readonly string[];
}

export type LogVerdict =
  /** Nothing that is known takes it back. */
  | 'valid'
  | 'invalidated'
  /** It is of a position that this process has not read yet: `catchUp`, then ask again. */
  | 'ahead';

export interface InvalidationLog {
  /** Where a generation that begins now begins. */
  readonly position: LogPosition;
  /** Whether it was read within the last second (always, where it is this process's own). */
  readonly isCurrent: boolean;
  /** After so many ms everybody either knows what was appended or believes nothing that is kept; 0: at once. */
  readonly spreadMs: number;
  /** Whether the last attempt to read it failed: until the poll has come through, waiting for it is in vain. */
  readonly isInTrouble: boolean;
  /** Whether it was read, or `since` (monotonic ms) was, within the last second: then what began at `since` can be joined. */
  isCurrentFor(since: number): boolean;
  /** Judges an entry's metadata; remembers up to where it has. Quick where nothing was taken back since it began. */
  verdict(answer: Provenance): LogVerdict;
  /** Reads what is new. Never rejects; says whether it is current now. */
  catchUp(): Promise<boolean>;
  /**
   * Takes back what fits. Once it resolves, this process knows.
   * @throws AskonceError `invalidation_failed` where the store can't say that the row is kept.
   */
  append(taken: readonly Invalidation[]): Promise<void>;
  /**
   * Nothing is swept from memory until the function that it returns is called: whoever is to tell how many answers
   * were removed must come first.
   */
  holdSweeps(): () => void;
  /** Ends the poll. */
  close(): void;
}

/* MERGED not-recorded.ts:
 * The failure of whoever takes something back where the log can't say that it keeps the row.
 */
export function notRecorded(cause: unknown): AskonceError {
  const message = 'what was to be taken back could not be recorded: the store is out of reach. Try again.';
  return new AskonceError('invalidation_failed', message, { cause });
}

/* MERGED answer.ts:  Entries, as the log judges them. */
export function provenanceOf({ key, meta }: Entry): Provenance {
  return { key, began: meta.began, log: meta.log, tagDigests: meta.tagDigests ?? [] };
}

/** Judges an entry by its own tags, and by those that were added to it. */
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
