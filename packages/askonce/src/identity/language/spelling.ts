/**
 * What each language takes for the same in spelling, by what people leave out when they type in a hurry.
 *
 * An accent goes only where the word without it is not another that could stand in its place. In Spanish `público` is
 * `publico`, but `pagó` (they paid) stays apart from `pago` (I pay), and `papá` from `papa`.
 */

export type Spelling = (text: string) => string;

const acute = /\u0301/g;
const diaeresis = /\u0308/g;
const grave = /\u0300/g;
const marks = /\p{M}/gu;

/** Removes marks from whatever `pattern` matches in a text in NFC. */
function without(mark: RegExp, pattern: RegExp): Spelling {
  return (text) =>
    text.replace(pattern, (found) => found.normalize('NFD').replace(mark, '').normalize('NFC'));
}

/** Whole words; a letter's own marks belong to it. */
function words(...list: readonly string[]): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{M}])(?:${list.join('|')})(?![\\p{L}\\p{M}])`, 'giu');
}

function inTurn(...rules: readonly Spelling[]): Spelling {
  return (text) => rules.reduce((written, rule) => rule(written), text);
}

/** Points and accents (niqqud, te'amim) are left out by everybody; paseq, sof pasuq and nun hafukha are signs. */
const hebrew: Spelling = (text) =>
  text.replace(/[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]/g, '').normalize('NFC');

/** `ё` is written `е` everywhere but in books for learners. A stress mark stays: it tells words apart. */
const russian = without(diaeresis, /[её]\p{M}*/giu);

/** What a script tells by itself, whatever else is in the text. */
const byScript = inTurn(hebrew, russian);

/**
 * `ñ` is a letter (`año`, `ano`). `á`, `é` and `ó` at a word's end are a tense or a person (`pagó`, `hablé`), or make
 * another thing (`papá`), but for some words that are asked with.
 */
const spanish = inTurn(
  (text) => text.replace(/[¿¡]\s*/g, '').normalize('NFC'),
  without(acute, words('qué', 'porqué', 'está', 'té', 'sé', 'dé')),
  without(acute, /[íú]\p{M}*|[áéó]\p{M}*(?=\p{L})/giu),
  without(diaeresis, /(?<=g)ü\p{M}*/giu),
);

const portugueseWords = [
  ...[
    'não',
    'também',
    'já',
    'só',
    'até',
    'amanhã',
    'está',
    'quê',
    'porquê',
    'três',
    'mês',
    'mãe',
    'mães',
    'café',
  ],
  ...['você', 'vocês', 'alguém', 'ninguém', 'porém', 'português', 'inglês', 'francês'],
];

/**
 * `ç` and `ã` make other words (`forca`, `força`; `la`, `lã`), but for the endings `-ção` and `-ão`, which are spelt
 * so in no other word. Circumflex and acute are one before `m` or `n` and a letter, where Brazil and Portugal differ
 * (`econômico`, `económico`), and two at a word's end (`avô`, `avó`). An acute goes where a consonant and another
 * letter follow (not in `país`, beside `pais`), but for `-ária` (`secretária`, `secretaria`).
 */
const portuguese = inTurn(
  without(marks, words(...portugueseWords)),
  without(marks, /(?<=\p{L})ç?(?:ão|ãos|ães|ões)(?![\p{L}\p{M}])/giu),
  without(marks, /[éêóô](?=[mn]\p{L})/giu),
  without(acute, /(?:[éíóú]|á(?!rias?(?!\p{L})))(?=[b-df-hj-np-tv-z]+\p{L})/giu),
  without(diaeresis, /(?<=[gq])ü\p{M}*/giu),
  without(grave, /à\p{M}*/giu),
);

const asItIs: Spelling = (text) => text;

const byLanguage = new Map<string, Spelling>([
  ['und', byScript],
  ['en', byScript],
  ['ru', byScript],
  ['he', byScript],
  ['es', inTurn(byScript, spanish)],
  ['pt', inTurn(byScript, portuguese)],
]);

/** Of a language (BCP 47, in lower case) that is not listed nothing is taken for the same: Tajik has a `ё` of its own. */
export function spellingOf(language: string): Spelling {
  return byLanguage.get(language.split('-', 1).join()) ?? asItIs;
}
