import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearPattern, reasonNotLinear } from './linear-pattern.ts';
import { librarySettings } from './read.ts';

describe('a pattern that would backtrack for hours', () => {
  it.each([
    ['(a+)+$', 'a', 'b'],
    ['(a|a)*$', 'a', 'b'],
    ['(a|aa)+$', 'a', 'b'],
    ['(x+x+)+y', 'x', ''],
    ['(.*,){11}P', '1,', ''],
    ['([a-zA-Z]+)*$', 'a', '!'],
    ['(?:\\s*\\w*)*$', ' a', '!'],
    ['^(\\w+\\s?)*$', 'a ', '!'],
  ])('%s ends on 100 000 characters and more', (pattern, part, last) => {
    const text = part.repeat(100_000) + last;
    expect(linearPattern(pattern).replaceAll(text, '#').length).toBeLessThanOrEqual(text.length + 1);
  });
});

it.each([
  ['\\d{4}-\\d\\d-\\d\\d', '', 'on 2026-11-29 and 2026-12-01', 'DATE'],
  ['id-[0-9a-f]+', 'i', 'ID-0A and id-ff', ''],
  ['(?<day>\\d+)\\.(\\d+)', '', '29.11 and 1.12', '$2/$<day> [$&] $$ $3'],
  ['^a.c$', 'm', 'abc\nadc\nxabc', '#'],
  ['a.c', 's', 'a\nc', '#'],
  ['a.c', '', 'a\nc a\rc a\u2028c abc', '#'],
  ['\\s+', '', 'a \t\n\v\f\r\u00a0\u1680\u2003\u2028\u202f\u3000\ufeffb', '_'],
  ['\\S+', '', 'one\u00a0two three', '#'],
  ['[\\s,]+', '', 'a,\u00a0b', '_'],
  ['[[(]', '', 'a[b(c', '#'],
  ['[.]|\\.', '', 'a.b', '#'],
  ['[^\\]]+\\]', '', 'ab]c]', '#'],
  ['\\bfoo\\b', 'gi', 'FOO food foo', '#'],
  ['\\/v1\\/(?:chat|files)', '', '/v1/chat /v1/other', '#'],
  ['\\u00e9|\\x41|\\cJ', '', 'éA\n', '#'],
  ['\\u{1F600}', 'u', 'a😀', '#'],
  ['\\p{L}+', 'u', 'Grüße 12', '#'],
  ['a*', '', 'baac', '-'],
  ['x{2,3}?y', '', 'xxxy', '#'],
  ['[^]', '', 'a\n', '#'],
  ['$', '', 'a\n', '#'],
])('%s with the flags "%s" replaces in %j what JavaScript replaces', (pattern, flags, text, replacement) => {
  const expression = new RegExp(pattern, flags.includes('g') ? flags : `${flags}g`);
  expect(linearPattern(pattern, flags).replaceAll(text, replacement)).toBe(
    text.replace(expression, replacement),
  );
});

it('random patterns of the usual parts replace what JavaScript replaces', () => {
  const part = fc.constantFrom(
    'a',
    'b',
    '.',
    '\\d',
    '\\s',
    '[ab]',
    '[^a\\s]',
    '\\S',
    '(a|b)',
    '(?:ab)',
    '\\b',
    '\\.',
  );
  const often = fc.constantFrom('', '', '+', '*', '?', '{2}', '+?');
  const repeated = fc.tuple(part, often).map(([one, how]) => (one === '\\b' ? one : one + how));
  const pattern = fc.array(repeated, { minLength: 1, maxLength: 4 }).map((all) => all.join(''));
  const text = fc.array(fc.constantFrom('a', 'b', '1', ' ', '\u00a0', '.', '\n'), { maxLength: 24 });
  fc.assert(
    fc.property(pattern, text, (source, characters) => {
      const joined = characters.join('');
      expect(linearPattern(source).replaceAll(joined, '<$&>')).toBe(
        joined.replace(new RegExp(source, 'g'), '<$&>'),
      );
    }),
    { numRuns: 500 },
  );
});

describe('a pattern that cannot run in linear time', () => {
  it.each([
    ['(?=a)b', 'look-around'],
    ['(?!a)b', 'look-around'],
    ['(?<=a)b', 'look-around'],
    ['(?<!a)b', 'look-around'],
    ['(a)\\1', 'a back-reference'],
    ['(?<n>a)\\k<n>', 'a back-reference'],
    ['a{2000}', 'invalid repeat count'],
  ])('%s ends the start with a reason that names the setting', (pattern, reason) => {
    expect(() =>
      librarySettings({
        masks: [
          { pattern: 'fine', replacement: '' },
          { pattern, replacement: '' },
        ],
      }),
    ).toThrow(
      expect.objectContaining({
        code: 'invalid_settings',
        message: expect.stringMatching(`^masks at 1: cannot run in linear time \\(${reason}`),
      }),
    );
  });

  it.each(['\\(?=a', '[(?=]', '\\\\1', '(?<name>a)', '(?:a)'])('%s is not taken for one', (pattern) => {
    expect(reasonNotLinear(pattern, undefined)).toBeUndefined();
  });
});

describe('a text that is too long for a pattern', () => {
  const never = () => false;
  const ofLength = (pattern: string, length: number) =>
    linearPattern(pattern).findsAllBefore('a'.repeat(length), never);

  it('is not searched, since nothing can interrupt one search', () => {
    expect(ofLength('(.*a){20}', 2_000_000)).toBe(false);
    expect(ofLength('(.*a){20}', 1000)).toBe(true);
  });

  it('is the longer, the shorter the pattern is', () => {
    expect(ofLength('\\d{4}-\\d\\d', 2_000_000)).toBe(true);
    expect(ofLength('\\d{4}-\\d\\d', 20_000_000)).toBe(false);
  });
});
