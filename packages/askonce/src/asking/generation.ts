/**
 * What is known of a generation when it begins, and kept with its answer.
 */
import type { LogPosition } from '../invalidation/log.ts';
import type { House } from './ask.ts';

export interface Generation {
  /** Wall time in ms: an answer is as old as its first token. */
  readonly began: number;
  /** Where the invalidation log stood. */
  readonly position: LogPosition;
  /** See `EntryMeta.lease`; known once the right to lead is. */
  lease: number;
  /** Tags of those who follow it and were not its leader's: digests by tag. */
  readonly followersTags: Map<string, string>;
  /** When the first answer to this question was made, where this one takes its place (a refresh). */
  readonly created?: number | undefined;
}

/** A generation that begins now. */
export function beginGeneration({ clock, log, store }: House, created?: number): Generation {
  const began = clock.now();
  return {
    began,
    position: log.position,
    lease: store.leases === undefined ? 0 : Math.floor(began * 1000),
    followersTags: new Map(),
    created,
  };
}
