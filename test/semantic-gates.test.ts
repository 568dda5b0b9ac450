/**
 * What each gate keeps out, in five languages, and what passes.
 */
import { describe, expect, it } from 'vitest';
import type { GateName } from '../packages/askonce/src/semantic/contract.ts';
import { createGates, gateNames } from '../packages/askonce/src/semantic/gates/gates.ts';
import type { Examples } from './support/gate-examples/contract.ts';
import { english } from './support/gate-examples/en.ts';
import { spanish } from './support/gate-examples/es.ts';
import { hebrew } from './support/gate-examples/he.ts';
import { portuguese } from './support/gate-examples/pt.ts';
import { russian } from './support/gate-examples/ru.ts';

const languages: readonly (readonly [language: string, Examples])[] = [
  ['en', english],
  ['es', spanish],
  ['pt', portuguese],
  ['ru', russian],
  ['he', hebrew],
];

const questionsOf = (list: string): readonly string[] =>
  list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const all = createGates(gateNames);

describe('semantic gates', () => {
  for (const [language, examples] of languages) {
    it.each(gateNames)(`${language}: the gate %s keeps out its questions, alone`, (name) => {
      const { keptOutBy } = createGates([name]);
      const questions = questionsOf(examples[name]);
      expect(questions.filter((question) => keptOutBy(question, language) !== name)).toEqual([]);
      expect(questions.length).toBeGreaterThanOrEqual(20);
    });

    it(`${language}: general questions pass all gates`, () => {
      const questions = questionsOf(examples.none);
      const kept = questions.map((question) => [question, all.keptOutBy(question, language)]);
      expect(kept.filter(([, gate]) => gate !== undefined)).toEqual([]);
      expect(questions.length).toBeGreaterThanOrEqual(35);
    });
  }

  it('a gate that is switched off keeps nothing out', () => {
    const off = createGates([]);
    const others = (name: GateName) => createGates(gateNames.filter((other) => other !== name));
    expect(off.keptOutBy('What is my balance right now?', 'en')).toBeUndefined();
    expect(others('personal').keptOutBy('What is my balance?', 'en')).toBeUndefined();
    expect(others('fresh').keptOutBy('What is my balance right now?', 'en')).toBe('personal');
    expect(all.keptOutBy('What is my balance right now?', 'en')).toBe('fresh');
  });

  it('a language without lists passes, and a region counts as its language', () => {
    expect(all.keptOutBy('Wie ist das Wetter gerade?', 'de')).toBeUndefined();
    expect(all.keptOutBy('Qual é o meu saldo?', 'pt-br')).toBe('personal');
  });

  it('the version names the gates that are on, in one order', () => {
    expect(createGates(['points', 'fresh']).version).toBe(createGates(['fresh', 'points']).version);
    expect(createGates(['fresh']).version).not.toBe(createGates(['points']).version);
  });

  it('a long text is judged by its beginning', () => {
    for (const part of ['what is my ', 'it ', 'send to ', 'now? ', 'а ', 'de mi '])
      for (const [language] of languages) all.keptOutBy(part.repeat(30_000), language);
    expect(
      all.keptOutBy(`Explain: ${'general words '.repeat(1000)} What is my balance?`, 'en'),
    ).toBeUndefined();
    expect(all.keptOutBy(`What is my balance? ${'general words '.repeat(1000)}`, 'en')).toBe('personal');
  });
});
