import { describe, expect, it } from 'vitest';
import { wildcards } from './wildcards.ts';

describe('names with wildcards', () => {
  it.each<[string, readonly string[]]>([
    ['a', ['a']],
    ['a*', ['a', 'ab', 'a*']],
    ['*a', ['a', 'ba']],
    ['*a*', ['a', 'bac', 'aa']],
    ['a*b*c', ['abc', 'a-b-c', 'abbcc', 'abcbc']],
    ['*', ['', 'x']],
    ['a**a', ['aa', 'aba']],
    ['a.c', ['a.c']],
  ])('the pattern %s matches %j', (pattern, texts) => {
    for (const text of texts) expect(wildcards([pattern])(text)).toBe(true);
    expect(wildcards(['no', pattern])(texts[0] ?? '')).toBe(true);
  });

  it.each<[string, readonly string[]]>([
    ['a', ['', 'A', 'ab', 'ba']],
    ['a*', ['', 'ba']],
    ['*a', ['ab']],
    ['a*a', ['a']],
    ['a*b*c', ['ac', 'acb', 'abd', 'a-c-b']],
    ['a*bc*c', ['abc']],
    ['a.c', ['abc']],
  ])('the pattern %s does not match %j', (pattern, texts) => {
    for (const text of texts) expect(wildcards([pattern])(text)).toBe(false);
    expect(wildcards([])('')).toBe(false);
  });
});
