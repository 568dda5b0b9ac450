/**
 * The numbers of a text with their units, in one spelling: `$5k` is `5000 $`, `1,000` in English is `1.000` in Spanish,
 * "twenty-five kilos" is `25 kg`, `5 pm` is `17:00`.
 */
import { fold, primaryLanguage } from '../text/fold.ts';
import { wordsOf } from '../text/words.ts';
import { numberWordsOf } from './lists/numbers.ts';
import { unitOf } from './lists/units.ts';

export interface Quantity {
  /** Digits in one spelling. */
  readonly value: string;
  /** `ordinal` for a place in a row; undefined if none is written. */
  readonly unit: string | undefined;
  /** As written, for the reason. */
  readonly written: string;
  readonly at: number;
  /** The word before it and the digits in one, as an identifier may be written: `covid19`. */
  readonly joined: string;
  /** A word such as "first", which a question may leave out. */
  readonly isWord: boolean;
}

interface Signs {
  readonly thousands: string;
  readonly decimal: string;
}

const dotDecimal: Signs = { thousands: ',', decimal: '.' };
const commaDecimal: Signs = { thousands: '.', decimal: ',' };
const signs: ReadonlyMap<string, Signs> = new Map([
  ['en', dotDecimal],
  ['he', dotDecimal],
  ['es', commaDecimal],
  ['pt', commaDecimal],
  ['ru', commaDecimal],
]);

