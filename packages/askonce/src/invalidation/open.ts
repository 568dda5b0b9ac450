/**
 * Opening the invalidation log: one that a server or a file holds is followed; one in this process's memory is read
 * at once whenever it grows.
 */
import type { Clock } from '../clock.ts';
import type { Observer } from '../observe/events.ts';
import type { Found, Store } from '../store/contract.ts';
import { memoryLog } from '../store/memory/log.ts';
import type { LogReading, LogStore } from '../store/shared.ts';
import { followedLog } from './followed-log.ts';
import { History, newRows } from './history.ts';
import { appendFailed, type InvalidationLog } from './log.ts';

const ownLogBytes = 16 * 1024 * 1024;

export interface InvalidationLogOptions {
  /** How long after its last reading a log still lets stored answers be served, in ms; at least a second. */
  readonly toleranceMs?: number | undefined;
  readonly store: Pick<Store, 'name' | 'shared' | 'sweep'>;
  readonly clock: Clock;
  readonly observe: Observer;
  /** Called when the log was lost, which makes every older entry invalid: what memory holds is of no use. */
  readonly onLost: () => void;
}

/**
 * Opens the store's log, which is current once it has been read for the first time. If the store has none, the log
 * is the process's own and begins with the process: entries that a durable store has from before are invalid.
 */
export function openInvalidationLog({ store, ...options }: InvalidationLogOptions): InvalidationLog {
  const { name, shared } = store;
  const log = shared?.log ?? memoryLog(ownLogBytes);
  if (isInMemory(log)) return localLog(log);
  const sweep =
    store.sweep && ((isDead: (found: Found) => boolean) => store.sweep?.(isDead) ?? Promise.resolve(0));
  return followedLog({ ...options, store: log, name, sweep });
}

/** A log in this process's memory, which several caches may share. */
interface InMemoryLogStore extends LogStore {
  readNow(from: number): LogReading;
}

function isInMemory(store: LogStore): store is InMemoryLogStore {
  return store.readNow !== undefined;
}

/** Always current: it reads each row at the moment any cache appends it. */
function localLog(store: InMemoryLogStore): InvalidationLog {
  const history = new History(store.readNow(1).generation);

  function learn(): void {
    let before: number;
    do {
      before = history.position.number;
      const { rows, floor } = store.readNow(before + 1);
      history.learn(rows, floor);
    } while (history.position.number > before);
  }

  const unsubscribe = store.onAppended(learn);
  learn();
  return {
    get position() {
      return history.position;
    },
    isCurrent: true,
    isTolerable: true,
    spreadMs: 0,
    isInTrouble: false,
    isCurrentFor: () => true,
    verdict: (provenance) => history.verdict(provenance),
    catchUp: () => Promise.resolve(true),
    async append(invalidations) {
      try {
        await store.append(newRows(invalidations), history.position.number);
      } catch (error) {
        throw appendFailed(error);
      }
      learn();
    },
    holdSweeps: () => () => {},
    close: unsubscribe,
  };
}
