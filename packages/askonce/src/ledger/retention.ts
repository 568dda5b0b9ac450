/**
 * How long and how much a ledger keeps. Every hour, what is too old or too much is removed.
 *
 * Age is only believed where something speaks for the clock. If the machine starts with a clock that is years ahead, or the
 * clock is set so, everything would be too old at once. So nothing is removed by age while the last data before today is
 * older than {@link toleratedMs}, unless this process has seen the clock run steadily for a day. The operator
 * has that day to set the clock; a gateway that rests for a month removes the month's old rows a day later. The bounds
 * on bytes and questions hold whatever the clock says.
 */
import type { Clock } from '../clock.ts';
import { AskonceError } from '../errors.ts';
import type { LedgerStore, Retention } from './contract.ts';

export interface RetentionSettings {
  /** Days that rows are kept. Default 90. */
  readonly rowDays: number;
  /** Months that counters, and questions after they were last asked, are kept. Default 25. */
  readonly counterMonths: number;
  /** Bytes of all tables. Default 1 073 741 824 (1 GB). */
  readonly maxBytes: number;
  /** Default 100 000. */
  readonly maxPatterns: number;
}

export const retentionDefaults: RetentionSettings = {
  rowDays: 90,
  counterMonths: 25,
  maxBytes: 1_073_741_824,
  maxPatterns: 100_000,
};

/** Less leaves no room besides the tables themselves. */
const leastBytes = 1_048_576;
const dayMs = 86_400_000;
/** A jump of the clock, or a gap in the data, up to which age is believed: the most that is removed too early. */
const toleratedMs = 7 * dayMs;

/** @throws AskonceError `invalid_settings` */
export function checkedRetention(own: Partial<RetentionSettings> = {}): RetentionSettings {
  const settings = { ...retentionDefaults, ...own };
  for (const [name, value] of Object.entries(settings)) {
    const least = name === 'maxBytes' ? leastBytes : 1;
    if (!Number.isSafeInteger(value) || value < least)
      throw new AskonceError(
        'invalid_settings',
        `${name} of a ledger must be a whole number of at least ${least}.`,
      );
  }
  return settings;
}

/** The same day of an earlier month, or its last day if it is shorter. */
function monthsBefore(now: number, months: number): number {
  const at = new Date(now);
  const day = at.getUTCDate();
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() - months);
  const lastDay = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
  return at.setUTCDate(Math.min(day, lastDay));
}

/** What the settings mean at an instant. Where age is not believed, nothing is too old. */
function retentionAt(
  now: number,
  settings: RetentionSettings,
  texts: boolean,
  isAgeBelieved: boolean,
): Retention {
  const { rowDays, counterMonths, maxBytes, maxPatterns } = settings;
  const countersSince = isAgeBelieved ? monthsBefore(now, counterMonths) : 0;
  return {
    rowsSince: isAgeBelieved ? now - rowDays * dayMs : 0,
    countersSince,
    patternsSince: countersSince,
    maxBytes,
    maxPatterns,
    texts,
  };
}

export interface Pruning {
  /** Removes what is too old or too much; resolves with the number of rows removed, of all tables. */
  prune(): Promise<number>;
}

interface PruningOptions {
  readonly store: LedgerStore;
  readonly clock: Clock;
  readonly settings: RetentionSettings;
  /** Whether the texts of questions stay. */
  readonly texts: boolean;
  readonly report: (message: string) => void;
}

export function pruning({ store, clock, settings, texts, report }: PruningOptions): Pruning {
  let steadySince = clock.monotonic();
  let offset = clock.now() - clock.monotonic();
  let running: Promise<number> | undefined;

  /** Whether this process has seen the clock run for a day without a jump. */
  function isSteady(): boolean {
    const now = clock.now() - clock.monotonic();
    if (Math.abs(now - offset) > toleratedMs) steadySince = clock.monotonic();
    offset = now;
    return clock.monotonic() - steadySince >= dayMs;
  }

  async function hasCounters(from: number, to: number): Promise<boolean> {
    const first = { from, to, where: {}, by: 'bucket', limit: 1, durations: false } as const;
    return (await store.counters(first)).length > 0;
  }

  async function isAgeBelieved(now: number): Promise<boolean> {
    if (isSteady()) return true;
    // Of the last day there is data at any rate: that which this process, with this clock, has written itself.
    const yesterday = now - dayMs;
    if (await hasCounters(yesterday - toleratedMs, yesterday)) return true;
    return !(await hasCounters(0, yesterday - toleratedMs));
  }

  async function pruneNow(): Promise<number> {
    const now = clock.now();
    const isBelieved = await isAgeBelieved(now);
    if (!isBelieved)
      report(
        'Nothing is removed by age for a day: the clock is more than a week ahead of what the ledger has. Check the clock.',
      );
    return store.prune(retentionAt(now, settings, texts, isBelieved));
  }

  return {
    prune() {
      running ??= pruneNow().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}
