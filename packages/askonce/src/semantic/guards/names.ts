/**
 * Names: a name that one question has, the other has too. Names are words with a capital letter where the language
 * and the text give it a meaning, and what stands in quotes. Where they give none (Hebrew, German, texts in one case,
 * titles) the guard of swapped words looks at every word.
 */
import type { Guard } from '../contract.ts';
import { primaryLanguage } from '../text/fold.ts';
import { type Word, wordsOf } from '../text/words.ts';
import { isNegator } from './lists/negations.ts';
import { formsOf, missingFrom } from './pairing.ts';
import { between, symmetric } from './symmetric.ts';

/** Languages that write every noun with a capital letter. */
const capitalNouns: ReadonlySet<string> = new Set(['de', 'lb']);
/** A text in which more of its words than this begin with a capital letter is a title. */
const titleShare = 0.6;
const shortestTitle = 4;
/** A text with a larger share of words in capitals is shouted: its capitals name nothing. */
const shoutedShare = 0.3;
/** Quoted parts beyond these count as text. */
const mostQuotes = 20;

export const namesGuard: Guard = symmetric((one, other, language) => {
  const [ours, theirs] = [wordsOf(one, language), wordsOf(other, language)];
  const left = withoutInitials(namesOf(one, missingFrom(ours, theirs), language), other, language);
  const right = withoutInitials(namesOf(other, missingFrom(theirs, ours), language), one, language);
  if (left.length + right.length > 0) return between(written(left), written(right));
  return capitalsDiffer(one, other, language);
});

/** English words that are another word with a capital letter, and both are common. */
const otherWithCapital: ReadonlySet<string> = new Set(
  'polish turkey march august cork lent guinea jersey china'.split(' '),
);

function capitalsDiffer(one: string, other: string, language: string): string | undefined {
  if (primaryLanguage(language) !== 'en') return undefined;
  const spellings = (text: string) =>
    wordsOf(text, language)
      .filter(({ folded }) => otherWithCapital.has(folded))
      .map((word) => word.written.replace(/(?<=^.).+/u, (rest) => rest.toLowerCase()));
  const [ours, theirs] = [spellings(one), spellings(other)];
  const isElsewhere = (word: string, words: readonly string[]) =>
    words.includes(word) || !words.some((there) => there.toLowerCase() === word.toLowerCase());
  return ours.every((word) => isElsewhere(word, theirs))
    ? undefined
    : between(ours.join(' '), theirs.join(' '));
}

function namesOf(text: string, unmatched: readonly Word[], language: string): readonly Word[] {
  if (unmatched.length === 0) return [];
  const quoted = quotedParts(text);
  const words = wordsOf(text, language);
  const isTitle = looksLikeTitle(words);
  const isShouted = words.filter(({ isAcronym }) => isAcronym).length > shoutedShare * words.length;
  const hasNames = !capitalNouns.has(primaryLanguage(language));
  return unmatched.filter(
    (word) =>
      quoted.some(([from, to]) => word.start >= from && word.end <= to) ||
      (!/\p{N}/u.test(word.written) &&
        !isNegator(word.folded, language) &&
        !isShouted &&
        ((hasNames && !word.isFunctionWord && isName(word, isTitle)) || word.isAcronym)),
  );
}

function isName({ written: text, isCapitalised, isFirst }: Word, isTitle: boolean): boolean {
  if (/\p{Ll}\p{Lu}/u.test(text)) return true;
  return isCapitalised && !isFirst && !isTitle;
}

function looksLikeTitle(words: readonly Word[]): boolean {
  const counted = words.filter(({ isFirst, written: text }) => !isFirst && /^\p{L}/u.test(text));
  const capitals = counted.filter(({ isCapitalised }) => isCapitalised).length;
  return counted.length >= shortestTitle && capitals > titleShare * counted.length;
}

/** Without acronyms whose words the other question spells out, and the words of an acronym that it has. */
function withoutInitials(names: readonly Word[], otherText: string, language: string): readonly Word[] {
  if (names.length === 0) return names;
  const others = wordsOf(otherText, language);
  const otherInitials = initialsOf(others.filter(({ isCapitalised }) => isCapitalised));
  const otherAcronyms = new Set(others.filter(({ isAcronym }) => isAcronym).flatMap(formsOf));
  const initials = initialsOf(names);
  return names.filter((name) =>
    name.isAcronym ? !otherInitials.includes(formsOf(name).at(-1) ?? ' ') : !otherAcronyms.has(initials),
  );
}

function initialsOf(words: readonly Word[]): string {
  return words.map(({ folded, isAcronym }) => (isAcronym ? folded : folded.slice(0, 1))).join('');
}

/** Where the parts in double quotes begin and end; quotes that stay open are none. */
function quotedParts(text: string): readonly (readonly [from: number, to: number])[] {
  const found = text.normalize('NFC').matchAll(/(?<![\p{L}\p{N}])["“«„][^"“”«»„]{1,200}["”»“](?!\p{L})/gu);
  return Array.from(found, ({ index, 0: whole }) => [index, index + whole.length] as const).slice(
    0,
    mostQuotes,
  );
}

function written(words: readonly Word[]): string {
  return words.map((word) => word.written).join(' ');
}
