import { describe, expect, it } from 'vitest';
import { otherName } from './limits.ts';
import { boundedNames, cleanName, clipped, nameSet, shortName } from './names.ts';

describe('a name', () => {
  it.each([
    ['gpt-4o', 'gpt-4o'],
    ['Größe', 'Größe'],
    ['a\nb\tc\u007f', 'a b c '],
    ['a\0b', 'a\ufffdb'],
    ['half \ud83d', 'half \ufffd'],
    ['x'.repeat(500), 'x'.repeat(200)],
    [`${'x'.repeat(199)}😀`, `${'x'.repeat(199)}\ufffd`],
  ])('is fit for databases and reports: %j', (given, expected) => {
    expect(cleanName(given)).toBe(expected);
  });

  it('is held no longer than it is kept', () => {
    expect(shortName('x'.repeat(1000))).toHaveLength(200);
    expect([shortName('short'), shortName(undefined)]).toEqual(['short', '']);
  });
});

describe('a text', () => {
  it('is clipped to its beginning, with its line breaks', () => {
    expect(clipped('one\ntwo\0', 500)).toBe('one\ntwo\ufffd');
    expect(clipped('ä'.repeat(1000), 500)).toBe('ä'.repeat(500));
  });
});

describe('names', () => {
  it('beyond the bound are `other`, and those before it stay', () => {
    const names = nameSet(2);
    expect(['a', 'b', 'c', 'a', 'd', 'b'].map(names.bound)).toEqual([
      'a',
      'b',
      otherName,
      'a',
      otherName,
      'b',
    ]);
  });

  it('that are the same once they are clean count once', () => {
    const names = nameSet(2);
    expect(['a\n', 'a\t', 'b', 'c'].map(names.bound)).toEqual(['a ', 'a ', 'b', otherName]);
  });

  it('may lack at any time', () => {
    const names = nameSet(0);
    expect([names.bound(''), names.bound('a')]).toEqual(['', otherName]);
  });

  it('are bounded for each dimension by itself', () => {
    const most = { provider: 1, protocol: 1, model: 2, language: 1, category: 1, template: 1, tenant: 1 };
    const { bound } = boundedNames(most);
    const first = {
      provider: 'p',
      protocol: 'q',
      model: 'm1',
      language: 'de',
      category: '',
      template: 't',
      tenant: 'x',
    };
    expect(bound(first)).toEqual(first);
    expect(bound({ ...first, model: 'm2', category: 'c', tenant: 'y' })).toEqual({
      ...first,
      model: 'm2',
      category: 'c',
      tenant: otherName,
    });
  });
});
