/**
 * The refreshes in progress in this process: one a question, and a bounded number at a time.
 */
import type { Clock } from '../clock.ts';

const maxInProgress = 64;
const maxResting = 16 * maxInProgress;

export interface RefreshQueue {
  /** Aborts when no attempt is to follow any more. */
  readonly signal: AbortSignal;
  /**
   * Runs `refresh` later, unless the question is being refreshed, or a refresh has failed recently, or too many are in
   * progress; says whether it will. `refresh` resolves with the milliseconds for which the question is then to be left
   * alone; it never rejects.
   */
  start(name: string, refresh: () => Promise<number>): boolean;
  /** Lets no attempt follow; resolves when those in progress have ended. */
  close(): Promise<void>;
}

export function refreshQueue(clock: Clock): RefreshQueue {
  const inProgress = new Map<string, Promise<void>>();
  /** Questions whose refresh has failed recently, and until when (monotonic) they are left alone. */
  const resting = new Map<string, number>();
  const closing = new AbortController();

  function isResting(name: string): boolean {
    const until = resting.get(name);
    if (until === undefined) return false;
    if (until > clock.monotonic()) return true;
    resting.delete(name);
    return false;
  }

  function rest(name: string, restMs: number): void {
    resting.delete(name);
    resting.set(name, clock.monotonic() + restMs);
    if (resting.size <= maxResting) return;
    const [oldest] = resting.keys();
    if (oldest !== undefined) resting.delete(oldest);
  }

  return {
    signal: closing.signal,
    start(name, refresh) {
      if (closing.signal.aborted || inProgress.size >= maxInProgress) return false;
      if (inProgress.has(name) || isResting(name)) return false;
      const run = async () => {
        // Later: none of it is to run while the reader waits.
        await Promise.resolve();
        const restMs = await refresh();
        inProgress.delete(name);
        if (restMs > 0) rest(name, restMs);
      };
      inProgress.set(name, run());
      return true;
    },
    async close() {
      closing.abort();
      await Promise.allSettled(inProgress.values());
    },
  };
}
