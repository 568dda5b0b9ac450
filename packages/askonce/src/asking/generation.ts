/**
 * What is known of a generation when it begins, and kept with its answer.
 */
import type { LogPosition } from '../invalidation/log.ts';
import type { House } from './ask.ts';

export interface Generation {
  /** Wall time in ms: an answer is as old as its first token. */
  began: number;
  /** Where the invalidation log stood. */
  position: LogPosition;
  /** See `EntryMeta.lease`; known once the right to lead is. */
  lease: number;
  /** Tags of those who follow it and were not its leader's: digests by tag. */
  readonly followersTags: Map<string, string>;
  /** Whether the entry has been made: what is added from then on is not in it. */
  isMade: boolean;
  /** When the first answer to this question was made, where this one takes its place (a refresh). */
  readonly created?: number | undefined;
}

/** A generation that begins now. */
export function beginGeneration(house: House, created?: number): Generation {
  return { ...beginning(house), followersTags: new Map(), isMade: false, created };
}

/** It begins only now, rather than when it was first thought of. */
export function beginAnew(house: House, generation: Generation): void {
  Object.assign(generation, beginning(house));
}

function beginning({ clock, log, store }: House): Pick<Generation, 'began' | 'position' | 'lease'> {
  const began = clock.now();
  return { began, position: log.position, lease: store.leases === undefined ? 0 : Math.floor(began * 1000) };
}
