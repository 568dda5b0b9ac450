/**
 * Hours, days, weeks and months as a time zone has them: of 23 and 25 hours, from the offset that the day has. Instants are
 * milliseconds since the epoch.
 */
import type { Temporal } from 'temporal-polyfill';
import { AskonceError } from '../../errors.ts';

export const periodNames = ['hourly', 'daily', 'weekly', 'monthly'] as const;

/** `weekly`: from Monday (ISO 8601). */
export type PeriodName = (typeof periodNames)[number];

export interface Calendar {
  /** The zone's name as its database spells it, or an offset: `Europe/Paris`, `+05:45`. */
  readonly timeZone: string;
  /** The beginning of the period that an instant is in. */
  startOf(period: PeriodName, at: number): number;
  /** The end of the period that begins at an instant: where the next one begins. */
  endOf(period: PeriodName, start: number): number;
  /**
   * Reads a day (`2026-11-29`), or an instant with or without an offset (`2026-11-29T08:00:00Z`). `name` is the parameter's.
   * @throws AskonceError `invalid_request`
   */
  read(text: string, name: string): { readonly at: number; readonly isDay: boolean };
  /** An instant with the offset that the zone has then: `2026-11-29T00:00:00+01:00`; with `Z` in UTC. */
  format(at: number): string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Longer texts are no dates; they are not parsed. */
const longestText = 64;
/** Before 1970 there was no ledger; years of five digits are mistakes. */
const lastInstant = Date.parse('9999-12-30T00:00:00Z');
const dayPattern = /^\d{4}-\d{2}-\d{2}$/;
const offsetPattern = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/i;

/**
 * The calendar of a time zone: a name of the IANA database, or an offset.
 * @throws AskonceError `invalid_request` for an unknown zone
 */
export async function openCalendar(zone = 'UTC'): Promise<Calendar> {
  // Some ten megabytes, which a gateway without a reader of statistics does not need.
  const { Temporal: temporal } = await import('temporal-polyfill');
  const timeZone = zoneName(zone, (id) => new temporal.ZonedDateTime(0n, id).timeZoneId);
  /** No offset changes from the first instant to the second one. */
  let quiet = { from: 0, to: 0 };

  const zoned = (at: number) => temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const startOfDay = (date: Temporal.PlainDate) => date.toZonedDateTime(timeZone).epochMilliseconds;

  /** The next instant, after the given one, at which the offset changes. */
  function nextChange(after: number): number {
    if (after >= quiet.from && after < quiet.to) return quiet.to;
    const next = zoned(after).getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
    quiet = { from: after, to: next };
    return next;
  }

  function firstDay(period: PeriodName, at: number): Temporal.PlainDate {
    const date = zoned(at).toPlainDate();
    if (period === 'weekly') return date.subtract({ days: date.dayOfWeek - 1 });
    return period === 'monthly' ? date.with({ day: 1 }) : date;
  }

  /** Milliseconds since the clocks of the zone showed a full hour. */
  function intoHour(at: number): number {
    const { minute, second, millisecond } = zoned(at);
    return minute * minuteMs + second * 1000 + millisecond;
  }

  // Where clocks are set by half an hour, hours of 30 minutes come before or after.
  function startOfHour(at: number): number {
    const start = at - intoHour(at);
    const change = nextChange(start);
    return change <= at ? change : start;
  }

  function instantOf(text: string, isDay: boolean): number {
    if (isDay) return startOfDay(temporal.PlainDate.from(text, { overflow: 'reject' }));
    if (offsetPattern.test(text)) return temporal.Instant.from(text).epochMilliseconds;
    return temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds;
  }

  function instantIn(text: string): { readonly at: number; readonly isDay: boolean } {
    if (text.length > longestText) throw new RangeError('too long');
    const isDay = dayPattern.test(text);
    // In a URL a bare plus sign is a space.
    const at = instantOf(text.replace(/ (?=\d{2}(?::?\d{2})?$)/, '+'), isDay);
    if (at < 0 || at > lastInstant) throw new RangeError('out of bounds');
    return { at, isDay };
  }

  return {
    timeZone,
    startOf: (period, at) => (period === 'hourly' ? startOfHour(at) : startOfDay(firstDay(period, at))),
    endOf(period, start) {
      if (period === 'hourly') return Math.min(start + hourMs - intoHour(start), nextChange(start));
      const step = { daily: { days: 1 }, weekly: { days: 7 }, monthly: { months: 1 } }[period];
      let day = firstDay(period, start).add(step);
      // A zone may leave out a day, as Samoa did in 2011: it begins and ends with the next one.
      let end = startOfDay(day);
      while (end <= start) {
        day = day.add(step);
        end = startOfDay(day);
      }
      return end;
    },
    read(text, name) {
      try {
        return instantIn(text);
      } catch (cause) {
        throw new AskonceError(
          'invalid_request',
          `${name} must be a day (2026-11-29) or an instant (2026-11-29T08:00:00Z).`,
          { cause },
        );
      }
    },
    format(at) {
      const text = zoned(at).toString({ timeZoneName: 'never', smallestUnit: 'second' });
      return timeZone === 'UTC' ? text.replace(/\+00:00$/, 'Z') : text;
    },
  };
}

function zoneName(zone: string, canonical: (id: string) => string): string {
  try {
    if (zone.length > longestText) throw new RangeError('too long');
    return canonical(zone.replace(/^ (?=\d)/, '+'));
  } catch (cause) {
    throw new AskonceError(
      'invalid_request',
      'timeZone must be a name of the IANA database, such as Europe/Paris or UTC.',
      { cause },
    );
  }
}
