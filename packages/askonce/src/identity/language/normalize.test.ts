import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeQuestion } from './normalize.ts';

type Pair = readonly [one: string, other: string];

/** By language: what is spelt in two ways, and what only looks so. */
const table: Readonly<Record<string, { readonly same: readonly Pair[]; readonly apart: readonly Pair[] }>> = {
  en: {
    same: [
      ["What's new?", 'What’s new?'],
      ['What does "entropy" mean?', 'What does “entropy” mean?'],
      ["the dogs' owner", 'the dogs’ owner'],
      ['Who won the 2018-2019 season?', 'Who won the 2018–2019 season?'],
      ['Tell me - now', 'Tell me — now'],
      ['And then...', 'And then…'],
      ['10 km in miles', '10\u00a0km in miles'],
      ['cooperation', 'co\u00adoperation'],
      ['Where is Tom?', 'Where\u200b is Tom?\u200e'],
      ['a naïve question', 'a nai\u0308ve question'],
      ['5 - 3', '5 − 3'],
      ['Tell me more', '\ufeffTell me more'],
    ],
    apart: [
      ['Help Polish people', 'Help polish people'],
      ['You are coming.', 'You are coming?'],
      ['What is x² for x of 3?', 'What is x2 for x of 3?'],
      ['my resume', 'my résumé'],
      ['What is 1½?', 'What is 11/2?'],
      ['Print “a”', 'Print ‘a’'],
      ['Fix this: print(“hi”)', 'Fix this: print("hi")'],
      ['What does `“a”` do?', 'What does `"a"` do?'],
      ['x – y = 2', 'x - y = 2'],
      ['the 10th', 'the 1 0th'],
      ['año', 'ano'],
      ['He paid, too', 'He paid too'],
    ],
  },
  ru: {
    same: [
      ['Где моя ёлка?', 'Где моя елка?'],
      ['Ещё раз', 'Еще раз'],
      ['ВСЁ ХОРОШО', 'ВСЕ ХОРОШО'],
      ['Ёжик', 'Ежик'],
      ['Что такое «энтропия»?', 'Что такое "энтропия"?'],
      ['Что такое „энтропия“?', 'Что такое "энтропия"?'],
      ['Москва — столица?', 'Москва - столица?'],
      ['И потом…', 'И потом...'],
      ['её телефон', 'е\u0308е телефон'],
      ['10 км', '10\u202fкм'],
      ['Чей это ёж?\u200f', 'Чей это еж?'],
      ['1941–1945', '1941-1945'],
    ],
    apart: [
      ['Это мой дом', 'Это мои дом'],
      ['за́мок', 'замо́к'],
      ['Где Роза?', 'Где роза?'],
      ['Он пришёл.', 'Он пришёл?'],
      ['Казнить, нельзя помиловать', 'Казнить нельзя, помиловать'],
      ['шит', 'щит'],
      ['мел', 'мель'],
      ['обьект', 'объект'],
      ['это', 'ето'],
      ['лёд', 'лёт'],
      ['Цена 5 руб.', 'Цена 5. руб'],
      ['код `её`', 'код `ее`'],
    ],
  },
  es: {
    same: [
      ['¿Dónde está mi pedido?', 'Donde esta mi pedido?'],
      ['¡Hola!', 'Hola!'],
      ['¿ Qué hora es?', 'Que hora es?'],
      ['¿Cómo funciona?', 'Como funciona?'],
      ['¿Cuál es el número público?', 'Cual es el numero publico?'],
      ['¿Por qué?', 'Por que?'],
      ['¿Cuándo abrís?', 'Cuando abris?'],
      ['El pingüino', 'El pinguino'],
      ['ENVÍO A PERÚ', 'ENVIO A PERU'],
      ['¿Qué es «entropía»?', 'Que es "entropia"?'],
      ['¿Tú también?', 'Tu tambien?'],
      ['Situacio\u0301n', 'Situación'],
      ['información', 'informacion'],
      ['¿Él más?', 'El mas?'],
    ],
    apart: [
      ['¿Cuántos años tiene?', '¿Cuántos anos tiene?'],
      ['¿Cuánto pagó?', '¿Cuánto pago?'],
      ['Mi papá', 'Mi papa'],
      ['¿Qué hablé?', '¿Qué hable?'],
      ['Vienes.', '¿Vienes?'],
      ['¿Quién llegó?', '¿Quién llego?'],
      ['peña', 'pena'],
      ['la moña', 'la mona'],
      ['¿Llamará?', '¿Llamara?'],
      ['casa', 'caza'],
      ['¿Vive en Corea?', '¿vive en corea?'],
      ['façade', 'facade'],
    ],
  },
  pt: {
    same: [
      ['A situação econômica', 'A situação económica'],
      ['Não sei', 'Nao sei'],
      ['Você está aí?', 'Voce esta aí?'],
      ['Quais são as informações?', 'Quais sao as informacoes?'],
      ['Qual é o número?', 'Qual é o numero?'],
      ['O Antônio', 'O António'],
      ['É freqüente?', 'É frequente?'],
      ['Vou à praia às três', 'Vou a praia as tres'],
      ['Minhas irmãos e mães', 'Minhas irmaos e maes'],
      ['SÃO PAULO', 'SAO PAULO'],
      ['É difícil?', 'É dificil?'],
      ['Também não', 'Tambem nao'],
      ['O que é “entropia”?', 'O que é "entropia"?'],
      ['corac\u0327a\u0303o', 'coração'],
    ],
    apart: [
      ['Minha avó', 'Minha avô'],
      ['Minha avó', 'Minha avo'],
      ['Ele pôde ir?', 'Ele pode ir?'],
      ['O nome do país', 'O nome dos pais'],
      ['a forca', 'a força'],
      ['Isto é aquilo', 'Isto e aquilo'],
      ['a lã', 'a la'],
      ['Onde fica a secretária?', 'Onde fica a secretaria?'],
      ['a maçã', 'a maca'],
      ['O coco', 'O cocô'],
      ['pôr', 'por'],
      ['ele falará', 'ele falara'],
      ['Eles têm', 'Eles tem'],
    ],
  },
  he: {
    same: [
      ['שָׁלוֹם', 'שלום'],
      ['מָה הַשָּׁעָה?', 'מה השעה?'],
      ['בְּרֵאשִׁ֖ית', 'בראשית'],
      ['בית־ספר', 'בית-ספר'],
      ['צה״ל', 'צה"ל'],
      ['צה”ל', 'צה"ל'],
      ['ג׳ירפה', "ג'ירפה"],
      ['ג’ירפה', "ג'ירפה"],
      ['\u200fמה שלומך?\u200e', 'מה שלומך?'],
      ['\u2067מה שלומך?\u2069', 'מה שלומך?'],
      ['כמה זה 3–5?', 'כמה זה 3-5?'],
      ['שׁ\ufb2bלום', 'ששלום'],
      ['איפה החבילה…', 'איפה החבילה...'],
    ],
    apart: [
      ['ספר', 'ספרים'],
      ['אם', 'עם'],
      ['קרא', 'קרה'],
      ['מלך', 'מלכ'],
      ['הבית', 'בית'],
      ['אתה בא', 'אתה בא?'],
      ['לא', 'לו'],
      ['כן', 'קן'],
      ['שלום', 'שלומ'],
      ['ירושלים', 'ירושלם'],
      ['צהל', 'צה״ל'],
      ['א׀ב', 'אב'],
    ],
  },
};

