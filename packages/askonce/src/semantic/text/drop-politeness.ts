/**
 * Removes greetings, thanks and politeness from the start and the end of a question, never from its middle.
 *
 * "Hi, what is BM25?" and "Could you please tell me what BM25 is?" lose their openings; "Hello world in C", "Hi-Fi" and
 * "How do I say thank you?" lose nothing, and a text that is nothing but a greeting stays as it is.
 */
import { fold, primaryLanguage } from './fold.ts';
import { type PolitePatterns, politePatternsOf } from './politeness/lists.ts';

/** How far from either end politeness is looked for, in UTF-16 units. */
const reach = 200;
/** Each removal is one round: a greeting, an apology and a request are three. */
const mostRounds = 12;

const hebrewPoints = /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]/g;
const separators =
  /^(?:[\s,!;:?…¿¡)]|\.(?=[\s.]|$)|-+(?=\s)|\p{Extended_Pictographic}|\ufe0f|\u200d|[\u{1f3fb}-\u{1f3ff}])*/u;
/** Smileys and the like: they decorate an end, and are left alone inside a sentence. */
const decoration =
  /(?<=[\s,.!?…)])(?:\s*(?:[\u{1f600}-\u{1f64f}\u{1f44b}\u{1f44d}\u{2764}\u{263a}\u{1f917}\u{1f914}\u{1f970}]\ufe0f?[\u{1f3fb}-\u{1f3ff}]?|[:;]-?[)D]))+[\s.!]*$/u;
/** A text that speaks of smileys, or is one. */
const aboutSigns =
  /emoj|emotic|smil(?:e|ey)|symbol|simbolo|carita|carinha|смайл|эмодзи|эмоджи|символ|אימוג|סמיילי|סמל/;
const wordsAround = /[\p{L}\p{N}]+[^\p{L}\p{N}]+[\p{L}\p{N}]+[^\p{L}\p{N}]+[\p{L}\p{N}]/u;
/** After it stands a text of its own. */
const colon = /:\s+\S/;
/** "Hello, Dolly!", "Good Morning, Vietnam:": a title, unless a question begins there. */
const titleEnd = /^,\s+\p{Lu}[\p{L}\p{M}']*(?:\s+\p{Lu}[\p{L}\p{M}']*)*\s*[!:]/u;
const endMarks = /(?<![\s.!?…])[\s.!?…]+$/u;

/** The text without its politeness, and with no other change; `language` is a BCP 47 tag in lower case. */
export function withoutPoliteness(text: string, language: string): string {
  const patterns = politePatternsOf(primaryLanguage(language));
  if (patterns === undefined) return text;
  const plain = text.normalize('NFC').replace(hebrewPoints, '').trim();
  const rest = withoutOpenings(withoutClosings(plain, patterns), patterns);
  return /[\p{L}\p{N}]/u.test(rest) ? rest : text;
}

function withoutOpenings(text: string, patterns: PolitePatterns): string {
  let rest = text;
  let isRequest = false;
  for (let round = 0; round < mostRounds; round += 1) {
    const opening = rest.replace(/^[\s¿¡]+/u, '');
    const end = openingEnd(opening, patterns);
    if (end === undefined) break;
    isRequest ||= end.isRequest;
    rest = opening.slice(end.at).replace(separators, '');
  }
  return isRequest ? rest.replace(/(?<![?\s])[?\s]+$/u, '') : rest;
}

function openingEnd(
  text: string,
  patterns: PolitePatterns,
): { readonly at: number; readonly isRequest: boolean } | undefined {
  const beginning = text.slice(0, reach);
  const folded = fold(beginning);
  // A letter whose small form is longer: then a position in one is none in the other.
  if (folded.length !== beginning.length) return undefined;
  for (const pattern of patterns.openings) {
    const [opening] = pattern.exec(folded) ?? [];
    if (opening !== undefined && !isTitle(text, folded, opening.length, patterns))
      return { at: opening.length, isRequest: false };
  }
  const [request] = patterns.request.exec(folded) ?? [];
  if (request !== undefined) return { at: request.length, isRequest: true };
  const [please] = patterns.please.exec(folded) ?? [];
  // "Please Please Me" is a name.
  if (please !== undefined && /^\s+[^\s\p{Lu}]/u.test(text.slice(please.length)))
    return { at: please.length, isRequest: false };
  return undefined;
}

function isTitle(text: string, folded: string, at: number, { begins }: PolitePatterns): boolean {
  return titleEnd.test(text.slice(at)) && !begins.test(folded.slice(at).replace(/^,\s+/, ''));
}

function withoutClosings(text: string, patterns: PolitePatterns): string {
  if (colon.test(text) && colon.test(withoutOpenings(text, patterns))) return text;
  const folded = fold(text.slice(0, reach));
  const isAboutSigns =
    aboutSigns.test(folded) || patterns.mention.test(folded) || !wordsAround.test(text.slice(0, reach));
  let rest = text;
  let marks = '';
  for (let round = 0; round < mostRounds; round += 1) {
    const undecorated = isAboutSigns
      ? rest
      : rest.slice(0, -reach) + rest.slice(-reach).replace(decoration, '');
    const end = undecorated.replace(endMarks, '');
    const closingStart = startOfClosing(end, patterns);
    if (closingStart === undefined)
      return undecorated === rest && marks === '' ? rest : withMarks(undecorated, marks);
    marks = undecorated.slice(end.length) + marks;
    rest = end.slice(0, closingStart).replace(/(?<![\s,;:-])[\s,;:-]+$/u, '');
    if (rest === '') return '';
  }
  return withMarks(rest, marks);
}

/** A question mark after "please" belongs to the question. */
function withMarks(text: string, marks: string): string {
  return marks.includes('?') && !/[.!?…]$/u.test(text) ? `${text}?` : text;
}

function startOfClosing(text: string, patterns: PolitePatterns): number | undefined {
  const start = Math.max(0, text.length - reach);
  const ending = text.slice(start);
  const folded = fold(ending);
  if (folded.length !== ending.length) return undefined;
  const found = patterns.closing.exec(folded);
  if (found !== null) return start + found.index + (found[1] ?? '').length;
  const bare = patterns.bareClosing.exec(folded);
  if (bare === null || patterns.mention.test(folded)) return undefined;
  const from = bare.index + 1;
  const closing = folded.slice(from).trimStart();
  const isName = /^\s*\p{Lu}/u.test(ending.slice(from)) && /\p{Ll}/u.test(ending);
  if (isName || !patterns.bare.test(closing) || patterns.leading.test(folded.slice(0, from)))
    return undefined;
  return start + from;
}
