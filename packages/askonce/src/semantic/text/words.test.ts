import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentWordsOf, isSameWord, type Word, wordsOf } from './words.ts';

const written = (text: string, language = 'en') => wordsOf(text, language).map((word) => word.written);
const marked = (text: string, mark: (word: Word) => boolean, language = 'en') =>
  wordsOf(text, language)
    .filter(mark)
    .map((word) => word.written);
const one = (text: string, language: string): Word => {
  const [word] = wordsOf(text, language);
  if (word === undefined) throw new Error(`no word in ${text}`);
  return word;
};

describe('the words of a question', () => {
  it('identifiers, numbers, abbreviations and programming languages are whole words', () => {
    expect(written("Don't pay $5,000.50 at 12:30 for LN-5567A in the U.S., in C++, C# or a 401(k).")).toEqual(
      "Don't pay 5,000.50 at 12:30 for LN-5567A in the U.S. in C++ C# or a 401(k)".split(' '),
    );
    expect(written('מתי הוקם צה"ל, ואיפה?', 'he')).toEqual(['מתי', 'הוקם', 'צה"ל', 'ואיפה']);
    expect(written('¿Qué? — «Sí»…', 'es')).toEqual(['Qué', 'Sí']);
    expect(written('', 'en')).toEqual([]);
    expect(written('?! 🙂 --', 'en')).toEqual([]);
  });

  it('a word is folded for lists, and its stem stays closer to the text', () => {
    expect(one('Ещё', 'ru').folded).toBe('еще');
    expect(one('Самолёт', 'ru').folded).toBe('самолет');
    expect(one('за́мок', 'ru').folded).toBe('замок');
    expect(one('мой', 'ru').folded).toBe('мой');
    expect(one('AÑO', 'es').folded).toBe('año');
    expect(one('pagó', 'es')).toMatchObject({ folded: 'pago', stem: 'pagó' });
    expect(one('Informação', 'pt').folded).toBe('informacao');
    expect(one('שָׁלוֹם', 'he').folded).toBe('שלום');
    expect(one('don’t', 'en').folded).toBe("don't");
  });

  it.each([
    ['en', 'order orders, box boxes, city cities, dog dogs, process processes'],
    [
      'es',
      'producto productos, mes meses, noche noches, clase clases, luz luces, gratuito gratuitas, país países',
    ],
    ['pt', 'informação informações, canal canais, mês meses, noite noites, gratuito gratuitas, homem homens'],
    ['ru', 'заказ заказы, доставка доставкой, сумма сумму, бесплатный бесплатная, уведомления уведомлений'],
    ['he', 'הזמנה הזמנות, חשבון חשבונות, מסלול המסלולים, בנק לבנק, מסלול שבמסלול'],
  ])('%s: the same word in another number, gender or case is recognised', (language, pairs) => {
    for (const pair of pairs.split(', ')) {
      const [first, second] = wordsOf(pair, language);
      expect([pair, first !== undefined && second !== undefined && isSameWord(first, second)]).toEqual([
        pair,
        true,
      ]);
    }
  });

  it.each([
    [
      'en',
      'process progress, universe university, status state, bus business, care car, enable unable, us bus',
    ],
    ['es', 'cuenta cuento, año ano, casa caso, pagó pago, puerta puerto'],
    ['pt', 'avó avô, conta conto, casa caso, país pais'],
    ['ru', 'включить отключить, стол столик, заказ отказ, банк банкир'],
    ['he', 'הזמנה הפקדה, בסיסי מורחב, שקלים דולרים'],
  ])('%s: different words stay different', (language, pairs) => {
    for (const pair of pairs.split(', ')) {
      const [first, second] = wordsOf(pair, language);
      expect([pair, first !== undefined && second !== undefined && isSameWord(first, second)]).toEqual([
        pair,
        false,
      ]);
    }
  });

  it('a capital letter counts where the text has small ones, and the first of a sentence is marked', () => {
    expect(
      marked('Does Dr. Smith live in Rome? Maybe. So: Where?', ({ isCapitalised }) => isCapitalised),
    ).toEqual(['Does', 'Dr', 'Smith', 'Rome', 'Maybe', 'So', 'Where']);
    expect(marked('Does Dr. Smith live in Rome? Maybe. So: Where?', ({ isFirst }) => isFirst)).toEqual([
      'Does',
      'Maybe',
      'So',
      'Where',
    ]);
    expect(marked('WHERE IS ROME', ({ isCapitalised }) => isCapitalised)).toEqual([]);
    expect(marked('Does IT run in the US or the U.S. or with us?', ({ isAcronym }) => isAcronym)).toEqual([
      'IT',
      'US',
      'U.S.',
    ]);
  });

  it('content words leave out function words, and keep acronyms, numbers and negations', () => {
    const content = (text: string, language: string) =>
      contentWordsOf(text, language).map((word) => word.written);
    expect(content('How do I not pay IT in the US?', 'en')).toEqual(['not', 'pay', 'IT', 'US']);
    expect(content('¿Cómo puedo cancelar mi suscripción sin pagar?', 'es')).toEqual([
      'cancelar',
      'suscripción',
      'sin',
      'pagar',
    ]);
    expect(content('Posso trocar um produto sem a nota?', 'pt-br')).toEqual([
      'trocar',
      'produto',
      'sem',
      'nota',
    ]);
    expect(content('Можно ли вернуть мой товар без чека?', 'ru')).toEqual([
      'вернуть',
      'товар',
      'без',
      'чека',
    ]);
    expect(content('כמה עולה המסלול הבסיסי?', 'he')).toEqual(['עולה', 'המסלול', 'הבסיסי']);
    expect(content('Wie heißt du?', 'de')).toEqual(['Wie', 'heißt', 'du']);
  });

  it('positions are those of the text in NFC, and words never overlap', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.constantFrom('en', 'es', 'pt', 'ru', 'he', 'und'),
        (text, language) => {
          const composed = text.normalize('NFC');
          let end = 0;
          for (const word of wordsOf(text, language)) {
            expect(word.start).toBeGreaterThanOrEqual(end);
            expect(composed.slice(word.start, word.end)).toBe(word.written);
            expect(word.readings).toContain(word.stem);
            ({ end } = word);
          }
        },
      ),
    );
  });

  it('a text is read once, also among many others', () => {
    const words = wordsOf('Where is Rome?', 'en');
    expect(wordsOf('Where is Rome?', 'en-gb')).toBe(words);
    expect(wordsOf('Where is Rome?', 'es')).not.toBe(words);
    for (let other = 0; other < 300; other += 1) wordsOf(`other ${other}`, 'en');
    expect(wordsOf('Where is Rome?', 'en')).not.toBe(words);
  });

  it('a long text of one kind of sign is read in one pass', () => {
    for (const part of ['a.', "a'", '1,', 'a-', 'א"', '((', '+#'])
      expect(wordsOf(part.repeat(50_000), 'he').length).toBeGreaterThanOrEqual(0);
  });
});
