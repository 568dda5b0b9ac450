import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardNames } from '../../settings/semantic-settings.ts';
import { type GuardOptions, openGuards } from './guards.ts';

const guards = openGuards();
const names = (one: string, other: string, language = 'en') =>
  guards.vetoes(one, other, language).map(({ guard }) => guard);

const languages = fc.constantFrom('en', 'es', 'pt', 'ru', 'he', 'de', 'fr', 'und', 'pt-br');
const words = fc.constantFrom(
  ...'How do I not pay in Rome with 3 kg or 30 kg of LN-5567 "x" `a` без не с sin no 1,000 $5k и second'.split(
    ' ',
  ),
  ...'לא את העברה ל-2 שקלים לדולרים מ'.split(' '),
  'twenty-five',
  '?',
  '!',
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.array(words, { maxLength: 12 }).map((list) => list.join(' ')),
);

describe('the guards as one', () => {
  it('a verdict is the same whichever question is asked first, and no question is vetoed beside itself', () => {
    fc.assert(
      fc.property(text, text, languages, (one, other, language) => {
        expect(guards.vetoes(one, other, language)).toEqual(guards.vetoes(other, one, language));
        expect(guards.vetoes(one, one, language)).toEqual([]);
        expect(guards.veto(one, other, language)).toEqual(guards.vetoes(one, other, language)[0]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a guard that is off vetoes nothing', () => {
    for (const name of guardNames) {
      const others = openGuards({ names: guardNames.filter((other) => other !== name) });
      expect(others.names).not.toContain(name);
      expect(openGuards({ names: [name] }).names).toEqual([name]);
    }
    expect(openGuards({ names: [] }).vetoes('3 kg', '30 kg', 'en')).toEqual([]);
    expect(
      openGuards({ names: ['numbers'] }).vetoes('How much is 3 kg of Roman tea?', 'How much is 30 kg?', 'en'),
    ).toEqual([{ guard: 'numbers', reason: expect.stringContaining('30 kg') }]);
  });

  it('politeness makes no difference', () => {
    expect(names('Good morning, how do I cancel my order, please?', 'how do I cancel my order')).toEqual([]);
    expect(
      names('¿Cuál es el límite diario?', 'Buenas tardes, ¿cuál es el límite diario, por favor?', 'es'),
    ).toEqual([]);
  });

  it('the version changes with the rules, and not with the order in which they are named', () => {
    const version = (options: GuardOptions) => openGuards(options).version;
    expect(version({ names: ['numbers', 'names'] })).toBe(version({ names: ['names', 'numbers'] }));
    const versions = [
      version({}),
      version({ names: ['numbers'] }),
      version({ opposites: { en: [['postpaid', 'prepaid']] } }),
      version({ ownGuards: { tickers: () => undefined } }),
    ];
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('a guard of the application is asked in one order only, and counts as a veto if it throws', () => {
    const asked: string[] = [];
    const own = openGuards({
      names: [],
      ownGuards: {
        order: (one, other) => {
          asked.push(`${one}|${other}`);
          return one < other ? undefined : 'the other way round';
        },
        broken: () => {
          throw new Error('broken');
        },
      },
    });
    const veto = [{ guard: 'broken', reason: 'the guard failed' }];
    expect([own.vetoes('a', 'b', 'en'), own.vetoes('b', 'a', 'en')]).toEqual([veto, veto]);
    expect(asked).toEqual(['a|b', 'a|b']);
  });

  it('long texts of any kind are compared in one pass', () => {
    const parts = [
      'a',
      'a ',
      '1',
      '1 000 ',
      '1.',
      '"',
      '`',
      '```',
      '(',
      'a_',
      'a.',
      '.',
      'no ',
      'не ',
      'A ',
      "n't ",
      'up ',
    ];
    for (const part of parts) {
      const [one, other] = [`${part.repeat(4_000)}x`, `${part.repeat(4_001)}y`];
      for (const language of ['en', 'he'])
        expect(guards.vetoes(one, other, language).length).toBeGreaterThanOrEqual(0);
    }
  });
});
