/**
 * A queue of work that no request waits for: a few pieces at the same time, each begun in a turn of its own. Bounded in
 * bytes; work beyond that is not done.
 */

/** Pieces in progress. */
const mostAtOnce = 4;
const mostBytes = 32 * 1024 * 1024;

export interface Judging {
  /** Does the work later; false if there is no room for it. `bytes`: what it keeps in memory until then. */
  add(bytes: number, work: () => Promise<void>): boolean;
  /** Begins nothing any more. */
  close(): void;
}

/** @param onFailed called with what a piece of work throws or rejects with. */
export function judging(onFailed: (error: unknown) => void): Judging {
  const queue: { readonly bytes: number; readonly work: () => Promise<void> }[] = [];
  let queued = 0;
  let running = 0;

  function next(): void {
    while (running < mostAtOnce) {
      const piece = queue.shift();
      if (piece === undefined) return;
      running += 1;
      setImmediate(() => {
        void run(piece.work).finally(() => {
          running -= 1;
          queued -= piece.bytes;
          next();
        });
      });
    }
  }

  async function run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      onFailed(error);
    }
  }

  return {
    add(bytes, work) {
      if (queued + bytes > mostBytes) return false;
      queued += bytes;
      queue.push({ bytes, work });
      next();
      return true;
    },
    close() {
      queue.length = 0;
    },
  };
}
