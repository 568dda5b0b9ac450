/**
 * Which words two questions share, as several guards need it.
 */
import { type Word, wordsOf } from '../text/words.ts';
import { isLight } from './lists/light.ts';
import { isNegator } from './lists/negations.ts';
import { isNumberWord, numberWordsOf } from './lists/numbers.ts';

export interface Pairing {
  /** The words of both questions that count, in their order. */
  readonly one: readonly Word[];
  readonly other: readonly Word[];
  /** Positions of the same word in `one` and `other`, by their position in `one`. */
  readonly shared: readonly (readonly [inOne: number, inOther: number])[];
  /** Words that the other question does not have, or not so often. */
  readonly onlyOne: readonly Word[];
  readonly onlyOther: readonly Word[];
}

/**
 * Pairs what is particular to the questions: no function words, no words such as "best" and "some", and neither
 * numbers nor negations, which have guards of their own.
 */
export function pairContent(one: string, other: string, language: string): Pairing {
  const [ours, theirs] = [subjectsOf(one, language), subjectsOf(other, language)];
  if (last?.one === ours && last.other === theirs) return last;
  last = pair(ours, theirs);
  return last;
}

/** Several guards ask for the same pairing in turn. */
let last: Pairing | undefined;

/** "What does he think of himself?" has another subject than "What does he think?". */
const reflexives: ReadonlySet<string> = new Set(['himself', 'herself', 'itself', 'themselves']);

/** As {@link pairContent}, with words such as "first" and "second", whose place in a question tells what they count. */
export function pairOrdered(one: string, other: string, language: string): Pairing {
  const { ordinals } = numberWordsOf(language);
  const ordered = (text: string) =>
    wordsOf(text, language).filter((word) => ordinals.has(word.folded) || isSubject(word, language));
  return pair(ordered(one), ordered(other));
}

/** The words of a question that name its subject. */
function subjectsOf(text: string, language: string): readonly Word[] {
  const words = wordsOf(text, language);
  const known = subjects.get(words);
  if (known !== undefined) return known;
  const found = words.filter((word) => isSubject(word, language));
  subjects.set(words, found);
  return found;
}

/** By the words of a text, which `wordsOf` remembers. */
const subjects = new WeakMap<readonly Word[], readonly Word[]>();

function isSubject({ written, folded, isFunctionWord }: Word, language: string): boolean {
  return (
    (!isFunctionWord || reflexives.has(folded)) &&
    !/\p{N}/u.test(written) &&
    !isLight(folded, language) &&
    !isNegator(folded, language) &&
    !isNumberWord(folded, language)
  );
}

function pair(one: readonly Word[], other: readonly Word[]): Pairing {
  const places = placesOf(other);
  for (const list of places.values()) list.reverse();
  const taken = new Set<number>();
  const shared: [number, number][] = [];
  const onlyOne: Word[] = [];
  one.forEach((word, place) => {
    const found = formsOf(word)
      .map((form) => nextFree(places.get(form), taken))
      .find((free) => free !== undefined);
    if (found === undefined) {
      onlyOne.push(word);
      return;
    }
    taken.add(found);
    shared.push([place, found]);
  });
  return {
    one,
    other,
    shared,
    onlyOne,
    onlyOther: other.filter((_, place) => !taken.has(place)),
  };
}

/** Words that the other question does not have at all. */
export function missingFrom(words: readonly Word[], others: readonly Word[]): readonly Word[] {
  const known = new Set(others.flatMap(formsOf));
  return words.filter((word) => !formsOf(word).some((form) => known.has(form)));
}

function placesOf(words: readonly Word[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  words.forEach((word, place) => {
    for (const form of formsOf(word)) {
      const known = places.get(form);
      if (known === undefined) places.set(form, [place]);
      else known.push(place);
    }
  });
  return places;
}

function nextFree(places: number[] | undefined, taken: ReadonlySet<number>): number | undefined {
  while (places !== undefined && places.length > 0) {
    const place = places.pop();
    if (place !== undefined && !taken.has(place)) return place;
  }
  return undefined;
}

/** What English adds to a verb, and what it spells in two ways. A base of four letters stays. */
const englishEnding = /(?<=^[a-z]{4,})(?:ing|ed|es|e|s|ly)$/;

/** Spanish and Portuguese endings of longer words; short ones may be two words (`puerto`, `puerta`). */
const romanceEnding = /(?<=^[a-zñ]{6,})(?:[oae]s?|[aei]r|[ae]mos|[ae][mn]|[ai]d[oa]s?)$/;

/** Words are read once for a dozen guards (`wordsOf` remembers them), and so are their spellings. */
const remembered = new WeakMap<Word, readonly string[]>();

/** The spellings under which a word is the same as another: `e-mail` is `email`, and `McDonald's` is `McDonalds`. */
export function formsOf(word: Word): readonly string[] {
  const known = remembered.get(word);
  if (known !== undefined) return known;
  const joined = word.folded.replace(/['’]s?$/, '').replace(/['’.-]/g, '');
  const base = joined
    .replace(englishEnding, '')
    .replace(/our(?=[a-z]|$)/, 'or')
    .replace(/is(?=$|ation)/, 'iz');
  const forms = [
    ...new Set([
      ...word.readings.map((reading) => reading.replace(/(?<=\p{L})[-'’.](?=\p{L}|$)/gu, '')),
      joined,
      base,
      joined.replace(romanceEnding, ''),
    ]),
  ];
  remembered.set(word, forms);
  return forms;
}
