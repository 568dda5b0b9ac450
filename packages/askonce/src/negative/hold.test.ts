import { describe, expect, it } from 'vitest';
import { fakeClock } from '../testing/fake-clock.ts';
import { holdMs } from './hold.ts';

const now = fakeClock().now();
const inSeconds = (seconds: number) => new Date(now + seconds * 1000);

describe('the time a failing provider is left alone', () => {
  it('a failing provider is left alone for a second, twice as long after each failure, and five minutes at most', () => {
    const waits = [1, 2, 3, 8, 9, 10, 999].map((failures) => holdMs(failures, {}, now));
    expect(waits).toEqual([1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000]);
  });

  it.each([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['seconds with a fraction', { 'retry-after': '1.5' }, 1_500],
    ['milliseconds', { 'retry-after-ms': '2500' }, 2_500],
    ['milliseconds before seconds', { 'retry-after-ms': '2500', 'retry-after': '7' }, 2_500],
    ['a date', { 'retry-after': inSeconds(30).toUTCString() }, 30_000],
    ['a date of RFC 850', { 'retry-after': 'Tuesday, 01-Jan-30 00:01:00 GMT' }, 60_000],
    ['more than an hour', { 'retry-after': '86400' }, 3_600_000],
    ['a date in a year', { 'retry-after': inSeconds(31_536_000).toUTCString() }, 3_600_000],
    ['digits without an end', { 'retry-after': '9'.repeat(400) }, 3_600_000],
  ])(
    'a failing provider is left alone for as long as it asks for in %s, an hour at most',
    (_form, headers, wait) => {
      expect(holdMs(1, headers, now)).toBe(wait);
    },
  );

  it.each([
    ['less than the usual', { 'retry-after': '0' }],
    ['a date that is past', { 'retry-after': inSeconds(-60).toUTCString() }],
    ['a negative number', { 'retry-after': '-5' }],
    ['nothing', { 'retry-after': '' }],
    ['a word', { 'retry-after': 'soon' }],
    ['a day without a date', { 'retry-after': 'Mon' }],
    ['an exponent', { 'retry-after': '1e9' }],
    ['several values', { 'retry-after': ['60', '90'] }],
  ])('a failing provider is left alone for the usual time if it asks for %s', (_form, headers) => {
    expect(holdMs(1, headers, now)).toBe(1_000);
  });
});