describe.each(Object.entries(table))('in %s', (language, { same, apart }) => {
  it.each(same)('the spellings %j and %j are one', (one, other) => {
    expect(normalizeQuestion(one, language)).toBe(normalizeQuestion(other, language));
  });

  it.each(apart)('the spellings %j and %j are two', (one, other) => {
    expect(normalizeQuestion(one, language)).not.toBe(normalizeQuestion(other, language));
  });

  it('each language has at least a dozen cases', () => {
    expect(Math.min(same.length, apart.length)).toBeGreaterThanOrEqual(12);
  });
});

describe('normalising', () => {
  const bits = fc.constantFrom(
    ...'aáÁ\u0301\u0308\u0323\u0300\u0327éóôêãoõçcüugñn¿¡ еёЁ\u05b0\u05bf\u05c4שׁ־״“”‘’…\u200f\u00ad\u00a0-–.;`({=msrián',
    'ção',
    'ões',
    'está',
    'qué',
    'ária',
  );
  const texts = fc.oneof(
    fc.array(bits, { maxLength: 24 }).map((list) => list.join('')),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
  );
  const languages = fc.constantFrom(...Object.keys(table), 'und', 'pt-br', 'tg', 'yi');

  it('normalising twice gives the same as once', () => {
    fc.assert(
      fc.property(texts, languages, (text, language) => {
        const once = normalizeQuestion(text, language);
        expect(normalizeQuestion(once, language)).toBe(once);
      }),
      { numRuns: 20_000 },
    );
  });

  it('a mark on an inverted sign goes with the sign, and does not join the letter before it', () => {
    const once = normalizeQuestion('Ё¡\u0308', 'es');
    expect(normalizeQuestion(once, 'es')).toBe(once);
  });

  it.each([
    ['a grave', 'pt-br', '\u00e0\u0301na', 'ana'],
    ['a diaeresis', 'pt', 'g\u00fc\u0308\u0301gu', 'gugu'],
    ['an acute', 'es', 'g\u00fa\u0308e', 'gue'],
  ])('a letter that loses %s is read again without it', (_mark, language, text, once) => {
    expect(normalizeQuestion(text, language)).toBe(once);
  });

  it.each([
    ['Tengo 5¿ 3 o mas', 'Tengo 53 o mas'],
    ['Tengo 5.¿ 3 o mas', 'Tengo 5.3 o mas'],
    ['Cuesta 5,¿3 euros?', 'Cuesta 5,3 euros?'],
    ['A las 10:¿30', 'A las 10:30'],
    ['Tengo 5¿¿ 3', 'Tengo 5¿3'],
    ['a-¿b', 'a-b'],
    ['x¿y', 'xy'],
    ['x¿¡y', 'x¿y'],
    ['a\u0301¿ b', 'a\u0301b'],
  ])('an inverted sign within a word or a number joins nothing: %j is not %j', (one, other) => {
    expect(normalizeQuestion(one, 'es')).not.toBe(normalizeQuestion(other, 'es'));
  });

  it.each([
    '¿Qué es?',
    '¿ Qué es?',
    '¡¿Qué es?',
    'Hola. ¿Qué es?',
    '"¿Qué es?" dijo',
    '- ¿Qué es?',
    'Hola\n¿Qué es?',
  ])('an inverted sign at the start of a phrase makes no difference: %j', (text) => {
    const without = text.replace(/[¿¡]+ ?/g, '');
    expect(normalizeQuestion(text, 'es')).toBe(normalizeQuestion(without, 'es'));
  });

  it('normalising does not depend on the Unicode form', () => {
    fc.assert(
      fc.property(texts, languages, (text, language) => {
        expect(normalizeQuestion(text.normalize('NFD'), language)).toBe(
          normalizeQuestion(text.normalize('NFC'), language),
        );
      }),
    );
  });

  it('plain ASCII stays as it is in every language', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), languages, (text, language) => {
        expect(normalizeQuestion(text, language)).toBe(text);
      }),
    );
  });

  it('without a known language only the rules of the script apply', () => {
    expect(normalizeQuestion('ёж, שָׁלוֹם, ¿avó está?', 'und')).toBe('еж, שלום, ¿avó está?');
  });

  it('the rules of a language apply to all its regions', () => {
    expect(normalizeQuestion('económico', 'pt-br')).toBe(normalizeQuestion('econômico', 'pt-pt'));
    expect(normalizeQuestion('¿Cómo?', 'es-419')).toBe('Como?');
  });

  it('the letters of a language without rules stay as they are', () => {
    expect(normalizeQuestion('ёр “а”', 'tg')).toBe('ёр "а"');
    expect(normalizeQuestion('ייִדיש', 'yi')).toBe('ייִדיש'.normalize('NFC'));
  });

  it('normalising takes time in proportion to the length of the text', () => {
    const hostile = ['е\u0308', 'á\u0301', '\u0308', 'ção', '¿ ', '([ ', 'ãoç', 'à\u0300'];
    for (const piece of hostile) {
      const text = piece.repeat(100_000);
      for (const language of ['ru', 'es', 'pt', 'he']) {
        const once = normalizeQuestion(text, language);
        expect(once.length).toBeLessThanOrEqual(text.length);
      }
    }
  });
});
