/**
 * What a question asks for, by the words that open it: "when" is not "where", and "should I" is not "can I". A question
 * that opens with another word, or with "which", may ask for any of it.
 */
import { primaryLanguage } from '../text/fold.ts';
import { type Word, wordsOf } from '../text/words.ts';
import {
  amounts,
  apart,
  beforeObjects,
  copulas,
  insides,
  type Kind,
  manners,
  objects,
  openings,
} from './lists/question-words.ts';

interface Asked {
  readonly kind: Kind;
  readonly written: string;
  /** Whether "how many … should" or "how many … can". */
  readonly modal: Word | undefined;
  /** Whether it asks for the person that something is done to: *a quién*, *кого*. */
  readonly isObject: boolean;
}

/** So many words may stand before a question word ("In which …", "And when …"). */
const reach = 2;
/** How many words the opening of a question has. */
const opening = 10;

/** "What's", "how're". */
const contraction = /'(?:s|re|d|ll)$/;
const none: ReadonlySet<string> = new Set();

/** The two openings, if they ask for different things. */
export function questionWordsDiffer(one: string, other: string, language: string): string | undefined {
  const [ours, theirs] = [askedBy(one, language), askedBy(other, language)];
  if (ours === undefined || theirs === undefined) return undefined;
  if (apart[ours.kind].includes(theirs.kind)) return `${ours.written} / ${theirs.written}`;
  if (ours.kind === 'person' && theirs.kind === 'person' && ours.isObject !== theirs.isObject)
    return `${ours.written} / ${theirs.written}`;
  if (ours.kind !== 'amount' || theirs.kind !== 'amount') return undefined;
  const [mine, yours] = [ours.modal, theirs.modal];
  if (mine === undefined || yours === undefined) return undefined;
  const [left, right] = [kindOfWord(mine, language), kindOfWord(yours, language)];
  return left !== right ? `${mine.written} / ${yours.written}` : undefined;
}

function askedBy(text: string, language: string): Asked | undefined {
  const primary = primaryLanguage(language);
  const words = wordsOf(text, language).slice(0, opening);
  for (const [index, word] of words.slice(0, reach).entries()) {
    const kind = kindAt(words, index, primary);
    if (kind === undefined) continue;
    const isManner =
      kind === 'thing' && words.some(({ folded }) => (manners.get(primary) ?? none).has(folded));
    if (isManner) return undefined;
    const modal = words.find((one) => ['advice', 'permission'].includes(kindOfWord(one, primary) ?? ''));
    const isObject =
      (objects.get(primary) ?? none).has(word.folded) ||
      (beforeObjects.get(primary) ?? none).has(words[index - 1]?.folded ?? '');
    const written = isObject && index > 0 ? `${words[index - 1]?.written} ${word.written}` : word.written;
    return { kind, written, modal, isObject };
  }
  return undefined;
}

function kindAt(words: readonly Word[], index: number, language: string): Kind | undefined {
  const [word, next, second] = words.slice(index);
  if (word === undefined) return undefined;
  if (isWhyInTwoWords(word, next, language)) return 'reason';
  const kind = kindOfWord(word, language);
  if (language !== 'en') return kind;
  if (kind === 'manner') return amounts.has(next?.folded ?? '') ? 'amount' : kind;
  if (kind !== 'thing') return kind;
  const after = contraction.test(word.folded) ? next : copulas.has(next?.folded ?? '') ? second : undefined;
  return insides.has(after?.folded ?? '') ? 'content' : kind;
}

function kindOfWord({ folded }: Word, language: string): Kind | undefined {
  const primary = primaryLanguage(language);
  const plain = folded.replace(contraction, '');
  return openings.find(([, words]) => (words.get(primary) ?? none).has(plain))?.[0];
}

/** Spanish and Portuguese *por qué*, *por que*. */
function isWhyInTwoWords({ folded }: Word, next: Word | undefined, language: string): boolean {
  return (language === 'es' || language === 'pt') && folded === 'por' && next?.folded === 'que';
}
