/** The invalidation log of one process, in memory. A new process begins a new one: the entries that it judges are gone, too. */
import { randomBytes } from 'node:crypto';
import { AskonceError } from '../../errors.ts';
import { Listeners } from '../listeners.ts';
import { rowBytes, rowsAtOnce } from '../log-rows.ts';
import { type LogReading, type LogRow, type LogStore, maxLogRows } from '../shared.ts';

export interface MemoryLog extends LogStore {
  readNow(from: number): LogReading;
  close(): void;
}

/** Holds rows of at most `maxBytes`. */
export function memoryLog(maxBytes: number): MemoryLog {
  const generation = randomBytes(16).toString('hex');
  const appended = new Listeners();
  let rows: LogRow[] = [];
  let bytes = 0;
  let last = 0;
  let floor = 1;
  let isClosed = false;

  const reading = (read: readonly LogRow[]): LogReading => ({ generation, last, floor, rows: read });

  /** Index of the first row numbered `from` or higher. Rows ascend. */
  function indexOf(from: number): number {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((rows[middle]?.number ?? from) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function trim(): void {
    let dropped = 0;
    for (const row of rows) {
      if (rows.length - dropped <= maxLogRows && bytes <= maxBytes) break;
      bytes -= rowBytes(row);
      floor = row.number + 1;
      dropped += 1;
    }
    if (dropped > 0) rows = rows.slice(dropped);
  }

  async function whileOpen(work: () => LogReading): Promise<LogReading> {
    if (isClosed) throw new AskonceError('store_failed', 'The memory store has been closed.');
    return work();
  }

  function readNow(from: number): LogReading {
    const first = indexOf(from);
    return reading(rows.slice(first, first + rowsAtOnce));
  }

  return {
    read: (from) => whileOpen(() => readNow(from)),
    readNow,
    append: (given, above) =>
      whileOpen(() => {
        if (given.length > 0) last = Math.max(last, above);
        const numbered = given.map(({ id, what }) => {
          last += 1;
          return { number: last, id, what };
        });
        for (const row of numbered) {
          rows.push(row);
          bytes += rowBytes(row);
        }
        trim();
        appended.call();
        return reading(numbered);
      }),
    onAppended: (listener) => appended.add(listener),
    close() {
      isClosed = true;
      rows = [];
    },
  };
}