/** A number with its separators; in groups with spaces only what is clearly one number. */
const number =
  /\p{Nd}+(?:[.,:'’]\p{Nd}+)*(?:[ \u00a0\u202f]\p{Nd}{3}(?!\p{Nd}))*(?:(?<=[ \u00a0\u202f]\p{Nd}{3})[.,]\p{Nd}+)?/gu;
const currencyBefore = /(?:[$€£₽₪₹¥]|r\$|us\$|\b(?:usd|eur|gbp|rub|ils|nis|brl|inr|rs|rs\.))\s?$/;
const after = /^([\s\u00a0-]?)((?:%|°\s?[cf]?|[$€£₽₪₹¥]|[\p{L}][\p{L}\p{M}"'״׳]*(?:\.\p{L})?|[ºª])?)/u;
const ordinalEnding = /^(?:st|nd|rd|th|º|ª|й|я|е|го|му|ый|ая|ое|ой|ти)$/u;
/** How far after a number its unit may reach. */
const unitReach = 24;

/** Takes time linear in the text. */
export function quantitiesOf(text: string, language: string): readonly Quantity[] {
  const composed = text.normalize('NFC');
  return [...inDigits(composed, language), ...inWords(composed, language)].toSorted((a, b) => a.at - b.at);
}

function inDigits(text: string, language: string): readonly Quantity[] {
  const found: Quantity[] = [];
  for (const { 0: digits, index } of text.matchAll(number)) {
    const before = fold(text.slice(Math.max(0, index - 5), index));
    if (isInsideWord(before)) continue;
    const end = index + digits.length;
    const tail = fold(text.slice(end, end + unitReach));
    const currency = unitOf(currencyBefore.exec(before)?.[0].trim() ?? '');
    const read = measureOf(tail, currency, language);
    if (read === undefined) continue;
    const { unit, times, length } = read;
    for (const value of valuesOf(digits, language, times, unit))
      found.push({
        value,
        unit: unit === 'am' || unit === 'pm' ? 'time' : unit,
        written: text.slice(index, end + length).trim(),
        at: index,
        joined: joinedWith(text, index, digits),
        isWord: false,
      });
  }
  return found;
}

/** A digit of `LN5567` or `S7`, or after a hyphen as in `LN-5567`: an identifier's, not a number's. Hebrew joins its prepositions. */
function isInsideWord(before: string): boolean {
  return /(?:[\p{L}_](?<![א-ת])|[\p{L}\p{N}_](?<![א-ת])[-‐‑.])$/u.test(before) && !currencyBefore.test(before)
    ? !/\p{N}[-‐‑]$/u.test(before)
    : false;
}

function joinedWith(text: string, at: number, digits: string): string {
  const [word] = /\p{L}+(?=[\s-]?$)/u.exec(fold(text.slice(Math.max(0, at - unitReach), at))) ?? [];
  return word === undefined ? '' : `${word}${digits}`;
}

interface Measure {
  readonly unit: string | undefined;
  readonly times: number;
  /** How much of the tail belongs to the number. */
  readonly length: number;
}

/** What follows a number: a multiplier, a unit, both or neither. Undefined if it is a part of an identifier. */
function measureOf(tail: string, currency: string | undefined, language: string): Measure | undefined {
  const { multipliers } = numberWordsOf(language);
  const [whole = '', gap = '', word = ''] = after.exec(tail) ?? [];
  if (word === '') return { unit: currency, times: 1, length: 0 };
  if (ordinalEnding.test(word) && gap !== ' ') return { unit: 'ordinal', times: 1, length: whole.length };
  const times = multipliers.get(word.replace(/\.$/, ''));
  const isShort = word.length === 1 && word !== 'k' && word !== 'к';
  if (times !== undefined && (!isShort || currency !== undefined)) {
    const rest = tail.slice(whole.length).replace(/^\s(?:of|de)(?=\s)/, '');
    const [next = '', , unitWord = ''] = after.exec(rest) ?? [];
    const written = unitWord === 'in' ? undefined : unitOf(unitWord);
    return {
      unit: currency ?? written,
      times,
      length: whole.length + (written === undefined ? 0 : next.length),
    };
  }
  // "5 in a row": an inch is written without a gap.
  const unit = word === 'in' && gap !== '' ? undefined : unitOf(word);
  if (unit !== undefined) return { unit: currency ?? unit, times: 1, length: whole.length };
  // `401k`, `1080p`: letters without a gap that are no unit.
  if (gap === '' && /^[a-z]/.test(word)) return word === 's' ? { unit: 's', times: 1, length: 1 } : undefined;
  return { unit: currency, times: 1, length: 0 };
}

function valuesOf(
  digits: string,
  language: string,
  times: number,
  unit: string | undefined,
): readonly string[] {
  if (unit === 'am' || unit === 'pm' || /^\p{Nd}{1,2}:\p{Nd}{2}$/u.test(digits))
    return [timeOf(digits, unit)];
  const plain = digits.replace(/[ \u00a0\u202f'’]/g, '');
  const parts = plain.split(/[.,:]/);
  // A date, an address of a network: its parts in their order.
  if (parts.length > 2 && !isGrouped(plain)) return parts.map((part) => part.replace(/^0+(?=\p{Nd})/u, ''));
  const value = decimalOf(plain, language, unit);
  if (times === 1) return [value];
  return [String(Number((Number(value) * times).toPrecision(12)))];
}

function timeOf(digits: string, unit: string | undefined): string {
  const [hours = '0', minutes = '00'] = digits.split(/[:.]/);
  const hour = Number(hours) % (unit === undefined ? 24 : 12);
  return `${unit === 'pm' ? hour + 12 : hour}:${minutes}`;
}

function isGrouped(plain: string): boolean {
  return /^\p{Nd}{1,3}(?:([.,])\p{Nd}{3})(?:\1\p{Nd}{3})*(?:[.,]\p{Nd}+)?$/u.test(plain);
}

/** In digits and at most one dot. A language without rules takes a group of three for thousands. */
function decimalOf(plain: string, language: string, unit: string | undefined): string {
  const rules = signs.get(primaryLanguage(language));
  const separators = plain.replace(/\p{Nd}/gu, '');
  if (separators === '') return plain;
  const last = separators.slice(-1);
  const isMixed = new Set(separators).size > 1;
  const isDecimal = isMixed || (rules === undefined ? !isGrouped(plain) : !isThousands(plain, last, rules));
  const at = plain.lastIndexOf(last);
  const whole = (isDecimal ? plain.slice(0, at) : plain).replace(/[.,:]/g, '');
  const fraction = isDecimal ? plain.slice(at + 1) : '';
  // `3.10` and `3.1` are two versions, but one price.
  const isPrice = unit !== undefined;
  const kept = /^0{1,2}$/.test(fraction) ? '' : isPrice ? fraction.replace(/0+$/, '') : fraction;
  return kept === '' ? whole : `${whole}.${kept}`;
}

function isThousands(plain: string, separator: string, rules: Signs): boolean {
  if (!isGrouped(plain)) return false;
  return separator === rules.thousands || plain.split(separator).length > 2;
}

/** True after digits: then the multiplier is theirs. */
function afterDigits(text: string, at: number): boolean {
  return /\p{N}[\s\u00a0]?$/u.test(text.slice(Math.max(0, at - 2), at));
}

/** Numbers in words: "twenty-five", "dos mil", "первый". */
function inWords(text: string, language: string): readonly Quantity[] {
  const { values, multipliers, ordinals } = numberWordsOf(language);
  const joiners = new Set(['and', 'y', 'e', 'и']);
  const found: Quantity[] = [];
  let run: { sum: number; last: number; total: number; written: string; at: number } | undefined;
  const words = wordsOf(text, language);
  const finish = (next: string | undefined) => {
    if (run === undefined) return;
    const value = String(run.total + run.sum);
    found.push({
      value,
      unit: unitOf(next ?? ''),
      written: run.written,
      at: run.at,
      joined: '',
      isWord: false,
    });
    run = undefined;
  };
  words.forEach(({ folded, written, start }, index) => {
    const ordinal = ordinals.get(folded);
    if (ordinal !== undefined) {
      finish(undefined);
      found.push({ value: String(ordinal), unit: 'ordinal', written, at: start, joined: '', isWord: true });
      return;
    }
    for (const part of folded.split('-')) {
      const bare = values.has(part) || !part.startsWith('ו') ? part : part.slice(1);
      const value = values.get(bare);
      const times = bare.length > 2 ? multipliers.get(bare) : undefined;
      // "A million", "one hundred".
      if (run === undefined && value === undefined && times !== undefined && !afterDigits(text, start))
        run = { sum: 1, last: times, total: 0, written: '', at: start };
      if (value !== undefined) {
        if (run !== undefined && !(value < run.last && value < 100)) finish(undefined);
        if (run === undefined) run = { sum: value, last: value, total: 0, written, at: start };
        else run = { ...run, sum: run.sum + value, last: value, written: `${run.written} ${written}` };
      } else if (run !== undefined && times !== undefined) {
        const written2 = `${run.written} ${written}`.trim();
        if (times === 100) run = { ...run, sum: run.sum * 100, last: 100, written: written2 };
        else run = { sum: 0, last: times, total: run.total + run.sum * times, written: written2, at: run.at };
      } else if (run !== undefined && !(joiners.has(bare) && values.has(words[index + 1]?.folded ?? ''))) {
        finish(bare);
      }
    }
  });
  finish(undefined);
  return found;
}
