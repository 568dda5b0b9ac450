import { describe, expect, it } from 'vitest';
import { finishOf, finishWordsByProvider, isKnownWord, readFinishWords } from './finish-words.ts';

const rows = Object.entries(finishWordsByProvider).flatMap(([provider, words]) =>
  Object.entries(words).map(([word, meaning]) => [provider, word, meaning] as const),
);

describe('finish words', () => {
  it.each(rows)("%s's finish word %s means %s, however it is written", (_provider, word, meaning) => {
    const written = [word, word.toUpperCase(), word.replaceAll('_', '-'), ` ${word.replaceAll('_', ' ')} `];
    expect(written.map((one) => finishOf(one))).toEqual(written.map(() => meaning));
    expect(written.every((one) => isKnownWord(one))).toBe(true);
  });

  it('a finish word means the same with all providers that have it', () => {
    const meanings = new Map<string, Set<string>>();
    for (const [, word, meaning] of rows) meanings.set(word, (meanings.get(word) ?? new Set()).add(meaning));
    expect([...meanings].filter(([, several]) => several.size > 1)).toEqual([]);
    expect(rows.filter(([, word]) => word !== word.toLowerCase() || /[\s-]/.test(word))).toEqual([]);
  });

  it.each([
    ['eos', 'natural'],
    ['STOP', 'natural'],
    ['MAX_TOKENS', 'length'],
    ['content-filter', 'filtered'],
    ['RECITATION', 'filtered'],
    ['contentFilter', 'filtered'],
    ['TokenLimitReached', 'length'],
    ['maxPredictedTokensReached', 'length'],
    ['toolCalls', 'natural'],
    ['insufficient_system_resource', 'failed'],
    ['a word of next year', 'natural'],
    ['', 'incomplete'],
    [' ', 'incomplete'],
    [null, 'incomplete'],
    [undefined, 'incomplete'],
    [7, 'unreadable'],
    [{}, 'unreadable'],
  ])('the finish word %j means %s', (word, meaning) => {
    expect(finishOf(word)).toBe(meaning);
  });

  it('a word that no provider is known for is natural, and not known', () => {
    expect([isKnownWord('a word of next year'), isKnownWord(null), isKnownWord(7)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("the user's own finish words take precedence over the known ones", () => {
    const own = readFinishWords(['Cut Short=length', 'stop = REFUSED', 'nothing', 'x=unheard-of']);
    expect([finishOf('cut_short', own), finishOf('STOP', own), finishOf('x', own)]).toEqual([
      'length',
      'refused',
      'natural',
    ]);
    expect([isKnownWord('cut-short', own), isKnownWord('x', own)]).toEqual([true, false]);
    const joined = readFinishWords(['CutShort=length']);
    const written = ['CutShort', 'cutshort', 'CUTSHORT'];
    expect(written.map((word) => finishOf(word, joined))).toEqual(written.map(() => 'length'));
    expect(finishOf('CutShort', own)).toBe('length');
  });
});
