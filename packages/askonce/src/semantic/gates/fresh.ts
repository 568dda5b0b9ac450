/**
 * Keeps out a question whose right answer changes by the hour or the week: "right now", "today", "the latest", news,
 * the weather, the time, prices and scores as they are.
 */
import type { Gate } from '../contract.ts';
import { anyOf } from '../text/phrases.ts';
import { freshPhrases } from './lists/fresh-phrases.ts';
import { gatedText } from './sentences.ts';

const patterns: ReadonlyMap<string, { readonly phrase: RegExp; readonly except: RegExp }> = new Map(
  Array.from(freshPhrases, ([language, { phrases, except }]) => [
    language,
    { phrase: anyOf(phrases), except: new RegExp(anyOf(except).source, 'gu') },
  ]),
);

export const fresh: Gate = (question, language) => {
  const text = gatedText(question, language);
  const pattern = patterns.get(text.language);
  if (pattern === undefined) return false;
  const asked = text.sentences.filter(({ isAsked }) => isAsked);
  // "I moved here last year. How do I …?": what is said before a question does not make its answer fresh.
  const read = asked.length > 0 ? asked : text.sentences;
  return read.some((sentence) => pattern.phrase.test(sentence.text.replace(pattern.except, ' # ')));
};
