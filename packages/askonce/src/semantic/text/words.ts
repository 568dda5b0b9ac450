/**
 * The words of a question, as gates and guards read them.
 */
import { LRUCache } from 'lru-cache';
import { fold, lowerSpelling, primaryLanguage } from './fold.ts';
import { functionWordsOf } from './function-words.ts';
import { readingsOf, stemOf } from './stems.ts';

export interface Word {
  /** As in the text, in NFC. */
  readonly written: string;
  /** Lower case without marks, for looking it up in a list: `é` is `e`, `ё` is `е`; `ñ` and `й` stay. */
  readonly folded: string;
  /** Lower case without the endings of number, gender and case; closer to the text than `folded`: `pagó` is not `pago`. */
  readonly stem: string;
  /** The stem, and in Hebrew also the stem without what may be prefixes (ה ו ב ל כ מ ש). Two words that share one may be the same. */
  readonly readings: readonly string[];
  /** Begins with a capital letter, in a text that has small letters too. */
  readonly isCapitalised: boolean;
  /** Has two letters or more, all of them capitals, in a text that has small letters too: `US`, `IT`. */
  readonly isAcronym: boolean;
  /** The first of its sentence, where a capital letter says nothing. */
  readonly isFirst: boolean;
  /** Carries grammar, not meaning. Never true of an acronym, a number or a word of a language without a list. */
  readonly isFunctionWord: boolean;
  /** Where it begins in the text in NFC, and where it ends, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** What is remembered, so that a dozen gates and guards read a text once. */
const textsRemembered = 256;
const wordsRemembered = 16_384;

/**
 * A word is an abbreviation with dots (`U.S.`), a number with its separators (`5,000.50`, `12:30`), or letters and
 * digits with hyphens, apostrophes and Hebrew gershayim between them (`LN-5567A`, `don't`, `צה"ל`), with the signs of
 * `C++`, `C#` and `401(k)`.
 */
const word =
  /(?:(?<![\p{L}\p{M}\p{N}])\p{L}\.){2,}|\p{N}+(?:[.,:]\p{N}+)+(?![\p{L}\p{M}])|\p{N}+\(\p{L}\)|[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’ʼ\-‐‑_][\p{L}\p{N}][\p{L}\p{M}\p{N}]*|(?<=\p{Script=Hebrew})["״](?=\p{Script=Hebrew})[\p{L}\p{M}]+)*(?:\+\+|#(?![\p{L}\p{N}])|['’](?=\s|$))?/gu;

/** Between two words: the end of a sentence, or what opens another one. */
const sentenceEnd = /[.!?…:;\n¿¡؟。]/;
/** A dot after one of these ends no sentence. */
const titles: ReadonlySet<string> = new Set(
  'mr mrs ms dr st prof sr sra srta dra jr vs no nr g ul d г ул д им проф'.split(' '),
);

const remembered = new LRUCache<string, readonly Word[]>({
  max: textsRemembered,
  maxSize: wordsRemembered,
  sizeCalculation: (words) => words.length + 1,
});

/**
 * The words of a text in their order. `language` is a BCP 47 tag in lower case, or `und`. Takes time linear in the
 * text; what it read last it remembers.
 */
export function wordsOf(text: string, language: string): readonly Word[] {
  const primary = primaryLanguage(language);
  const name = `${primary}:${text}`;
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const words = read(text, primary);
  remembered.set(name, words);
  return words;
}

/** The words that carry meaning: all but function words. */
export function contentWordsOf(text: string, language: string): readonly Word[] {
  return wordsOf(text, language).filter(({ isFunctionWord }) => !isFunctionWord);
}

/** True if the two may be one word: in another number, gender or case, or with another Hebrew prefix. */
export function isSameWord(one: Word, other: Word): boolean {
  return one.stem === other.stem || one.readings.some((reading) => other.readings.includes(reading));
}

function read(text: string, language: string): readonly Word[] {
  const composed = text.normalize('NFC');
  const hasSmallLetters = /\p{Ll}/u.test(composed);
  const functionWords = functionWordsOf(language);
  const words: Word[] = [];
  let last: { readonly end: number; readonly folded: string } | undefined;
  for (const { 0: written, index } of composed.matchAll(word)) {
    const folded = fold(written);
    const isAcronym = hasSmallLetters && /^[\p{Lu}\p{N}.-]*\p{Lu}[.-]?\p{Lu}[\p{Lu}\p{N}.-]*$/u.test(written);
    const stem = isAcronym
      ? lowerSpelling(written, language).replaceAll('.', '')
      : stemOf(lowerSpelling(written, language), language);
    const one: Word = {
      written,
      folded,
      stem,
      readings: readingsOf(stem, language),
      isCapitalised: hasSmallLetters && /^\p{Lu}/u.test(written),
      isAcronym,
      isFirst: last === undefined || beginsSentence(last.folded, composed.slice(last.end, index)),
      isFunctionWord: !isAcronym && functionWords.has(folded),
      start: index,
      end: index + written.length,
    };
    words.push(one);
    last = one;
  }
  return words;
}

function beginsSentence(before: string, between: string): boolean {
  if (!sentenceEnd.test(between)) return false;
  return !(titles.has(before) && /^\.\s/.test(between));
}
