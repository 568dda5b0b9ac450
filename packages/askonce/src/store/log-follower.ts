/**
 * Following a log that other processes append to: it is read when a message announces new rows, four times a second, and
 * on request.
 */
import type { Clock } from '../clock.ts';
import type { LogStore } from './shared.ts';

export interface LogFollowerOptions {
  readonly store: Pick<LogStore, 'onAppended'>;
  readonly clock: Clock;
  /** Reads what is new. */
  readonly update: () => Promise<void>;
  /** Monotonic ms at which the log was last asked for its end; negative infinity if it never was. */
  readonly readAt: () => number;
  /** Called when a reading fails after one that did not. */
  readonly onTrouble: (error: unknown) => void;
  /** Called after the first reading that does not fail again. */
  readonly onRecovered?: (() => void) | undefined;
}

export interface LogFollower {
  /** Whether the log was read within the last second. */
  readonly isCurrent: boolean;
  /** Whether the last attempt to read it failed. */
  readonly isInTrouble: boolean;
  /** Reads what was appended before the call. Never rejects; resolves with whether the log is current now. */
  catchUp(): Promise<boolean>;
  close(): void;
}

/** How long a reading is trusted, in ms. */
export const currentMs = 1_000;
const pollMs = 250;
/** Pause before the second attempt at the first reading, without which nothing can be done. Doubles up to `pollMs`. */
const firstPollMs = 10;

export function logFollower(options: LogFollowerOptions): LogFollower {
  const { store, clock, update, readAt, onTrouble, onRecovered } = options;
  let isInTrouble = false;
  let isClosed = false;
  let reading: Promise<boolean> | undefined;
  let nextReading: Promise<boolean> | undefined;
  let stopPoll = () => {};
  let firstPause = firstPollMs;

  const isCurrent = () => clock.monotonic() - readAt() <= currentMs;

  async function attempt(): Promise<boolean> {
    try {
      await update();
      if (isInTrouble) onRecovered?.();
      isInTrouble = false;
    } catch (error) {
      // Reported once, not four times a second.
      if (!isInTrouble && !isClosed) onTrouble(error);
      isInTrouble = true;
    }
    return isCurrent();
  }

  function read(): Promise<boolean> {
    reading = attempt().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  /**
   * A reading in progress does not do: it may have been sent before the row that the caller needs was appended. So it
   * waits for that one and then starts another, which all callers of the meantime share.
   */
  function catchUp(): Promise<boolean> {
    if (isClosed) return Promise.resolve(false);
    if (reading === undefined) return read();
    nextReading ??= reading.then(() => {
      nextReading = undefined;
      return catchUp();
    });
    return nextReading;
  }

  /** The pause begins when a reading ends. */
  function poll(): void {
    void (reading ?? read()).finally(() => {
      if (isClosed) return;
      const isRead = readAt() > Number.NEGATIVE_INFINITY;
      stopPoll = clock.schedule(poll, isRead ? pollMs : firstPause);
      firstPause = Math.min(2 * firstPause, pollMs);
    });
  }

  const unsubscribe = store.onAppended(() => void catchUp());
  poll();

  return {
    get isCurrent() {
      return isCurrent();
    },
    get isInTrouble() {
      return isInTrouble;
    },
    catchUp,
    close() {
      isClosed = true;
      stopPoll();
      unsubscribe();
    },
  };
}
