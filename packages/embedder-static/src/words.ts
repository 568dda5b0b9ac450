/**
 * A text as the table's words: what the vocabulary was made with, so every step has its exact order.
 *
 * A word is a run of letters, a run of decimal digits, or one of a few signs that change a meaning, such as `%` and `€`.
 */

/** U+2581: the vocabulary's mark of a word's start. */
export const wordStart = '▁';

const ascii = /^[\0-\x7f]*$/;
/** Accents and other combining marks, and Hebrew points; not maqaf (U+05BE), which separates words. */
const marks = /[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7]/g;
const asciiApostrophe = /'(?=[a-z])/g;
/** Apostrophes as people type them: straight, curly, backtick, acute, modifier letter, geresh. */
const apostrophe = /['’`´ʼ׳](?=[a-z])/g;
const word = /\p{L}+|\p{Nd}+|[%$€£₪₽+#&@=<>*/^]/gu;

/** The words of a text, in order, in lower case and without accents. */
export function wordsOf(text: string): readonly string[] {
  return normalise(text).match(word) ?? [];
}

function normalise(text: string): string {
  if (ascii.test(text)) return text.toLowerCase().replace(asciiApostrophe, '');
  // `й` is a letter of its own, though it decomposes into `и` and a mark: it is taken out while marks are removed.
  const parts = text.normalize('NFKC').toLowerCase().replaceAll('ё', 'е').split('й');
  const unmarked = parts.map((part) => part.normalize('NFD').replace(marks, '')).join('й');
  return unmarked.replace(apostrophe, '').normalize('NFC');
}
