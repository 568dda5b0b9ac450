/**
 * Opening the invalidation log: the store's, or this process's own.
 */
import type { Clock } from '../clock.ts';
import type { Observer } from '../observe/events.ts';
import type { Found, Store } from '../store/contract.ts';
import { memoryLog } from '../store/memory-log.ts';
import { followedLog } from './followed-log.ts';
import type { InvalidationLog } from './log.ts';
import { isNear, nearLog } from './near-log.ts';

const ownLogBytes = 16 * 1024 * 1024;

export interface InvalidationLogOptions {
  readonly store: Pick<Store, 'name' | 'log' | 'sweep'>;
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
  const { log = memoryLog(ownLogBytes), name } = store;
  if (isNear(log)) return nearLog(log);
  const sweep =
    store.sweep && ((isDead: (found: Found) => boolean) => store.sweep?.(isDead) ?? Promise.resolve(0));
  return followedLog({ ...options, store: log, name, sweep });
}
