/**
 * The report of a month: what was saved and spent, beside the month before.
 */
import { type Clock, systemClock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import {
  bucketMs,
  type CounterSum,
  type Dimensions,
  type Figures,
  type LedgerQueries,
  type Pattern,
} from '../contract.ts';
import { type Counts, noCounts, spentNano } from '../counts.ts';
import type { PriceSource } from '../pricing/contract.ts';
import { type Calendar, openCalendar } from '../statistics/calendar.ts';
import { sumOf } from '../statistics/figures.ts';

export interface SavingsReportOptions {
  /** `2026-11`. Default: the current month. */
  readonly month?: string | undefined;
  /** Where months begin: a name of the IANA database, or an offset. Default: `UTC`. */
  readonly timeZone?: string | undefined;
  /** How many of the top questions are shown. Default 10; 0 for none. */
  readonly questions?: number | undefined;
  /** Where prices are from. */
  readonly prices: PriceSource;
  readonly clock?: Clock | undefined;
}

/** A month, and all that was counted in it. Instants are milliseconds since the epoch. */
export interface ReportedMonth {
  /** `2026-11` */
  readonly name: string;
  readonly from: number;
  /** Its end, which is not part of it. */
  readonly to: number;
  readonly isOver: boolean;
  readonly figures: Figures;
  /** The start of the first quarter of an hour for which there are figures, and the end of the last one. */
  readonly counted: { readonly from: number; readonly to: number } | undefined;
}

/** What both months have of one model, category, language or tenant. */
export interface ReportedGroup {
  /** '' where requests name none. */
  readonly name: string;
  readonly month: Readonly<Counts>;
  readonly before: Readonly<Counts>;
}

/** What the report has a table for each of. */
export const reportedDimensions = [
  'model',
  'category',
  'language',
  'tenant',
] as const satisfies readonly (keyof Dimensions)[];

export type ReportedDimension = (typeof reportedDimensions)[number];

export interface SavingsReport {
  readonly month: ReportedMonth;
  readonly before: ReportedMonth;
  /** The most money first. */
  readonly groups: Readonly<Record<ReportedDimension, readonly ReportedGroup[]>>;
  /** Undefined if none were asked for. Their hits are those since each was stored. */
  readonly questions: readonly Pattern[] | undefined;
  readonly prices: PriceSource;
  readonly timeZone: string;
  readonly madeAt: number;
}

const usualQuestions = 10;
const monthPattern = /^[2-9]\d{3}-(?:0[1-9]|1[0-2])$/;

/**
 * Reads the report of a month from a ledger.
 *
 * @throws AskonceError `invalid_request` for a month that is none or has not begun, or an unknown time zone; `store_failed`
 */
export async function savingsReport(
  ledger: Pick<LedgerQueries, 'counters' | 'patterns'>,
  { month, timeZone, questions = usualQuestions, prices, clock = systemClock }: SavingsReportOptions,
): Promise<SavingsReport> {
  const calendar = await openCalendar(timeZone);
  const now = clock.now();
  const from = month === undefined ? calendar.startOf('monthly', now) : startOfMonth(calendar, month, now);
  const [reported, before] = [
    await monthOf(ledger, calendar, from, now),
    await monthOf(ledger, calendar, calendar.startOf('monthly', from - 1), now),
  ];
  // One after another: each is a query of the same snapshot.
  const groups = {
    model: await groupsBy('model', ledger, reported, before),
    category: await groupsBy('category', ledger, reported, before),
    language: await groupsBy('language', ledger, reported, before),
    tenant: await groupsBy('tenant', ledger, reported, before),
  };
  return {
    month: reported,
    before,
    groups,
    questions: questions > 0 ? await ledger.patterns({ where: {}, limit: questions }) : undefined,
    prices,
    timeZone: calendar.timeZone,
    madeAt: now,
  };
}

function startOfMonth(calendar: Calendar, month: string, now: number): number {
  if (!monthPattern.test(month))
    throw new AskonceError('invalid_request', 'The month must be one such as 2026-11.');
  const { at } = calendar.read(`${month}-01`, 'month');
  if (at > now)
    throw new AskonceError(
      'invalid_request',
      `The month ${month} has not begun. Name the current one or an earlier one.`,
    );
  return at;
}

async function monthOf(
  ledger: Pick<LedgerQueries, 'counters'>,
  calendar: Calendar,
  from: number,
  now: number,
): Promise<ReportedMonth> {
  const to = calendar.endOf('monthly', from);
  const sums = await ledger.counters({ from, to, where: {}, by: 'bucket' });
  const [first, last] = [sums[0], sums.at(-1)];
  return {
    name: calendar.format(from).slice(0, 'YYYY-MM'.length),
    from,
    to,
    isOver: to <= now,
    figures: sumOf(sums),
    counted:
      first === undefined || last === undefined
        ? undefined
        : { from: Number(first.group), to: Number(last.group) + bucketMs },
  };
}

async function groupsBy(
  by: ReportedDimension,
  ledger: Pick<LedgerQueries, 'counters'>,
  month: ReportedMonth,
  before: ReportedMonth,
): Promise<readonly ReportedGroup[]> {
  const sumsIn = async ({ from, to }: ReportedMonth) =>
    byName(await ledger.counters({ from, to, where: {}, by, durations: false }));
  const [sums, earlier] = [await sumsIn(month), await sumsIn(before)];
  return [...new Set([...sums.keys(), ...earlier.keys()])]
    .map((name) => ({
      name,
      month: sums.get(name) ?? noCounts(),
      before: earlier.get(name) ?? noCounts(),
    }))
    .toSorted(
      (one, other) =>
        worthOf(other.month) - worthOf(one.month) ||
        other.month.requests - one.month.requests ||
        worthOf(other.before) - worthOf(one.before) ||
        (one.name < other.name ? -1 : 1),
    );
}

function byName(sums: readonly CounterSum[]): ReadonlyMap<string, Readonly<Counts>> {
  return new Map(sums.map(({ group, counts }) => [group, counts]));
}

/** The money that is at stake. */
function worthOf(counts: Readonly<Counts>): number {
  return counts.savedNano + counts.sharedNano + spentNano(counts);
}
