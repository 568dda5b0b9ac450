/**
 * Keeps out a question that points outside itself: to an earlier turn ("And in Spanish?", "the second one"), to
 * something shown ("this picture"), or to where the asker is ("near me"). The same words ask something else next time.
 */
import type { Gate } from '../contract.ts';
import { anyOf, phrases, startOf } from '../text/phrases.ts';
import { wordsOf } from '../text/words.ts';
import type { PointingWords } from './lists/pointing/contract.ts';
import { pointingWords } from './lists/pointing-words.ts';
import { type GatedText, gatedText } from './sentences.ts';

interface Patterns {
  readonly alone: RegExp;
  readonly followUp: RegExp;
  readonly anywhere: RegExp;
  readonly pronoun: RegExp;
  readonly demonstrative: RegExp;
  readonly verb: RegExp;
  readonly expletives: RegExp;
}

/** Before "this problem", so many words of meaning may be what it points to. */
const antecedentsOfNoun = 3;

const patterns: ReadonlyMap<string, Patterns> = new Map(
  Array.from(pointingWords, ([language, words]) => [language, compile(words)]),
);

function compile(words: PointingWords): Patterns {
  const wordStart = String.raw`(?<![\p{L}\p{M}\p{N}])`;
  const wordEnd = String.raw`(?![\p{L}\p{M}\p{N}])`;
  return {
    alone: new RegExp(`^(?:${phrases(words.alone)}|${phrases(words.subjectless)})[\\s.?!…]*$`, 'u'),
    followUp: new RegExp(`^${phrases(words.followUps)}`, 'u'),
    anywhere: anyOf(words.anywhere),
    pronoun: anyOf(words.pronouns),
    demonstrative: new RegExp(
      `${wordStart}${phrases(words.demonstratives)}${wordEnd}(?!\\s+(?:${phrases(words.exceptNouns)}|${phrases(words.verbs)})${wordEnd})(?=\\s+\\p{L})(?!\\s+\\p{L}+\\s+(?:of|that|which)${wordEnd})`,
      'u',
    ),
    verb: new RegExp(`${startOf(words.verbs).source}$`, 'u'),
    expletives: new RegExp(anyOf(words.expletives).source, 'gu'),
  };
}

export const points: Gate = (question, language) => {
  const text = gatedText(question, language);
  const pattern = patterns.get(text.language);
  const [first] = text.sentences;
  if (pattern === undefined || first === undefined) return false;
  if (text.sentences.every((sentence) => pattern.alone.test(sentence.text))) return true;
  if (text.sentences.some((sentence) => pattern.anywhere.test(sentence.text))) return true;
  if (pattern.followUp.test(first.text)) return true;
  return !bringsItsMaterial(text) && pointsFrom(first.text, text.language, pattern);
};

/** What it speaks of follows: "Translate this: …", "Is this sentence right? …". */
function bringsItsMaterial({ whole }: GatedText): boolean {
  return /:\s*\S+\s+\S|"[^"]{3,}"|'[^']{8,}'/u.test(whole);
}

function pointsFrom(sentence: string, language: string, pattern: Patterns): boolean {
  const plain = sentence.replace(pattern.expletives, (found) => '#'.repeat(found.length));
  const pronoun = pattern.pronoun.exec(plain);
  if (pronoun !== null && antecedents(sentence.slice(0, pronoun.index), language, pattern) === 0) return true;
  const noun = pattern.demonstrative.exec(plain);
  return noun !== null && antecedents(sentence.slice(0, noun.index), language, pattern) < antecedentsOfNoun;
}

/** Words before a pronoun that it may stand for. */
function antecedents(before: string, language: string, { verb }: Patterns): number {
  const words = wordsOf(before, language);
  return words.filter(
    ({ isFunctionWord, folded }, index) =>
      persons.has(folded) ||
      (!isFunctionWord && !verb.test(folded) && !isVerbOfSubject(words[index - 1]?.folded)),
  ).length;
}

/** Function words that a pronoun may stand for. */
const persons: ReadonlySet<string> = new Set(
  'one someone somebody everyone everybody anyone anybody people alguien alguem'.split(' '),
);

/** "Where can I buy it?": what follows the asker is a verb. */
const subjects: ReadonlySet<string> = new Set([
  'i',
  'you',
  'we',
  'who',
  'eu',
  'voce',
  'я',
  'вы',
  'ты',
  'мы',
  'кто',
]);

function isVerbOfSubject(before: string | undefined): boolean {
  return before !== undefined && subjects.has(before);
}
