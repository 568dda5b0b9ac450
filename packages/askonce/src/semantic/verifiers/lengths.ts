/**
 * How much text a verifier or judge is shown. A question is never cut: what is cut off may be the one difference. The
 * verifier reads the beginning and the end of a long answer; a judge, which looks for differences, must see it all.
 */
import type { JudgedPair, VerifiedPair } from '../contract.ts';

/** In characters, each. */
const maxQuestion = 4_000;
const maxVerified = { beginning: 3_000, end: 1_000 } as const;
const maxJudged = 12_000;

export function verifiable({ question, earlierQuestion }: VerifiedPair): boolean {
  return question.length <= maxQuestion && earlierQuestion.length <= maxQuestion;
}

export function comparable(pair: JudgedPair): boolean {
  return verifiable(pair) && pair.earlierAnswer.length <= maxJudged && pair.answer.length <= maxJudged;
}

/** The pair with its answer cut to what a verifier reads. */
export function answerFor(pair: VerifiedPair): VerifiedPair {
  const { earlierAnswer: answer } = pair;
  const { beginning, end } = maxVerified;
  if (answer.length <= beginning + end) return pair;
  const cut = `${answer.slice(0, beginning)}\n[…]\n${answer.slice(-end)}`;
  // A cut may part the two halves of a character.
  return { ...pair, earlierAnswer: cut.toWellFormed() };
}
