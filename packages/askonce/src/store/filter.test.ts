import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fitOf, keyTest, patternTest } from './filter.ts';

/** The same by a regular expression. */
function expected(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}/-]/g, '\\$&')
    .replace(/\*/g, '[^]*')
    .replace(/\?/g, '[^]');
  return new RegExp(`^${source}$`).test(text);
}

it('a glob matches what the equivalent regular expression matches', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', '{', '.', '\\', '[', '\n', '*', '?'),
    maxLength: 9,
  });
  fc.assert(
    fc.property(text, text, (pattern, rest) => {
      expect(patternTest(pattern)(`askonce:v1:${rest}`)).toBe(expected(pattern, rest));
    }),
    { numRuns: 2_000 },
  );
});

it('a glob is matched after the prefix and the version of a key', () => {
  const key = 'askonce:v1:partition:en:{f1}';
  for (const pattern of ['partition:*', '*:en:*', '*{f?}', '*']) expect(patternTest(pattern)(key)).toBe(true);
  for (const pattern of ['askonce:*', 'v1:*', 'en:*', 'partition'])
    expect(patternTest(pattern)(key)).toBe(false);
});

it("a glob is matched after the prefix of the key of an endpoint's answer, which names its route", () => {
  const key = 'askonce:api:/users/:id:{f1}';
  for (const pattern of ['api:/users/*', 'api:*', '*:{f?}', '*', '*users*'])
    expect(patternTest(pattern)(key)).toBe(true);
  for (const pattern of ['/users/*', 'askonce:*', 'api:/user', 'api:/orders/*'])
    expect(patternTest(pattern)(key)).toBe(false);
  expect(keyTest({ clauses: [], partitions: ['/users/', 'api', ''] })(key)).toBe(true);
  expect(keyTest({ clauses: [], partitions: ['/users/', 'api'] })(key)).toBe(false);
});

it('a pattern with very many stars is decided quickly', () => {
  expect(patternTest(`${'a*'.repeat(120)}b`)(`x:v1:${'a'.repeat(500)}`)).toBe(false);
});

it('a partition is compared with its segment of a key, and with nothing else', () => {
  const fits = keyTest({ clauses: [], partitions: ['ab', 'cd'] });
  const keys = ['x:v1:ab:en:{1}', 'x:v1:cd:ab:{ab}', 'x:v1:abc:ab:{ab}', 'ab:v1:x:en:{1}', ''];
  expect(keys.map(fits)).toEqual([true, true, false, false, false]);
});

it('a filter with keys and a pattern selects keys that satisfy both', () => {
  const fits = keyTest({ clauses: [], keys: ['x:v1:ab', 'x:v1:b'], pattern: 'a*' });
  expect(['x:v1:ab', 'x:v1:b', 'x:v1:ac'].map(fits)).toEqual([true, false, false]);
});

it('fitting by own tags is distinguished from fitting only by added tags', () => {
  const clauses = [new Set(['a', 'b']), new Set(['c'])];
  expect(fitOf(clauses, ['b', 'c'], ['a'])).toBe('own');
  expect(fitOf(clauses, ['b'], ['x', 'c'])).toBe('added');
  expect(fitOf(clauses, ['b'], ['a'])).toBe(undefined);
  expect(fitOf([], [], [])).toBe('own');
  expect(fitOf([new Set()], ['a'], ['a'])).toBe(undefined);
});
