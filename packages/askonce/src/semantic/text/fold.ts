/**
 * Folding: lower case without the marks that people leave out when they type in a hurry. It is for looking words up
 * in lists, where too few spellings are worse than too many; two questions are compared by stems, which stay closer
 * to the text.
 */
import { spellingOf } from '../../identity/language/spelling.ts';

const plainAscii = /^[\0-\x7f]*$/;
const marks = /\p{M}/gu;
const hebrewPoints = /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]/g;

/** The language without region and script: `pt` of `pt-br`. */
export function primaryLanguage(language: string): string {
  const end = language.indexOf('-');
  return end < 0 ? language : language.slice(0, end);
}

/**
 * The text in lower case and without marks: `é` is `e`, `ё` is `е`, Hebrew points go. `ñ` and `й` are letters of their
 * own and stay. As long as the text in NFC, unless it has marks without a letter that they merge with.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (plainAscii.test(lower)) return lower.replaceAll('`', "'");
  return lower
    .normalize('NFC')
    .replace(/[‘’ʼ´`\u05f3]/g, "'")
    .replace(hebrewPoints, '')
    .replace(/[^\0-\x7fñй]/gu, (letter) => letter.normalize('NFD').replace(marks, ''))
    .replace(/ё/g, 'е');
}

/** Lower case, in the one spelling of its language: where the accent makes another word, it stays. */
export function lowerSpelling(word: string, language: string): string {
  const lower = word.toLowerCase();
  return plainAscii.test(lower) ? lower : spellingOf(language)(lower.normalize('NFC')).replaceAll('’', "'");
}
