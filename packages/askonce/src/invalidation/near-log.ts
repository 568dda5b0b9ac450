/**
 * A log in this process's own memory, which several caches may share: always current, as it is read the moment that
 * something is appended.
 */
import { randomBytes } from 'node:crypto';
import type { LogReading, LogStore } from '../store/contract.ts';
import { History } from './history.ts';
import type { InvalidationLog } from './log.ts';

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
    isInTrouble: false,
    isCurrentFor: () => true,
    standing: (answer) => history.standing(answer),
    catchUp: () => Promise.resolve(true),
    async append(taken) {
      const rows = taken.map((one) => ({ id: randomBytes(8).toString('hex'), what: JSON.stringify(one) }));
      await store.append(rows, history.position.number);
      learn();
    },
    close: leave,
  };
}
