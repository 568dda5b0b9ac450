/**
 * Removing marks, with retries: a mark that stays would admit a credential that the provider has refused.
 */
import { backOff, type Clock } from '../clock.ts';
import type { Marks } from '../store/shared.ts';

/** The most marks that are retried at a time. Beyond it, the one that has waited longest is given up. */
const mostPending = 1_000;
/** Milliseconds before the second attempt, and the most before a later one. */
const leastPauseMs = 250;
const longestPauseMs = 30_000;

export interface MarkRemovalOptions {
  readonly marks: Marks;
  readonly clock: Clock;
  /** Called for every attempt that fails. */
  readonly onTrouble: (error: unknown) => void;
}

export interface MarkRemoval {
  /** Whether no removal is pending. */
  readonly isIdle: boolean;
  /** Removes a mark, now or at a later attempt. */
  start(name: string): void;
  /** Gives a removal up, because the mark is valid again. */
  cancel(name: string): void;
  /** Gives all removals up. */
  close(): void;
}

interface Removal {
  attempts: number;
  cancel: () => void;
}

export function markRemoval({ marks, clock, onTrouble }: MarkRemovalOptions): MarkRemoval {
  /** In the order in which they were started. */
  const pending = new Map<string, Removal>();
  let isClosed = false;

  async function attempt(name: string, removal: Removal): Promise<void> {
    try {
      await marks.remove(name);
      if (pending.get(name) === removal) pending.delete(name);
    } catch (error) {
      onTrouble(error);
      if (pending.get(name) !== removal) return;
      const pauseMs = backOff(removal.attempts++, leastPauseMs, longestPauseMs);
      removal.cancel = clock.schedule(() => void attempt(name, removal), pauseMs);
    }
  }

  function cancel(name: string): void {
    pending.get(name)?.cancel();
    pending.delete(name);
  }

  return {
    get isIdle() {
      return pending.size === 0;
    },
    start(name) {
      cancel(name);
      if (isClosed) return;
      const removal: Removal = { attempts: 0, cancel: () => {} };
      pending.set(name, removal);
      const [longest] = pending.keys();
      if (pending.size > mostPending && longest !== undefined) cancel(longest);
      void attempt(name, removal);
    },
    cancel,
    close() {
      isClosed = true;
      for (const name of [...pending.keys()]) cancel(name);
    },
  };
}
