/** A question as the gates read it: without its politeness, folded, in sentences. */
import { LRUCache } from 'lru-cache';
import { withoutPoliteness } from '../text/drop-politeness.ts';
import { fold, primaryLanguage } from '../text/fold.ts';

/** Gates read the beginning of a text only, in UTF-16 units. */
const charactersRead = 4096;
const textsRemembered = 64;

export interface Sentence {
  /** Folded: lower case without accents. White space is single spaces. */
  readonly text: string;
  /** Ends with a question mark. */
  readonly isAsked: boolean;
}

export interface GatedText {
  /** The primary subtag, such as `pt`. */
  readonly language: string;
  /** All sentences, in folded spelling. */
  readonly whole: string;
  readonly sentences: readonly Sentence[];
}

const remembered = new LRUCache<string, GatedText>({ max: textsRemembered });

/** Acronyms that are pronouns when folded; their letters get a dot, in a text that is not all capitals. */
const acronym = /(?<![\p{L}\p{N}])(?:IT|US|WHO)(?![\p{L}\p{N}'’])/gu;
const spelledOut = (letters: string, _at: number, text: string) =>
  /\p{Ll}/u.test(text) ? [...letters].join('.') : letters;

const hasLetters = /[\p{L}\p{N}]/u;

/** Remembers what it read last, since each gate asks for it. */
export function gatedText(question: string, language: string): GatedText {
  const primary = primaryLanguage(language);
  const beginning = question.slice(0, charactersRead);
  const name = `${primary}:${beginning}`;
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const text = read(beginning, primary);
  remembered.set(name, text);
  return text;
}

function read(question: string, language: string): GatedText {
  const plain = fold(withoutPoliteness(question, language).replace(acronym, spelledOut))
    .replace(/[“”„«»״]/g, '"')
    .replace(/[‐‑–—־]/g, '-');
  const sentences = plain
    .split(/(?<=[.!?…])[\s"')]+|\n+/u)
    .filter((sentence) => hasLetters.test(sentence))
    .map((sentence) => ({
      text: sentence.replace(/\s+/g, ' ').replace(/^[^\p{L}\p{N}]+/u, ''),
      isAsked: /\?[\s"')]*$/.test(sentence),
    }));
  return { language, whole: sentences.map(({ text }) => text).join(' '), sentences };
}
