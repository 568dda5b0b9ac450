/**
 * Identifiers: order numbers, models, versions, addresses, file names. Whole tokens must be the same, in one order; one
 * letter more is another thing (LN-5567, LN-5567A).
 */
import type { Guard } from '../contract.ts';
import { fold } from '../text/fold.ts';
import { wordsOf } from '../text/words.ts';
import { numberWordsOf } from './lists/numbers.ts';
import { unitOf } from './lists/units.ts';
import { between, symmetric } from './symmetric.ts';

const wrapping = /^[\s"'“”«»‘’([{<#№*_,;:!?¿¡]+|[\s"'“”«»‘’)\]}>*_.,;:!?]+$/g;
/** Hebrew writes its prepositions with a hyphen before what is not Hebrew. */
const hebrewPrefix = /^[א-ת]{1,3}[-־]?(?=[\p{N}A-Za-z])/u;
const address = /^(?:[a-z][a-z0-9+.-]*:\/\/|www\.)\S+$|^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/i;
/** `report.pdf`, `example.com/path`, `node.js`. */
const dotted = /^[\p{L}\p{N}_~-]+(?:\.[\p{L}\p{N}_-]+)*\.[a-z][a-z0-9]{1,5}(?:[/:?#]\S*)?$/u;
const path = /^(?:~|\.{1,2})?\/[\p{L}\p{N}_.-]+(?:\/\S*)?$|^[A-Za-z]:\\\S+$/u;
const version = /^v?\p{N}+(?:\.\p{N}+){2,}$/u;
const leadingZero = /^0\p{N}+$/u;
const numberEnding = /^(?:st|nd|rd|th|s|x|º|ª|-?(?:й|я|е|го|му|ых|х|ый|ая|ое|ти))$/u;
/** Parts of words that are numbers with a unit, a place or a word: `30-day`, `24h`, `1990s`. */
const numberAndLetters = /^(\p{N}+(?:[.,:]\p{N}+)*)(\p{L}*)$/u;

const singleLetter = /^["'“«(]?(\p{Lu})["'”»),.;:!?]*$/u;

/** A longer run of signs without a space counts as it is, so that the patterns see short texts only. */
const longest = 200;

export const identifiersGuard: Guard = symmetric((one, other, language) => {
  const [ours, theirs] = [identifiersOf(one, language), identifiersOf(other, language)];
  if (ours.size === 0 && theirs.size === 0) return undefined;
  const left = missing(ours, theirs, other, language);
  const right = missing(theirs, ours, one, language);
  if (left.length + right.length > 0) return between(left.join(' '), right.join(' '));
  const [here, there] = [sharedOf(ours, theirs), sharedOf(theirs, ours)];
  return here === there ? undefined : between(here, there);
});

/** Those of the identifiers that the other text has as well, in their order: "from gate A1 to B2" is not "from B2 to A1". */
function sharedOf(identifiers: ReadonlySet<string>, others: ReadonlySet<string>): string {
  return [...identifiers].filter((identifier) => others.has(identifier)).join(' ');
}

/** The identifiers of a text, in one spelling; the path of an address keeps its case. */
export function identifiersOf(text: string, language: string): ReadonlySet<string> {
  const found = new Set<string>();
  const hasSmallLetters = /\p{Ll}/u.test(text);
  let before = '';
  for (const chunk of text.normalize('NFC').split(/\s+/)) {
    const letter = hasSmallLetters && !beginsSentence(before) ? letterIn(chunk) : undefined;
    before = chunk;
    if (letter !== undefined) found.add(letter);
    if (!/[\p{N}@/.\\]/u.test(chunk)) continue;
    if (chunk.length > longest) {
      found.add(chunk);
      continue;
    }
    const token = chunk
      .replace(wrapping, '')
      .replace(hebrewPrefix, '')
      .replace(/['’]s$/, '');
    if (address.test(token) || path.test(token)) found.add(token);
    else if (isIdentifier(token, language)) found.add(fold(token).replace(/[-‐‑]/g, ''));
  }
  return found;
}

/** True at the start of a text, and after what ends a sentence: there a capital letter says nothing. */
function beginsSentence(before: string): boolean {
  return before === '' || /[.!?…:;]["'”»)]*$/u.test(before);
}

/** The letter that names something: plan B, gate C. */
function letterIn(chunk: string): string | undefined {
  const [, letter] = singleLetter.exec(chunk) ?? [];
  return letter === undefined || letter === 'I' ? undefined : fold(letter);
}

function isIdentifier(token: string, language: string): boolean {
  if (dotted.test(token) || version.test(token) || leadingZero.test(token)) return true;
  if (!/\p{N}/u.test(token) || !/\p{L}/u.test(token)) return false;
  return !token.split(/[-‐‑–/]/).every((part) => isPlain(part, language));
}

/** True for a number with what may follow it, and for a word in small letters. */
function isPlain(part: string, language: string): boolean {
  if (/^\p{Ll}*$|^[\p{Lo}]+$/u.test(part)) return true;
  const [, digits, letters = ''] = numberAndLetters.exec(part) ?? [];
  if (digits === undefined) return false;
  const folded = fold(letters);
  return (
    folded === '' ||
    numberEnding.test(folded) ||
    unitOf(folded) !== undefined ||
    numberWordsOf(language).multipliers.has(folded)
  );
}

/** Those of the identifiers that the other text has neither as one token nor as words in a row (`covid 19`). */
function missing(
  identifiers: ReadonlySet<string>,
  others: ReadonlySet<string>,
  otherText: string,
  language: string,
): readonly string[] {
  const left = [...identifiers].filter((identifier) => !others.has(identifier));
  if (left.length === 0) return left;
  const words = wordsOf(otherText, language).map(({ folded }) => folded.replace(/[^\p{L}\p{N}]/gu, ''));
  const joined = new Set(words.flatMap((word, index) => [word, `${word}${words[index + 1] ?? ''}`]));
  return left.filter((identifier) => !joined.has(identifier.replace(/[^\p{L}\p{N}]/gu, '')));
}
