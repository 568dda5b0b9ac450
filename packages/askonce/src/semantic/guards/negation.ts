/**
 * Negation: both questions deny, or neither does, and they deny the same thing. "Without" is "do not have"; two
 * negations in one sentence are one in languages that repeat them; "lost" may stand for "do not have".
 */
import type { Guard } from '../contract.ts';
import { fold } from '../text/fold.ts';
import { type Word, wordsOf } from '../text/words.ts';
import { isLight } from './lists/light.ts';
import { type Negations, negationsOf, negatorOf } from './lists/negations.ts';
import { formsOf } from './pairing.ts';
import { between, symmetric } from './symmetric.ts';

interface Denial {
  /** Negations that count. */
  readonly certain: number;
  /** Words that may stand for one. */
  readonly possible: number;
  /** The word that each negation denies: the next that carries meaning. */
  readonly denied: readonly Word[];
  readonly written: string;
}

/** A base shorter than this says nothing: "in" + "come". */
const shortestBase = 4;

export const negationGuard: Guard = symmetric((one, other, language) => {
  const negations = negationsOf(language);
  if (negations === undefined) return undefined;
  const [ours, theirs] = [wordsOf(one, language), wordsOf(other, language)];
  const [left, right] = [
    denialOf(one, ours, negations, language),
    denialOf(other, theirs, negations, language),
  ];
  const leftOpposites = oppositesOf(ours, theirs, negations);
  const rightOpposites = oppositesOf(theirs, ours, negations);
  const [leftCount, rightCount] = [
    left.certain + leftOpposites.length,
    right.certain + rightOpposites.length,
  ];
  if (!areEven(leftCount, left.possible, rightCount, right.possible))
    return between(
      [left.written, ...leftOpposites].filter(Boolean).join(' '),
      [right.written, ...rightOpposites].filter(Boolean).join(' '),
    );
  return otherThingDenied(left, right, ours, theirs);
});

/** True if the two counts, each with some of its possible negations, can both be odd or both be even. */
function areEven(left: number, leftPossible: number, right: number, rightPossible: number): boolean {
  return left % 2 === right % 2 || leftPossible !== rightPossible;
}

function denialOf(text: string, words: readonly Word[], negations: Negations, language: string): Denial {
  const folded = fold(text.normalize('NFC'));
  const ignored = new Set(negations.idioms.flatMap((idiom) => placesOf(idiom, folded)));
  const found = words
    .map((word, index) => ({ word, index, kind: negatorOf(word.folded, language) }))
    .filter(({ word, kind }) => kind !== undefined && !ignored.has(word.start))
    .filter(({ word }) => !isNumberSign(word, folded));
  const strong = found.filter(({ kind }) => kind === 'strong');
  const counted = strong.length > 0 ? strong : found.slice(0, 1);
  const possible = words.filter((word) => negations.weak.some((root) => word.folded.startsWith(root)));
  const ended = words.filter(
    (word) =>
      !ignored.has(word.start) &&
      negations.endings.some(
        (ending) => word.folded.length > ending.length + 2 && word.folded.endsWith(ending),
      ),
  );
  return {
    certain: counted.length + ended.length,
    possible: possible.length,
    denied: counted.flatMap(({ index }) => firstMeaning(words, index + 1, language)),
    written: [...counted.map(({ word }) => word), ...ended].map(({ written }) => written).join(' '),
  };
}

/** `No. 5` is a number. */
function isNumberSign({ folded, end }: Word, text: string): boolean {
  return folded === 'no' && /^\.?\s?\p{N}/u.test(text.slice(end, end + 4));
}

function firstMeaning(words: readonly Word[], from: number, language: string): readonly Word[] {
  const next = words
    .slice(from, from + 8)
    .find(
      ({ isFunctionWord, folded }) =>
        !isFunctionWord && !isLight(folded, language) && negatorOf(folded, language) === undefined,
    );
  return next === undefined ? [] : [next];
}

/** Words with a negative prefix whose base the other question has: `unavailable` beside `available`. */
function oppositesOf(
  words: readonly Word[],
  others: readonly Word[],
  { prefixes }: Negations,
): readonly string[] {
  const known = new Set(others.flatMap(formsOf));
  return words.flatMap((word) => {
    const forms = formsOf(word);
    if (forms.some((form) => known.has(form))) return [];
    const bases = [...forms, word.folded].flatMap((form) =>
      prefixes.filter((prefix) => form.startsWith(prefix)).map((prefix) => form.slice(prefix.length)),
    );
    return bases.some((base) => base.length >= shortestBase && known.has(base)) ? [word.written] : [];
  });
}

function otherThingDenied(
  left: Denial,
  right: Denial,
  ours: readonly Word[],
  theirs: readonly Word[],
): string | undefined {
  const [mine] = left.denied;
  const [yours] = right.denied;
  if (mine === undefined || yours === undefined || left.denied.length > 1 || right.denied.length > 1)
    return undefined;
  const has = (words: readonly Word[], word: Word) => words.some((one) => shareForm(one, word));
  if (shareForm(mine, yours) || !has(theirs, mine) || !has(ours, yours)) return undefined;
  return between(`${left.written} ${mine.written}`, `${right.written} ${yours.written}`);
}

function shareForm(one: Word, other: Word): boolean {
  const forms = formsOf(other);
  return formsOf(one).some((form) => forms.includes(form));
}

/** Every place of the text that the phrase covers. */
function placesOf(phrase: string, text: string): readonly number[] {
  const found: number[] = [];
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + phrase.length))
    for (let place = at; place < at + phrase.length; place++) found.push(place);
  return found;
}
