/**
 * Keeps out a question for the value or the state of something of the asker's own: "my balance", "where is my order".
 *
 * "How do I change my address?" and "Can I cancel my subscription?" have one answer for all who ask, and pass.
 */
import type { Gate } from '../contract.ts';
import { anyOf, phrases } from '../text/phrases.ts';
import { personalPhrases } from './lists/personal-phrases.ts';
import { gatedText } from './sentences.ts';

interface Patterns {
  readonly asks: RegExp;
  readonly general: RegExp;
}

const patterns: ReadonlyMap<string, Patterns> = new Map(
  Array.from(personalPhrases, ([language, { starts, anywhere, general }]) => [
    language,
    {
      asks: new RegExp(`^${phrases(starts)}|(?<![\\p{L}\\p{N}])${phrases(anywhere)}`, 'u'),
      general: anyOf(general),
    },
  ]),
);

export const personal: Gate = (question, language) => {
  const text = gatedText(question, language);
  const pattern = patterns.get(text.language);
  if (pattern === undefined) return false;
  return text.sentences.some((sentence) => isOwnState(sentence.text, pattern));
};

/** What follows a general beginning stays general: "how do I see where my order is". */
function isOwnState(sentence: string, { asks, general }: Patterns): boolean {
  const own = asks.exec(sentence);
  if (own === null) return false;
  const before = sentence.slice(0, own.index + own[0].length);
  return !general.test(before);
}
