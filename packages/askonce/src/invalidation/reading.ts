/**
 * Readings of the store's log, page by page.
 */
import type { Clock } from '../clock.ts';
import type { LogReading, LogStore } from '../store/contract.ts';
import { maxLogRows } from '../store/contract.ts';
import { tooSlow, within } from '../store/within.ts';
import { History } from './history.ts';

/** A page that takes longer would be out of date when it came. */
const pageMs = 1_000;
/** A page holds up to 1 000 rows; one that brings nothing new ends the reading. */
const maxPages = (2 * maxLogRows) / 1_000;

export interface Readings {
  /**
   * Reads what is new into the history. Resolves with the monotonic ms at which the reading that showed the end of the
   * log was sent, or undefined where the store's log does not go on from this history.
   */
  goOn(history: History): Promise<number | undefined>;
  /** Reads all there is. */
  anew(): Promise<{ readonly history: History; readonly sent: number }>;
}

/** Both reject where the store fails, or does not answer in time. */
export function readings(store: LogStore, clock: Clock): Readings {
  async function page(from: number): Promise<{ readonly reading: LogReading; readonly sent: number }> {
    const sent = clock.monotonic();
    const reading = await within(clock, pageMs, store.read(from));
    if (reading === tooSlow) throw new Error(`the log was not read within ${pageMs} ms`);
    return { reading, sent };
  }

  async function goOn(history: History): Promise<number | undefined> {
    for (let count = 0; count < maxPages; count++) {
      const { number } = history.position;
      const { reading, sent } = await page(Math.max(1, number));
      if (!continues(history, reading)) return undefined;
      history.learn(reading.rows, reading.floor);
      if (history.position.number >= reading.last || history.position.number === number) return sent;
    }
    throw new Error('the log has no end');
  }

  async function anew() {
    const { reading } = await page(1);
    const history = new History(reading.generation);
    history.learn(reading.rows, reading.floor);
    const sent = await goOn(history);
    if (sent === undefined) throw new Error('the log changed while it was read');
    return { history, sent };
  }

  return { goOn, anew };
}

/** Whether a reading from the last known row on, that row included, shows that row. */
function continues(history: History, { generation, floor, rows, last }: LogReading): boolean {
  const known = history.last;
  if (generation !== history.generation || last < history.position.number) return false;
  if (known === undefined) return floor === history.floor;
  const [first] = rows;
  return first?.number === known.number && first.id === known.id;
}
