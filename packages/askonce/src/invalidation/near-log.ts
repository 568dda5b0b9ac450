/**
 * A log in this process's own memory, which several caches may share: always current, as it is read the moment that
 * something is appended.
 */
import type { LogReading, LogStore } from '../store/contract.ts';
import { History } from './history.ts';
import type { InvalidationLog } from './log.ts';
import { notRecorded } from './not-recorded.ts';
import { newRowId } from './row-id.ts';

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
    standing: (answer) => history.standing(answer),
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
