/**
 * One spelling of a question for all those that its language takes for the same.
 *
 * It leaves alone whatever may be another word, another number or another program: case, digits, superscripts (and so
 * NFC, not NFKC), final punctuation, white space within lines, and all of a text that looks like code. What it misses
 * costs a hit; what it took for the same wrongly would cost a wrong answer.
 */
import { hasManyMarks, nfc } from './nfc.ts';
import { spellingOf } from './spelling.ts';

/** Most questions: plain ASCII has one spelling only. */
const plainAscii = /^[\0-\x7f]*$/;

/** Signs of code. Quotes, hyphens and accents in code are meant exactly as written. */
const code = /[`{}<>=\\|_]|;(?! )|:\/\/|[([]\s*["'„‚\p{Pi}\p{Pf}]/u;

/** Marks of direction (UAX #9), soft hyphens, zero-width spaces. */
const invisible = /[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

const typographic: readonly (readonly [RegExp, string])[] = [
  [/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' '],
  // Includes the Hebrew geresh and gershayim, and maqaf below.
  [/[‘’‚‛‹›ʼ\u05f3]/g, "'"],
  [/[“”„‟«»\u05f4]/g, '"'],
  [/[\u2010-\u2015\u2212\u05be]/g, '-'],
  [/…/g, '...'],
];

/** True if a text has signs of code: then each of its characters may matter. */
export function looksLikeCode(text: string): boolean {
  return code.test(text);
}

/**
 * The text in its one spelling, in NFC. `language` is a BCP 47 tag in lower case, or `und`: then only the rules that
 * follow from a script apply (Hebrew points, Russian ё). Normalising twice gives the same as once.
 */
export function normalizeQuestion(text: string, language: string): string {
  if (plainAscii.test(text)) return text;
  const plain = withPlainSigns(text);
  return looksLikeCode(plain) || hasManyMarks(plain) ? plain : nfc(spellingOf(language)(plain));
}

/** The text in NFC, with the quotes, dashes and spaces that a keyboard has; its letters stay. Code stays as it is. */
export function withPlainSigns(text: string): string {
  const composed = nfc(text);
  if (looksLikeCode(composed)) return composed;
  const visible = nfc(composed.replace(invisible, ''));
  return typographic.reduce((written, [signs, sign]) => written.replace(signs, sign), visible);
}
