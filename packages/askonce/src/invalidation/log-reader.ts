/**
 * Reading the store's log page by page, from the last row that is known, that row included: if it is missing, a
 * fail-over has lost rows.
 */
import type { Clock } from '../clock.ts';
import { logPages } from '../store/log-pages.ts';
import type { LogReading, LogRow, LogStore } from '../store/shared.ts';
import { History, originOf } from './history.ts';

/** Both methods reject if the store fails or does not answer in time. */
export interface LogReader {
  /**
   * Reads new rows into the history. Resolves with the monotonic ms at which the request for the last page was sent,
   * or with undefined if the store's log does not continue this history.
   */
  readOn(history: History): Promise<number | undefined>;
  /** Reads the whole log into a new history. */
  readAll(): Promise<{ readonly history: History; readonly sent: number }>;
}

export function logReader(store: LogStore, clock: Clock): LogReader {
  const { page, readOn: readPages } = logPages({ store, clock, name: 'log' });

  const readOn = (history: History) =>
    readPages(
      () => history.position.number,
      (reading) => {
        if (!continues(history, reading)) return false;
        history.learn(reading.rows, reading.floor);
        return true;
      },
    );

  async function readAll() {
    const { reading } = await page(1);
    const history = new History(reading.generation);
    history.learn(reading.rows, reading.floor);
    const sent = await readOn(history);
    if (sent === undefined) throw new Error('the log changed while it was read');
    return { history, sent };
  }

  return { readOn, readAll };
}

/** Whether a reading that starts at the last known row shows that very row. */
function continues(history: History, { generation, floor, rows, last }: LogReading): boolean {
  const known = history.last;
  if (generation !== history.generation || last < history.position.number) return false;
  if (known === undefined) return floor === history.floor;
  const [first] = rows;
  return first?.number === known.number && first.id === known.id;
}

/**
 * Rows that a fail-over has lost: those that `before` has and `now` lacks, also under another number, since another
 * process may have appended them again. Rows up to the newest common one are not compared.
 */
export function lostRows(before: History, now: History): readonly LogRow[] {
  const there = new Map(now.rows.map((row) => [row.number, row.id]));
  const common = before.rows.findLast(({ number, id }) => there.get(number) === id)?.number ?? 0;
  const origins = new Set(now.rows.flatMap(({ number, id }) => (number > common ? [originOf(id)] : [])));
  const isLost = ({ id }: LogRow) => !origins.has(originOf(id));
  const read = before.rows.filter(({ number }) => number > common && number >= now.floor);
  return [...read, ...before.pending].filter(isLost);
}
