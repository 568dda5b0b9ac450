/**
 * The language of a question, told by its letters and by the fragments of words that it is made of.
 *
 * The work is `eld`'s, in its smallest set of data (docs/decisions/0015-language-detection.md has the figures). To load
 * that holds the thread up for about 0.1 s, once, and takes 30 MB: hence not before somebody asks or prepares for it.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { eld } from 'eld/extrasmall';

/** Where two languages are about as likely, it is one of these. */
const usual: ReadonlySet<string> = new Set(['en', 'ru', 'es', 'pt', 'he']);
/** By how much another language must be the likelier. */
const lead = 1.1;
/** Likelihood from 0 to 1 below which nothing is said. */
const leastLikelihood = 0.4;
/** A question is told by its beginning; what is longer takes longer and says no more. */
const charactersRead = 160;
/** In fewer letters nothing but the usual languages is looked for: "Hi" is not Catalan. */
const fewLetters = 12;

const hebrewLetter = /\p{Script=Hebrew}/gu;
const letter = /\p{L}/gu;

type Likelihoods = (text: string) => Readonly<Record<string, number>>;
let likelihoods: Likelihoods | undefined;

/** The language as ISO 639-1 code, or `und` where it cannot be told. Never throws. */
export function detectLanguage(text: string): string {
  const beginning = text.slice(0, charactersRead);
  const letters = count(beginning, letter);
  if (letters === 0) return 'und';
  // No other language that the library knows has these letters.
  if (count(beginning, hebrewLetter) * 2 > letters) return 'he';
  return likeliest(loaded()(beginning), letters);
}

/** Loads what detection needs, unless it is loaded: at a moment when nobody waits. Never throws. */
export function prepareDetection(): void {
  loaded();
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

/** At once, as a question that waits for its language must not change places with another. */
function load(): Likelihoods {
  try {
    const file = fileURLToPath(import.meta.resolve('eld/extrasmall'));
    const library: { readonly eld: typeof eld } = createRequire(import.meta.url)(file);
    return (text) => library.eld.detect(text).getScores();
  } catch {
    // Bundled without it, say: then no language is told, and nothing else is amiss.
    return () => ({});
  }
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
