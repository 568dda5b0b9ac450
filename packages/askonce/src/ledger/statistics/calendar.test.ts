import { describe, expect, it } from 'vitest';
import { bucketMs } from '../contract.ts';
import { openCalendar, type PeriodName } from './calendar.ts';

const dayMs = 86_400_000;

/** The period of an instant by the platform's own formatter: another way to the same answer. */
function periodNamesIn(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    timeZoneName: 'longOffset',
  });
  return (period: PeriodName, at: number): string => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const { year, month, day, hour, timeZoneName } = parts;
    if (period === 'hourly') return `${year}-${month}-${day} ${hour} ${timeZoneName}`;
    if (period === 'monthly') return `${year}-${month}`;
    if (period === 'daily') return `${year}-${month}-${day}`;
    const noon = Date.parse(`${year}-${month}-${day}T12:00:00Z`);
    const monday = new Date(noon - ((new Date(noon).getUTCDay() + 6) % 7) * dayMs);
    return monday.toISOString().slice(0, 10);
  };
}

const zones = [
  ['UTC', '2026-02-20', 20],
  ['Europe/Paris', '2026-03-20', 16],
  ['Europe/Paris', '2026-10-18', 16],
  ['Asia/Kathmandu', '2026-01-25', 14],
  ['Australia/Lord_Howe', '2026-03-28', 14],
  ['Australia/Lord_Howe', '2026-09-27', 14],
  ['America/St_Johns', '2026-10-25', 14],
  ['America/Havana', '2026-10-25', 14],
  ['America/Santiago', '2026-08-30', 14],
  ['Africa/Cairo', '2026-10-25', 14],
  ['Asia/Beirut', '2026-03-22', 14],
  ['Pacific/Apia', '2011-12-20', 20],
  ['America/Sao_Paulo', '2018-02-10', 14],
] as const;

describe.each(zones)('%s from %s for %i days', (timeZone, from, days) => {
  it.each(['hourly', 'daily', 'weekly', 'monthly'] as const)(
    '%s periods begin where the clocks and calendars of the zone say so',
    async (period) => {
      const calendar = await openCalendar(timeZone);
      const nameOf = periodNamesIn(timeZone);
      const begin = Date.parse(`${from}T00:00:00Z`);
      let start = calendar.startOf(period, begin);
      let end = calendar.endOf(period, start);
      for (let at = begin; at < begin + days * dayMs; at += bucketMs) {
        if (at >= end) {
          start = end;
          end = calendar.endOf(period, start);
          expect([start % bucketMs, nameOf(period, at - bucketMs)]).not.toEqual([0, nameOf(period, at)]);
        }
        expect([calendar.startOf(period, at), at < end]).toEqual([start, true]);
        expect(nameOf(period, at)).toBe(nameOf(period, start));
      }
    },
  );
});

it.each([
  ['Europe/Paris', '2026-03-29', 23],
  ['Europe/Paris', '2026-10-25', 25],
  ['Australia/Lord_Howe', '2026-10-04', 23.5],
  ['Australia/Lord_Howe', '2026-04-05', 24.5],
  ['Asia/Kathmandu', '2026-03-29', 24],
])('in %s the day %s has %d hours, and its hours fill it', async (timeZone, day, hours) => {
  const calendar = await openCalendar(timeZone);
  const { at, isDay } = calendar.read(day, 'from');
  const end = calendar.endOf('daily', at);
  expect([isDay, (end - at) / 3_600_000]).toEqual([true, hours]);
  let rows = 0;
  let from = at;
  for (; from < end; rows++) from = calendar.endOf('hourly', from);
  expect([from, rows]).toEqual([end, Math.ceil(hours)]);
});

it('an instant is read with its offset, or else as the clocks of the zone show it', async () => {
  const calendar = await openCalendar('Asia/Kathmandu');
  const instant = { at: Date.parse('2026-11-29T08:00:00Z'), isDay: false };
  for (const text of [
    '2026-11-29T08:00:00Z',
    '2026-11-29T08:00Z',
    '2026-11-29T13:45:00',
    '2026-11-29T13:45:00+05:45',
    '2026-11-29T13:45:00 05:45',
    '2026-11-29T08:00:00.000Z',
  ])
    expect(calendar.read(text, 'from')).toEqual(instant);
  expect(calendar.format(instant.at)).toBe('2026-11-29T13:45:00+05:45');
});

it.each([
  '',
  'yesterday',
  '2026-02-30',
  '2026-13-01',
  '2026-1-1',
  '1764374400000',
  '2026-11-29T25:00:00Z',
  'x'.repeat(100_000),
])('a date that is none is refused by the name of its parameter: %s', async (text) => {
  const calendar = await openCalendar();
  expect(() => calendar.read(text, 'to')).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      message: 'to must be a day (2026-11-29) or an instant (2026-11-29T08:00:00Z).',
    }),
  );
});

it('a zone is a name of the database in any case, or an offset', async () => {
  const named = async (zone: string) => (await openCalendar(zone)).timeZone;
  expect(await named('europe/paris')).toBe('Europe/Paris');
  expect(await named('utc')).toBe('UTC');
  expect(await named('+05:45')).toBe('+05:45');
  // As it arrives in a URL that did not encode it.
  expect(await named(' 05:45')).toBe('+05:45');
  for (const zone of ['', 'Mars/Base', 'x'.repeat(100_000), 'Europe/Paris; DROP TABLE'])
    await expect(openCalendar(zone)).rejects.toThrow(/^timeZone must be a name of the IANA database/);
});

it('instants are written with Z in UTC, and with an offset elsewhere', async () => {
  const at = Date.parse('2026-01-01T00:00:00Z');
  expect((await openCalendar('UTC')).format(at)).toBe('2026-01-01T00:00:00Z');
  expect((await openCalendar('Europe/London')).format(at)).toBe('2026-01-01T00:00:00+00:00');
});
