import { expect, it } from 'vitest';
import { bytes, count, dollars, duration, percent, rate, sparkline } from './numbers.ts';
import { clipped, fitted, printable, widthOf } from './text.ts';

it.each([
  ['clear \u001b[2J\u001b[31mred\u001b]0;title\u0007', 'clear [2J[31mred]0;title'],
  ['one\r\ntwo\tthree', 'one two three'],
  ['\u009b2J and \u0090 too', '2J and too'],
  ['trojan \u202Eevil\u202C \u2066source\u2069', 'trojan evil source'],
  ['zero\u200Bwidth\uFEFF', 'zerowidth'],
  [
    '\u{1F468}\u200D\u{1F469}\u200D\u{1F467} ❤\uFE0F \u{1F44D}\u{1F3FD}',
    '\u{1F468}\u{1F469}\u{1F467} ❤ \u{1F44D}',
  ],
  [`e${'\u0301'.repeat(50)}`, `e${'\u0301'.repeat(4)}`],
  ['שלום עולם', 'שלום עולם'],
])('of %j a terminal is sent only what it shows', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

it('a text of a megabyte is cut before it is looked at', () => {
  expect(printable('x'.repeat(1_000_000))).toHaveLength(1000);
});

it.each([
  'What is a lease?',
  '请问如何重置密码？我忘记了',
  'שלום, איך מאפסים סיסמה?',
  '🎉🎉🎉🎉🎉🎉🎉',
  'a\u0301b\u0301c\u0301d\u0301e\u0301f\u0301',
  '',
])('the text %j takes exactly the cells of its column, whatever its script', (text) => {
  for (let width = 0; width < 30; width += 1) {
    expect(widthOf(fitted(text, width))).toBe(width);
    expect(widthOf(fitted(text, width, 'right'))).toBe(width);
    expect(widthOf(clipped(text, width))).toBeLessThanOrEqual(width);
  }
});

it('a text that is cut ends with an ellipsis, and no character is halved', () => {
  expect(clipped('请问如何', 6)).toBe('请问…');
  expect(clipped('请问如何', 8)).toBe('请问如何');
  expect(clipped('abcdef', 4)).toBe('abc…');
});

it('numbers have the digits that count', () => {
  expect([0, 7, 9999, 12_345, 1_234_567].map(count)).toEqual(['0', '7', '9999', '12.3k', '1.23M']);
  expect([null, 0, 0.5, 12.34, 1234].map(rate)).toEqual(['–', '0', '0.50', '12.3', '1.23k']);
  expect([null, 0.12345, 0.9996, 1].map(percent)).toEqual(['–', '12.3 %', '99.9 %', '100.0 %']);
  expect([null, 0.213, 2.44, 120, 1234, 61_000].map(duration)).toEqual([
    '–',
    '0.21 ms',
    '2.4 ms',
    '120 ms',
    '1.2 s',
    '61 s',
  ]);
  expect([0, 1023, 1024, 5_500_000].map(bytes)).toEqual(['0 B', '1023 B', '1.0 KB', '5.2 MB']);
  expect([0, 0.00123, 0.5, 12.3, -4, 123_456].map((value) => dollars(value, { signed: true }))).toEqual([
    '$0.00',
    '+$0.00123',
    '+$0.500',
    '+$12.30',
    '-$4.00',
    '+$123k',
  ]);
});

it('a line of bars has its largest value full, and nothing is nothing', () => {
  expect(sparkline([0, 4, 8], 10)).toBe('▁▄█');
  expect(sparkline([0, 0], 10)).toBe('▁▁');
  expect(sparkline([1, 2, 3, 4], 2)).toHaveLength(2);
});
