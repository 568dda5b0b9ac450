/**
 * Statistics: the ledger's figures, a row for each hour, day, week or month.
 */
import { type Clock, systemClock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import type { Dimensions, Figures, LedgerStore } from '../contract.ts';
import type { PriceSource } from '../pricing/contract.ts';
import { type PeriodName, periodNames } from './calendar.ts';
import { addFigures, noFigures, type ShownFigures, shown, sumOf } from './figures.ts';
import { periodsOf, type RangeQuery, type Span, turn } from './range.ts';

export interface StatisticsQuery extends RangeQuery {
  /** Default `daily`. */
  readonly period?: PeriodName | undefined;
  /** Only requests that have all of these. */
  readonly where?: Partial<Dimensions> | undefined;
}

export interface StatisticsOptions {
  readonly clock?: Clock | undefined;
  /** Where prices are from, for the answer. */
  readonly prices: PriceSource;
}

export interface StatisticsRow extends ShownFigures {
  /** The beginning of the period, with the offset that the zone has then. */
  readonly from: string;
  /** Its end, which is not part of it. */
  readonly to: string;
}

export interface Statistics {
  readonly period: PeriodName;
  readonly timeZone: string;
  readonly currency: 'USD';
  readonly prices: PriceSource;
  /** One for each period, also where there was nothing. */
  readonly rows: readonly StatisticsRow[];
  /** All of them together. */
  readonly total: StatisticsRow;
}

/** Milliseconds of one query: an answer of at most 2 976 sums. */
const sliceMs = 31 * 86_400_000;

/**
 * Statistics of a range, by default of the last 24 hours, 30 days, 12 weeks or 12 months. The range is rounded outwards to
 * whole periods.
 *
 * @throws AskonceError `invalid_request`, which names the parameter that is wrong; `store_failed`
 */
export async function statistics(
  ledger: Counters,
  { period = 'daily', where = {}, ...query }: StatisticsQuery,
  { clock = systemClock, prices }: StatisticsOptions,
): Promise<Statistics> {
  if (!periodNames.includes(period))
    throw new AskonceError('invalid_request', `period must be one of ${periodNames.join(', ')}.`);
  const { calendar, periods, from, to } = await periodsOf(period, query, clock.now());
  const isShort = period === 'hourly' || period === 'daily';
  const sums = await (isShort ? sumsByBucket : sumsByPeriod)(ledger, periods, where);
  const row = (span: Span, figures: Figures): StatisticsRow => ({
    from: calendar.format(span.from),
    to: calendar.format(span.to),
    ...shown(figures),
  });
  const rows: StatisticsRow[] = [];
  for (const [place, span] of periods.entries()) {
    await turn(place);
    rows.push(row(span, sums[place] ?? noFigures()));
  }
  return {
    period,
    timeZone: calendar.timeZone,
    currency: 'USD',
    prices,
    rows,
    total: row({ from, to }, sumOf(sums)),
  };
}

type Counters = Pick<LedgerStore, 'counters'>;

/** The sum of each period. The periods are in ascending order, and so are the buckets of an answer. */
async function sumsByBucket(
  ledger: Counters,
  periods: readonly Span[],
  where: Partial<Dimensions>,
): Promise<readonly Figures[]> {
  const sums = periods.map(noFigures);
  const end = periods.at(-1)?.to ?? 0;
  let place = 0;
  for (let from = periods[0]?.from ?? end; from < end; from += sliceMs) {
    const to = Math.min(from + sliceMs, end);
    for (const figures of await ledger.counters({ from, to, where, by: 'bucket' })) {
      const bucket = Number(figures.group);
      while (bucket >= (periods[place]?.to ?? Number.POSITIVE_INFINITY)) place++;
      const sum = sums[place];
      if (sum !== undefined) addFigures(sum, figures);
    }
  }
  return sums;
}

/** The same for periods of many buckets, which a store adds up faster than it hands them over. */
async function sumsByPeriod(
  ledger: Counters,
  periods: readonly Span[],
  where: Partial<Dimensions>,
): Promise<readonly Figures[]> {
  const sums: Figures[] = [];
  for (const { from, to } of periods)
    sums.push(sumOf(await ledger.counters({ from, to, where, by: 'protocol' })));
  return sums;
}
