/**
 * The invalidation log of a store that several processes may share: read when a message announces new rows, four times a
 * second, and on request.
 */
import type { Clock } from '../clock.ts';
import type { Observer } from '../observe/events.ts';
import { observeTrouble } from '../observe/report.ts';
import type { Store } from '../store/contract.ts';
import { currentMs, logFollower } from '../store/log-follower.ts';
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

export function followedLog(options: FollowedLogOptions): InvalidationLog {
  const { store, name, clock, observe, onLost, sweep, toleranceMs = currentMs } = options;
  const followed = followedHistory({ store, clock, observe, onLost, onMoved: () => sweeping?.due() });
  const reporter = { store: { name }, observe };
  const trouble = (error: unknown) => observeTrouble(reporter, 'log', error);

  const sweeping =
    sweep &&
    sweeps(
      clock,
      async (isHeld) =>
        await sweep(
          ({ entry, added }) => !isHeld() && verdictOf(followed.history, entry, added) === 'invalidated',
        ),
    );

  const readAt = () => followed.readAt;
  const follower = logFollower({ store, clock, update: followed.update, readAt, onTrouble: trouble });

  return {
    get position() {
      return followed.history.position;
    },
    get isCurrent() {
      return follower.isCurrent;
    },
    get isTolerable() {
      return clock.monotonic() - readAt() <= Math.max(currentMs, toleranceMs);
    },
    spreadMs: currentMs,
    get isInTrouble() {
      return follower.isInTrouble;
    },
    isCurrentFor: (since) => follower.isCurrent || clock.monotonic() - since <= currentMs,
    verdict: (provenance) => followed.history.verdict(provenance),
    catchUp: follower.catchUp,
    async append(invalidations) {
      let appended: LogReading;
      try {
        appended = await followed.append(newRows(invalidations));
      } catch (error) {
        trouble(error);
        throw appendFailed(error);
      }
      followed.hold(appended);
      // Generations that begin from now on begin after these rows. The rows are in force in any case, and also in a
      // history that has replaced the one of before.
      await follower.catchUp();
      followed.hold(appended);
    },
    holdSweeps: () => sweeping?.hold() ?? (() => {}),
    close() {
      follower.close();
      sweeping?.close();
    },
  };
}
