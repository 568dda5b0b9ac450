/**
 * The semantic text of a question: what the tier embeds and compares, on top of the spelling that `identity/` gives.
 *
 * Two questions that have one semantic text share an answer without statistics. So what may change the meaning stays:
 * the case of all letters but the first, exclamation marks after numbers (factorials), line breaks, and all of a text
 * that looks like code.
 */
import { hasManyMarks } from '../../identity/language/nfc.ts';
import { looksLikeCode, normalizeQuestion } from '../../identity/language/normalize.ts';
import { withoutInvertedSigns } from '../../identity/language/spelling.ts';
import { withoutPoliteness } from './drop-politeness.ts';
import { fold, primaryLanguage } from './fold.ts';
import { politePatternsOf } from './politeness/lists.ts';

/** A question that may end with a question mark or without: it begins as questions do. */
const englishAuxiliary =
  /^(?:is|are|am|was|were|do|does|did|can|could|will|would|should|has|have|had|may|might|must)\s/;
const russianParticle = /(?<!\p{L})ли(?!\p{L})/u;

/** Lines that begin with white space: Python, YAML, a poem. */
const indented = /\n[^\S\n]+\S/;
/** A longer text, in UTF-16 units, is compared as it is written: it is no question that greets. */
const longest = 8192;

const mostRounds = 4;

/** The semantic text; `language` is a BCP 47 tag in lower case, or `und`. Normalising twice gives the same as once. */
export function semanticTextOf(question: string, language: string): string {
  const spelt = normalizeQuestion(question, language).trim();
  if (spelt.length > longest || hasManyMarks(spelt)) return spelt;
  if (looksLikeCode(spelt) || indented.test(spelt)) return spelt;
  const plain = withoutInvertedSigns(spelt.replace(/[\ufe0e\ufe0f]/g, ''))
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n\s*/g, '\n')
    .trim();
  if (isToBeWorkedOn(plain, language)) return withPlainStart(plain, language);
  let text = plain;
  // A mark that is dropped may bare another greeting or smiley.
  for (let round = 0; round < mostRounds; round += 1) {
    const shorter = withPlainStart(withPlainEnd(withoutPoliteness(text, language), language), language);
    if (shorter === text) break;
    text = shorter;
  }
  return text;
}

/** A text with a part that is to be translated, counted, corrected …: its greetings, thanks and marks belong to that part. */
function isToBeWorkedOn(text: string, language: string): boolean {
  return politePatternsOf(primaryLanguage(language))?.works.test(fold(text.slice(0, 200))) ?? false;
}

function withPlainEnd(text: string, language: string): string {
  const [marks = ''] = /(?<![\s.!?])[\s.!?]+$/.exec(text) ?? [];
  const rest = text.slice(0, text.length - marks.length);
  // Factorials; and a text that waits for its continuation.
  if (
    rest === '' ||
    (marks.includes('!') && /(?:\p{N}|(?<!\p{L})\p{L}|\))$/u.test(rest)) ||
    /\.\.|\. \./.test(marks)
  )
    return text;
  return marks.includes('?') && !isQuestion(rest, language) ? `${rest}?` : rest;
}

function isQuestion(text: string, language: string): boolean {
  const folded = fold(text.slice(0, 200));
  const primary = primaryLanguage(language);
  if (primary === 'en' && englishAuxiliary.test(folded)) return true;
  if (primary === 'ru' && russianParticle.test(folded)) return true;
  return politePatternsOf(primary)?.question.test(folded) ?? false;
}

/** The first letter small, unless the first word has other capitals or is another word with one (Polish, polish). */
function withPlainStart(text: string, language: string): string {
  if (!/^\p{Lu}(?:[\p{Ll}\p{M}']*(?![\p{L}\p{N}_.-]))/u.test(text)) return text;
  const isName = politePatternsOf(primaryLanguage(language))?.name.test(fold(text.slice(0, 200))) ?? true;
  return isName ? text : text.replace(/^\p{Lu}/u, (letter) => letter.toLowerCase());
}
