/**
 * Detects the language of a question by its letters, its commonest words and the fragments of its other words.
 *
 * The last part is `eld`'s work, with its smallest set of data (docs/decisions/0015-language-detection.md has the
 * figures). Loading it blocks the thread for about 0.1 s, once, and takes 30 MB: so it is loaded only on demand.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { eld } from 'eld/extrasmall';

/** If two languages are about equally likely, one of these wins. */
const usual: ReadonlySet<string> = new Set(['en', 'ru', 'es', 'pt', 'he']);
/** How many times likelier another language must be. */
const lead = 1.1;
/** The likelihood, from 0 to 1, below which the language is unknown. */
const leastLikelihood = 0.4;
/** Only the beginning is read: detection takes time by the character, and twice as much text gives no better results. */
const charactersRead = 64;
/** Fewer letters than this are only compared with the usual languages: "Hi" is not Catalan. */
const fewLetters = 12;

const hebrewLetter = /\p{Script=Hebrew}/gu;
const letter = /\p{L}/gu;
const plainWord = /[a-z]+/g;

/** Common English words that are rare in all other languages written in Latin letters. */
const englishWords: ReadonlySet<string> = new Set(
  `the and what how you your this that with which where when why who are does from would should could were being
  they there these those than about because please many much know like give can there`.split(/\s+/),
);
/** So many of them, and so large a share of all words, make a text English. */
const leastEnglishWords = 3;
const leastEnglishShare = 0.3;

type Likelihoods = (text: string) => Readonly<Record<string, number>>;
let likelihoods: Likelihoods | undefined;

/** The language as ISO 639-1 code, or `und` if it is unclear. Never throws. */
export function detectLanguage(text: string): string {
  const beginning = text.slice(0, charactersRead);
  if (isPlainEnglish(beginning)) return 'en';
  const letters = count(beginning, letter);
  if (letters === 0) return 'und';
  // No other language that the library knows has these letters.
  if (count(beginning, hebrewLetter) * 2 > letters) return 'he';
  return likeliest(loaded()(beginning), letters);
}

/** Most questions, at a twentieth of the price. What is not plain may be English all the same. */
function isPlainEnglish(text: string): boolean {
  let words = 0;
  let english = 0;
  for (const [word] of text.toLowerCase().matchAll(plainWord)) {
    words += 1;
    if (englishWords.has(word)) english += 1;
  }
  return english >= leastEnglishWords && english >= words * leastEnglishShare;
}

function loaded(): Likelihoods {
  likelihoods ??= load();
  return likelihoods;
}

function likeliest(found: Readonly<Record<string, number>>, letters: number): string {
  let likely = 'und';
  let highest = leastLikelihood * lead;
  for (const [language, likelihood] of Object.entries(found)) {
    if (!usual.has(language) && letters < fewLetters) continue;
    const weight = usual.has(language) ? likelihood * lead : likelihood;
    if (weight > highest) [likely, highest] = [language, weight];
  }
  return likely;
}

/** Synchronous: two looks at one question must not differ because the data came between them. */
function load(): Likelihoods {
  try {
    const file = fileURLToPath(import.meta.resolve('eld/extrasmall'));
    const library: { readonly eld: typeof eld } = createRequire(import.meta.url)(file);
    return (text) => library.eld.detect(text).getScores();
  } catch {
    // Bundled without it, say: then no language is detected, and all else works.
    return () => ({});
  }
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
