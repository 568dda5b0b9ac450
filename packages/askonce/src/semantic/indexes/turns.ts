/**
 * Divides the turns of the event loop among searches and background work: however many of them wait, a turn is held for
 * some milliseconds. What waits is run in order.
 */
import type { Awaitable, Clock } from '../../clock.ts';

export interface Turns {
  /** Runs a search, or a piece of one: at once, unless the searches of this turn have taken their time. */
  search<T>(piece: () => T): Awaitable<T>;
  /** Runs a piece of background work, of at most some milliseconds: one in each turn, whatever it belongs to. */
  background<T>(piece: () => T): Promise<T>;
}

/** Milliseconds after the first search of a turn during which others begin at once. */
const searchedForMs = 5;

export function turns(clock: Pick<Clock, 'monotonic'>): Turns {
  const searches: (() => void)[] = [];
  const works: (() => void)[] = [];
  /** When the first search of this turn began; undefined if there was none. */
  let began: number | undefined;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(turn);
  }

  function turn(): void {
    isScheduled = false;
    began = undefined;
    works.shift()?.();
    while (searches.length > 0 && !isUsedUp()) searches.shift()?.();
    if (works.length > 0 || searches.length > 0) schedule();
  }

  function isUsedUp(): boolean {
    const now = clock.monotonic();
    began ??= now;
    schedule();
    return now - began >= searchedForMs;
  }

  function queued<T>(queue: (() => void)[], piece: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      queue.push(() => {
        try {
          resolve(piece());
        } catch (error) {
          reject(error);
        }
      });
      schedule();
    });
  }

  return {
    search: (piece) => (searches.length > 0 || isUsedUp() ? queued(searches, piece) : piece()),
    background: (piece) => queued(works, piece),
  };
}
