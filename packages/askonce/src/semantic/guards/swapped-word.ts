/**
 * Swapped word: the questions are equal but for one word that names their subject, or for one short phrase in the same
 * place. Embedders hold such questions to be nearly equal ("basic plan", "premium plan"), and a word that means the
 * same is one that only a verifier can tell from one that does not.
 */
import type { Guard } from '../contract.ts';
import type { Word } from '../text/words.ts';
import { accentsDiffer } from './accents.ts';
import { pairContent } from './pairing.ts';
import { questionWordsDiffer } from './question-words.ts';
import { between, symmetric } from './symmetric.ts';

/** A phrase in the same place has at most so many words. */
const longestPhrase = 3;

export const swappedWordGuard: Guard = symmetric((one, other, language) => {
  const asksOther = questionWordsDiffer(one, other, language);
  if (asksOther !== undefined) return asksOther;
  const spelt = accentsDiffer(one, other, language);
  if (spelt !== undefined) return spelt;
  const { onlyOne, onlyOther, shared } = pairContent(one, other, language);
  const [fewer, more] = [onlyOne.length, onlyOther.length].toSorted((a, b) => a - b);
  if (fewer === undefined || more === undefined || fewer === 0 || shared.length === 0) return undefined;
  return more === 1 || (more <= longestPhrase && shared.length > 2 * more)
    ? between(written(onlyOne), written(onlyOther))
    : undefined;
});

function written(words: readonly Word[]): string {
  return words.map((word) => word.written).join(' ');
}
