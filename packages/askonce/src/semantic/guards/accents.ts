/**
 * Accents that make another word: `año` is no `ano`, `avó` no `avô`. Embedders read both alike.
 *
 * Accents that are only left out in a hurry are gone from a semantic text (`identity/language/spelling.ts`); of those that
 * are left, Portuguese `ç` and `ã` are often left out as well, by people who write none at all. In English they are a
 * matter of taste ("café").
 */
import { lowerSpelling, primaryLanguage } from '../text/fold.ts';
import { wordsOf } from '../text/words.ts';
import { between } from './symmetric.ts';

const marks = /\p{M}/gu;
const plainAscii = /^[\0-\x7f]*$/;
const cedillaAndTilde = /[\u0327\u0303]/gu;

/** The words that differ in nothing but their accents. */
export function accentsDiffer(one: string, other: string, language: string): string | undefined {
  if (primaryLanguage(language) === 'en' || (plainAscii.test(one) && plainAscii.test(other)))
    return undefined;
  const spellings = spellingsOf(one, language);
  for (const [letters, theirs] of spellingsOf(other, language)) {
    const ours = spellings.get(letters);
    if (ours === undefined || ours.some((spelling) => theirs.includes(spelling))) continue;
    if (!isHurried(one, ours, theirs, language) && !isHurried(other, theirs, ours, language))
      return between(ours.join(' '), theirs.join(' '));
  }
  return undefined;
}

function isHurried(
  text: string,
  plain: readonly string[],
  marked: readonly string[],
  language: string,
): boolean {
  if (primaryLanguage(language) !== 'pt' || !plainAscii.test(text)) return false;
  return marked.some((word) => plain.includes(word.normalize('NFD').replace(cedillaAndTilde, '')));
}

/** The spellings of each word, by its letters without marks. */
function spellingsOf(text: string, language: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { written, isFunctionWord } of wordsOf(text, language)) {
    if (isFunctionWord) continue;
    const spelling = lowerSpelling(written, language);
    const letters = spelling.normalize('NFD').replace(marks, '');
    const known = found.get(letters);
    if (known === undefined) found.set(letters, [spelling]);
    else known.push(spelling);
  }
  return found;
}
