/**
 * Opening the invalidation log: the store's, or this process's own.
 */
import type { Clock } from '../clock.ts';
import type { Observer } from '../observe/events.ts';
import type { Found, Store } from '../store/contract.ts';
import { memoryLog } from '../store/memory/log.ts';
import type { LogReading, LogStore } from '../store/shared.ts';
import { followedLog } from './followed-log.ts';
import { History, newRowId } from './history.ts';
import { type InvalidationLog, notRecorded } from './log.ts';

const ownLogBytes = 16 * 1024 * 1024;

export interface InvalidationLogOptions {
  readonly store: Pick<Store, 'name' | 'shared' | 'sweep'>;
  readonly clock: Clock;
  readonly observe: Observer;
  /** Called when everything older is dead: what is kept in memory is of no use any more. */
  readonly onLost: () => void;
}

/**
 * Opens the log. The store's is read at once, and is not current before it has been. A process's own log begins with
 * the process: what a durable store without a log has kept from before is dead.
 */
export function openInvalidationLog({ store, ...options }: InvalidationLogOptions): InvalidationLog {
  const { name, shared } = store;
  const log = shared?.log ?? memoryLog(ownLogBytes);
  if (isNear(log)) return nearLog(log);
  const sweep =
    store.sweep && ((isDead: (found: Found) => boolean) => store.sweep?.(isDead) ?? Promise.resolve(0));
  return followedLog({ ...options, store: log, name, sweep });
}

/* MERGED near-log.ts:
 * A log in this process's own memory, which several caches may share: always current, as it is read the moment that
 * something is appended.
 */
interface NearLogStore extends LogStore {
  readNow(from: number): LogReading;
}

export function isNear(store: LogStore): store is NearLogStore {
  return store.readNow !== undefined;
}

export function nearLog(store: NearLogStore): InvalidationLog {
  const history = new History(store.readNow(1).generation);

  function learn(): void {
    let before: number;
    do {
      before = history.position.number;
      const { rows, floor } = store.readNow(before + 1);
      history.learn(rows, floor);
    } while (history.position.number > before);
  }

  const leave = store.onAppended(learn);
  learn();
  return {
    get position() {
      return history.position;
    },
    isCurrent: true,
    spreadMs: 0,
    isInTrouble: false,
    isCurrentFor: () => true,
    verdict: (answer) => history.verdict(answer),
    catchUp: () => Promise.resolve(true),
    async append(taken) {
      const rows = taken.map((one) => ({ id: newRowId(), what: JSON.stringify(one) }));
      try {
        await store.append(rows, history.position.number);
      } catch (error) {
        throw notRecorded(error);
      }
      learn();
    },
    holdSweeps: () => () => {},
    close: leave,
  };
}
