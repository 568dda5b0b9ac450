/**
 * The range that a caller asks about: from, to, and the periods within it.
 */
import { AskonceError } from '../../errors.ts';
import { bucketMs } from '../contract.ts';
import { type Calendar, openCalendar, type PeriodName } from './calendar.ts';

export interface RangeQuery {
  /** A day, which counts from its beginning, or an instant. */
  readonly from?: string | undefined;
  /** A day, which is included, or an instant, which is not. Default: now. */
  readonly to?: string | undefined;
  /** A name of the IANA database, or an offset. Default: `UTC`. */
  readonly timeZone?: string | undefined;
}

/** Milliseconds since the epoch; `to` is not included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Range extends Span {
  readonly calendar: Calendar;
}

export interface PeriodsOfRange extends Range {
  /** Without gaps, in ascending order. */
  readonly periods: readonly Span[];
}

/** How many periods there are by default, up to now. */
const usual: Readonly<Record<PeriodName, number>> = { hourly: 24, daily: 30, weekly: 12, monthly: 12 };
const mostPeriods = 1_000;
/** Of a range without periods, by default. */
const usualDays = 30;

/**
 * The periods from the one that `from` is in to the one that `to` is in.
 * @throws AskonceError `invalid_request`, which names the parameter
 */
export async function periodsOf(period: PeriodName, query: RangeQuery, now: number): Promise<PeriodsOfRange> {
  const calendar = await openCalendar(query.timeZone);
  const end = endOfRange(calendar, query.to, now);
  // The last instant is within the range, the end is not.
  const last = calendar.startOf(period, end - 1);
  const first =
    query.from === undefined
      ? earlier(calendar, period, last, usual[period] - 1)
      : calendar.startOf(period, startOfRange(calendar, query.from, end));
  const periods: Span[] = [];
  for (let from = first; from <= last; ) {
    if (periods.length === mostPeriods) throw tooMany(period);
    await turn(periods.length);
    const to = calendar.endOf(period, from);
    periods.push({ from, to });
    from = to;
  }
  return { calendar, periods, from: first, to: periods.at(-1)?.to ?? first };
}

/**
 * A range by itself, in whole quarters of an hour.
 * @throws AskonceError `invalid_request`, which names the parameter
 */
export async function rangeOf(query: RangeQuery, now: number): Promise<Range> {
  const calendar = await openCalendar(query.timeZone);
  const end = endOfRange(calendar, query.to, now);
  const from =
    query.from === undefined
      ? earlier(calendar, 'daily', calendar.startOf('daily', end - 1), usualDays - 1)
      : startOfRange(calendar, query.from, end);
  return {
    calendar,
    from: Math.floor(from / bucketMs) * bucketMs,
    to: Math.ceil(end / bucketMs) * bucketMs,
  };
}

/** The end, exclusive: where `to` is a day, its end. */
function endOfRange(calendar: Calendar, to: string | undefined, now: number): number {
  // What is asked for now is within the range.
  if (to === undefined) return now + 1;
  const { at, isDay } = calendar.read(to, 'to');
  return isDay ? calendar.endOf('daily', at) : at;
}

function startOfRange(calendar: Calendar, from: string, end: number): number {
  const { at } = calendar.read(from, 'from');
  if (at >= end) throw new AskonceError('invalid_request', 'from must be before to.');
  return at;
}

function earlier(calendar: Calendar, period: PeriodName, start: number, count: number): number {
  let at = start;
  for (let left = count; left > 0; left--) at = calendar.startOf(period, at - 1);
  return at;
}

/** Lets others have their turn after every few rows: time zones take long, and a gateway serves requests meanwhile. */
export async function turn(row: number): Promise<void> {
  if (row % 25 === 24) await new Promise((resolve) => setImmediate(resolve));
}

function tooMany(period: PeriodName): AskonceError {
  return new AskonceError(
    'invalid_request',
    `from and to span more than ${mostPeriods} rows (period ${period}); ask for a shorter range, or for a longer period.`,
  );
}
