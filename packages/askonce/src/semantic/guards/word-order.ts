/**
 * Word order: the words that both questions have stand in one order. "From dollars to euros" is not "from euros to
 * dollars", and "what he has" is not "what she has". Two things that are only listed ("cats and dogs") may change places.
 */
import type { Guard } from '../contract.ts';
import { primaryLanguage } from '../text/fold.ts';
import { type Word, wordsOf } from '../text/words.ts';
import { listsOf } from './lists/list.ts';
import { type Pairing, pairOrdered } from './pairing.ts';
import { personsChangePlaces } from './persons.ts';
import { between, symmetric } from './symmetric.ts';

const coordinators = listsOf({
  en: 'and or vs versus nor',
  es: 'y e o u ni vs versus',
  pt: 'e ou nem vs versus',
  ru: 'и или либо',
  he: 'או ו',
});
/** What may stand between listed things besides an "and". */
const articles = listsOf({
  en: 'a an the',
  es: 'el la los las un una',
  pt: 'o a os as um uma',
  ru: '',
  he: '',
});
/** English says "project ideas" for "ideas for a project". */
const prepositions = listsOf({ en: 'of for in on at about with' });
const none: ReadonlySet<string> = new Set();

/** The words of two blocks, as positions in the order of the shared words. */
interface Exchange {
  readonly earlier: readonly number[];
  readonly later: readonly number[];
}

/** A listed thing has at most so many words. */
const longestListed = 4;
/** In a text with more words that both have, an exchange of words is not taken for a paraphrase. */
const longestQuestion = 8;

export const wordOrderGuard: Guard = symmetric((one, other, language) => {
  const persons = personsChangePlaces(one, other, language);
  if (persons !== undefined) return persons;
  const pairing = pairOrdered(one, other, language);
  const order = pairing.shared.map(([, inOther]) => inOther);
  const at = order.findIndex((place, index) => place > (order[index + 1] ?? place));
  if (at < 0) return undefined;
  const exchange = exchangeAt(order, at);
  const isShort = order.length <= longestQuestion;
  if (isShort && exchange !== undefined && isHarmless(pairing, exchange, [one, other], language))
    return undefined;
  return between(phrase(pairing, at, 0), phrase(pairing, at, 1));
});

/** The blocks that have changed places at the first break, if nothing else is out of order. */
function exchangeAt(order: readonly number[], at: number): Exchange | undefined {
  const first = order[at] ?? 0;
  const second = order[at + 1] ?? 0;
  let start = at;
  while (start > 0 && (order[start - 1] ?? 0) > second) start--;
  let end = at + 1;
  while (end + 1 < order.length && (order[end + 1] ?? 0) < first && (order[end + 1] ?? 0) > (order[end] ?? 0))
    end++;
  if (end - at > longestListed || at + 1 - start > longestListed) return undefined;
  const indexes = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
  const exchanged = [
    ...order.slice(0, start),
    ...order.slice(at + 1, end + 1),
    ...order.slice(start, at + 1),
    ...order.slice(end + 1),
  ];
  const isInOrder = exchanged.every((place, index) => index === 0 || place > (exchanged[index - 1] ?? 0));
  return isInOrder ? { earlier: indexes(start, at + 1), later: indexes(at + 1, end + 1) } : undefined;
}

/**
 * True if the blocks are listed in both questions ("cats and dogs"), or are a compound in one and its paraphrase in the
 * other ("project ideas", "ideas for a project").
 */
function isHarmless(
  { one, other, shared }: Pairing,
  { earlier, later }: Exchange,
  [textOne, textOther]: readonly [string, string],
  language: string,
): boolean {
  const inOne = (index: number | undefined) => one[shared[index ?? -1]?.[0] ?? -1];
  const inOther = (index: number | undefined) => other[shared[index ?? -1]?.[1] ?? -1];
  const gaps = [
    gapBetween(textOne, inOne(earlier.at(-1)), inOne(later[0]), language),
    gapBetween(textOther, inOther(later.at(-1)), inOther(earlier[0]), language),
  ];
  if (gaps.every((gap) => gap === 'list')) return true;
  return gaps.includes('nothing') && gaps.includes('preposition');
}

/** What stands between two words: nothing, only an "and" and an article, only a preposition and an article, or other words. */
function gapBetween(
  text: string,
  from: Word | undefined,
  to: Word | undefined,
  language: string,
): 'nothing' | 'list' | 'preposition' | 'other' {
  if (from === undefined || to === undefined) return 'other';
  const primary = primaryLanguage(language);
  const known = coordinators.get(primary) ?? none;
  const words = wordsOf(text, language).filter(({ start }) => start > from.start && start < to.start);
  const isArticle = ({ folded }: Word) => (articles.get(primary) ?? none).has(folded);
  const linking = words.filter((word) => !isArticle(word));
  const isJoined = primary === 'he' && to.folded.startsWith('ו');
  if (isJoined) return linking.length === 0 ? 'list' : 'other';
  if (words.length === 0) return 'nothing';
  if (linking.length !== 1 || words.length > 3) return 'other';
  if (linking.every(({ folded }) => known.has(folded))) return 'list';
  return linking.every(({ folded }) => (prepositions.get(primary) ?? none).has(folded))
    ? 'preposition'
    : 'other';
}

function phrase({ one, other, shared }: Pairing, at: number, side: 0 | 1): string {
  const words = side === 0 ? one : other;
  const places = [at, at + 1].map((index) => shared[index]?.[side] ?? 0).toSorted((a, b) => a - b);
  return places.map((place) => words[place]?.written).join(' … ');
}
