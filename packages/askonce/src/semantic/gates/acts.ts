/**
 * Keeps out a request to act on the world: transfer, delete, book, send, lock. Its answer says what was done, and to
 * replay that for another request would be a lie.
 *
 * "How do I transfer money?" and "Can I cancel?" are questions; explain, write, translate and summarise are no acts.
 */
import type { Gate } from '../contract.ts';
import { phrases } from '../text/phrases.ts';
import { politePatternsOf } from '../text/politeness/lists.ts';
import { type ActVerbs, actVerbs } from './lists/act-verbs.ts';
import { gatedText, type Sentence } from './sentences.ts';

interface Patterns {
  readonly imperative: RegExp;
  readonly request: RegExp;
  readonly wish: RegExp;
  readonly except: RegExp;
  readonly isAmbiguous: boolean;
}

const wordEnd = String.raw`(?![\p{L}\p{N}])`;
const gap = String.raw`[\s,]+`;

const patterns: ReadonlyMap<string, Patterns> = new Map(
  Array.from(actVerbs, ([language, verbs]) => [language, compile(verbs)]),
);

function compile(verbs: ActVerbs): Patterns {
  const before = `(?:${phrases(verbs.openings)}${wordEnd}${gap}){0,3}`;
  const infinitive = `${phrases(verbs.infinitives)}${wordEnd}`;
  return {
    imperative: new RegExp(`^${before}${phrases(verbs.imperatives)}`, 'u'),
    request: new RegExp(
      `^${before}${phrases(verbs.requests)}(?:${gap})?(?:${phrases(verbs.openings)}${gap})?${infinitive}`,
      'u',
    ),
    wish: new RegExp(`^${before}${phrases(verbs.wishes)}${gap}${infinitive}`, 'u'),
    except: new RegExp(`^${before}${phrases(verbs.except)}`, 'u'),
    isAmbiguous: verbs.isAmbiguous,
  };
}

export const acts: Gate = (question, language) => {
  const text = gatedText(question, language);
  const pattern = patterns.get(text.language);
  if (pattern === undefined) return false;
  const questionWord = politePatternsOf(text.language)?.question;
  const asks = text.sentences.some(
    (sentence) => sentence.isAsked || questionWord?.test(sentence.text) === true,
  );
  return text.sentences.some((sentence) => isAct(sentence, pattern, asks));
};

function isAct(sentence: Sentence, pattern: Patterns, asks: boolean): boolean {
  // A clause may open with what it is about: "My card was stolen, block it".
  return clausesOf(sentence).some((clause) => {
    if (pattern.except.test(clause)) return false;
    if (pattern.request.test(clause)) return true;
    if (!asks && pattern.wish.test(clause)) return true;
    return !(pattern.isAmbiguous && sentence.isAsked) && pattern.imperative.test(clause);
  });
}

/** The sentence, and in one that asks nothing also what follows a comma, a semicolon or a dash. */
function clausesOf({ text, isAsked }: Sentence): readonly string[] {
  if (isAsked) return [text];
  return [text, ...text.split(/[,;:]\s+|\s-\s/).slice(1)].map((clause) => clause.trim());
}
