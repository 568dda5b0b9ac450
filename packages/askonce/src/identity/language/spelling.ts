/**
 * The spellings that each language treats as equal: what people leave out when they type in a hurry.
 *
 * An accent is removed where the word without it is rarely another word that could take its place. In Spanish `público`
 * becomes `publico`, but `pagó` (they paid) stays distinct from `pago` (I pay), and `papá` from `papa`.
 */

import { nfc } from './nfc.ts';

export type Spelling = (text: string) => string;

const acute = /\u0301/g;
const diaeresis = /\u0308/g;
const grave = /\u0300/g;
const marks = /\p{M}/gu;

/** Removes marks from each match of `pattern` in a text in NFC. */
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

/**
 * Applies a rule until nothing changes: a letter that has lost a mark may be one that an earlier part of it is for. That ends,
 * since rules only remove.
 */
function untilSettled(rule: Spelling): Spelling {
  return (text) => {
    let [before, written] = [text, nfc(rule(text))];
    while (written !== before) [before, written] = [written, nfc(rule(written))];
    return written;
  };
}

/** Points and accents (niqqud, te'amim) are rarely typed; paseq, sof pasuq and nun hafukha are signs, and stay. */
const hebrew: Spelling = (text) =>
  nfc(text.replace(/[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]/g, ''));

/**
 * The signs at the start of a phrase, where a text begins or after white space. Elsewhere they stay: they would join words and
 * numbers (`5.¿3`). Marks on a sign go with it, or they would join what is before it.
 */
export function withoutInvertedSigns(text: string): string {
  return text.replace(/(?<=(?:^|\s)["'([-]{0,3})[¿¡][¿¡\s\p{M}]*/gu, '');
}

/** `ё` is usually written `е`. A stress mark stays, since it distinguishes words. */
const russian = without(diaeresis, /[её]\p{M}*/giu);

/** The rules that follow from a script, in any language. */
const byScript = inTurn(hebrew, russian);

/**
 * `ñ` is a letter (`año`, `ano`). `á`, `é` and `ó` at the end of a word mark a tense or a person (`pagó`, `hablé`) or
 * make another noun (`papá`), except in some words of questions.
 */
const spanish = inTurn(
  withoutInvertedSigns,
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
 * `ç` and `ã` make other words (`forca`, `força`; `la`, `lã`), except in the endings `-ção` and `-ão`, which are
 * unambiguous. Circumflex and acute are one before `m` or `n` and a letter, where Brazil and Portugal differ
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
  ['es', untilSettled(inTurn(byScript, spanish))],
  ['pt', untilSettled(inTurn(byScript, portuguese))],
]);

/** The rules of a language (BCP 47, in lower case). A language that is not listed has none: Tajik has a `ё` of its own. */
export function spellingOf(language: string): Spelling {
  return byLanguage.get(language.split('-', 1).join()) ?? asItIs;
}
