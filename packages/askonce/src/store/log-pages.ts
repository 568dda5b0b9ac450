/** Reading a log page by page, from the last row that is known to its end. */
import { type Clock, tooSlow, within } from '../clock.ts';
import { type LogReading, type LogStore, maxLogRows } from './shared.ts';

/** A page that takes longer would be out of date on arrival. */
const pageMs = 1_000;
/** A page holds up to 1 000 rows; a page without a new row ends the reading. */
const maxPages = (2 * maxLogRows) / 1_000;

interface LogPage {
  readonly reading: LogReading;
  /** Monotonic ms at which the page was asked for: what was appended before is in it. */
  readonly sent: number;
}

export interface LogPagesOptions {
  readonly store: Pick<LogStore, 'read'>;
  readonly clock: Clock;
  /** Names the log in errors. */
  readonly name: 'log' | 'feed';
}

/** Both methods reject if the store fails or does not answer in time. */
export interface LogPages {
  page(from: number): Promise<LogPage>;
  /**
   * Reads on from the last known row, that row included, to the end of the log. `learn` takes a page; false if it does not
   * continue what is known, which ends the reading. Resolves with `LogPage.sent` of the last page, or with undefined if
   * `learn` ended it.
   *
   * @param known number of the last known row
   */
  readOn(known: () => number, learn: (reading: LogReading) => boolean): Promise<number | undefined>;
}

export function logPages({ store, clock, name }: LogPagesOptions): LogPages {
  async function page(from: number): Promise<LogPage> {
    const sent = clock.monotonic();
    const reading = await within(clock, pageMs, store.read(from));
    if (reading === tooSlow) throw new Error(`the ${name} was not read within ${pageMs} ms`);
    return { reading, sent };
  }

  return {
    page,
    async readOn(known, learn) {
      for (let count = 0; count < maxPages; count++) {
        const number = known();
        const { reading, sent } = await page(Math.max(1, number));
        if (!learn(reading)) return undefined;
        if (known() >= reading.last || known() === number) return sent;
      }
      throw new Error(`the ${name} has no end`);
    },
  };
}
