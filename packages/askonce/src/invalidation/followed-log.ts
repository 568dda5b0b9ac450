/**
 * The invalidation log of a store that several processes may share: read when a message announces new rows, four times a
 * second, and on request.
 */
import type { Clock } from '../clock.ts';
import type { Observer } from '../observe/events.ts';
import { observeTrouble } from '../observe/report.ts';
import type { Store } from '../store/contract.ts';
import type { LogReading, LogStore } from '../store/shared.ts';
import { followedHistory } from './followed-history.ts';
import { newRows } from './history.ts';
import { appendFailed, type InvalidationLog, verdictOf } from './log.ts';
import { sweeps } from './sweeps.ts';

export interface FollowedLogOptions {
  readonly store: LogStore;
  /** The store's name, for reports. */
  readonly name: string;
  readonly clock: Clock;
  readonly observe: Observer;
  readonly onLost: () => void;
  /** How long after its last reading stored answers may be served, in ms. Default 1 000, the least. */
  readonly toleranceMs?: number | undefined;
  /** Removes invalid entries from this process's memory; absent if it holds none. */
  readonly sweep?: Store['sweep'] | undefined;
}

const pollMs = 250;
/** Pause before the second attempt at the first reading, without which nothing is stored. Doubles up to `pollMs`. */
const firstPollMs = 10;
/** How long a reading is trusted. */
const currentMs = 1_000;

export function followedLog(options: FollowedLogOptions): InvalidationLog {
  const { store, name, clock, observe, onLost, sweep, toleranceMs = currentMs } = options;
  const followed = followedHistory({ store, clock, observe, onLost, onMoved: () => sweeping?.due() });
  const reporter = { store: { name }, observe };
  let isInTrouble = false;
  let isClosed = false;
  let reading: Promise<boolean> | undefined;
  let nextReading: Promise<boolean> | undefined;
  let stopPoll = () => {};
  let firstPause = firstPollMs;

  const sweeping =
    sweep &&
    sweeps(
      clock,
      async (isHeld) =>
        await sweep(
          ({ entry, added }) => !isHeld() && verdictOf(followed.history, entry, added) === 'invalidated',
        ),
    );

  const isCurrent = () => clock.monotonic() - followed.readAt <= currentMs;

  async function attempt(): Promise<boolean> {
    try {
      await followed.update();
      isInTrouble = false;
    } catch (error) {
      // Reported once, not four times a second.
      if (!isInTrouble && !isClosed) observeTrouble(reporter, 'log', error);
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
      stopPoll = clock.schedule(poll, followed.isRead ? pollMs : firstPause);
      firstPause = Math.min(2 * firstPause, pollMs);
    });
  }

  const unsubscribe = store.onAppended(() => void catchUp());
  poll();

  return {
    get position() {
      return followed.history.position;
    },
    get isCurrent() {
      return isCurrent();
    },
    get isTolerable() {
      return clock.monotonic() - followed.readAt <= Math.max(currentMs, toleranceMs);
    },
    spreadMs: currentMs,
    get isInTrouble() {
      return isInTrouble;
    },
    isCurrentFor: (since) => isCurrent() || clock.monotonic() - since <= currentMs,
    verdict: (provenance) => followed.history.verdict(provenance),
    catchUp,
    async append(invalidations) {
      let appended: LogReading;
      try {
        appended = await followed.append(newRows(invalidations));
      } catch (error) {
        observeTrouble(reporter, 'log', error);
        throw appendFailed(error);
      }
      followed.hold(appended);
      // Generations that begin from now on begin after these rows. The rows are in force in any case, and also in a
      // history that has replaced the one of before.
      await catchUp();
      followed.hold(appended);
    },
    holdSweeps: () => sweeping?.hold() ?? (() => {}),
    close() {
      isClosed = true;
      stopPoll();
      sweeping?.close();
      unsubscribe();
    },
  };
}
