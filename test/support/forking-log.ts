/**
 * A log on a server that loses its last rows when a replica takes over, and all of them when it restarts empty. Its
 * messages get lost, and some of its clients cannot reach it for a while.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from 'askonce';
import type { LogReading, LogRow, LogStore } from '../../packages/askonce/src/store/shared.ts';

export interface ForkingLog {
  /** A client's view of it. */
  client(): LogClient;
  /** Loses the last rows: the replica that takes over never had them. */
  failOver(rows: number): void;
  restartEmpty(): void;
  /** Drops the oldest rows. */
  trim(rows: number): void;
  /** Whether messages reach the clients. */
  messages: boolean;
  readonly rows: readonly LogRow[];
}

export interface LogClient extends LogStore {
  isCutOff: boolean;
  /** Milliseconds that every call takes, half on the way there and half back. */
  delayMs: number;
}

const pageRows = 3;

export function forkingLog(clock: Clock): ForkingLog {
  let generation = randomBytes(4).toString('hex');
  let rows: LogRow[] = [];
  let last = 0;
  let floor = 1;
  const listeners = new Set<() => void>();
  const reading = (some: readonly LogRow[]): LogReading => ({ generation, last, floor, rows: some });

  const model: ForkingLog = {
    messages: true,
    get rows() {
      return rows;
    },
    failOver(count) {
      rows = rows.slice(0, Math.max(0, rows.length - count));
      // A log that has no row left after a trim begins again.
      if (rows.length === 0 && floor > 1) model.restartEmpty();
      last = rows.at(-1)?.number ?? 0;
    },
    restartEmpty() {
      generation = randomBytes(4).toString('hex');
      rows = [];
      last = 0;
      floor = 1;
    },
    trim(count) {
      const gone = rows.slice(0, Math.min(count, rows.length - 1));
      rows = rows.slice(gone.length);
      floor = Math.max(floor, (gone.at(-1)?.number ?? 0) + 1);
    },
    client() {
      const own: LogClient = {
        isCutOff: false,
        delayMs: 0,
        read: (from) => call(() => reading(rows.filter(({ number }) => number >= from).slice(0, pageRows))),
        append: (given, above) =>
          call(() => {
            const appended = given.map(({ id, what }, index) => ({
              number: Math.max(last, above) + 1 + index,
              id,
              what,
            }));
            rows = [...rows, ...appended];
            last = appended.at(-1)?.number ?? last;
            if (model.messages) for (const listener of listeners) listener();
            return reading(appended);
          }),
        onAppended(listener) {
          const onMessage = () => {
            if (!own.isCutOff) listener();
          };
          listeners.add(onMessage);
          return () => listeners.delete(onMessage);
        },
      };

      async function call(work: () => LogReading): Promise<LogReading> {
        await wayOf(own);
        const done = work();
        await wayOf(own);
        return done;
      }

      return own;
    },
  };

  async function wayOf({ isCutOff, delayMs }: LogClient): Promise<void> {
    if (isCutOff) throw new Error('the log is out of reach');
    if (delayMs > 0) await new Promise<void>((resolve) => clock.schedule(resolve, delayMs / 2));
  }

  return model;
}
