/**
 * Near pairs of a log, judged by their two answers.
 */
import type { Judge, Verdict } from 'askonce/semantic';
import type { NearPair } from './log.ts';
import type { ScoredPair } from './score.ts';

export interface JudgedPairs {
  /** Pairs with a verdict, and those that a guard keeps apart. */
  readonly scored: readonly (ScoredPair & { readonly pair: NearPair })[];
  /** Pairs that the judge could not decide on, or failed for. */
  readonly unsure: readonly NearPair[];
}

/** Time for one verdict, in ms. */
const verdictMs = 60_000;

/**
 * Asks the judge about the most similar pairs first, `most` of them at most: a threshold says something only if all pairs
 * above it are judged. Pairs that a guard keeps apart are not judged, and count as different.
 */
export async function judged(
  pairs: readonly NearPair[],
  judge: Judge,
  { most, onPair }: { readonly most: number; readonly onPair: (share: number) => void },
): Promise<JudgedPairs> {
  const scored: (ScoredPair & { readonly pair: NearPair })[] = [];
  const total = Math.min(most, pairs.filter(({ guard }) => guard === undefined).length);
  let asked = 0;
  const unsure: NearPair[] = [];
  for (const pair of pairs) {
    const { similarity, guard } = pair;
    if (guard !== undefined) {
      scored.push({ same: false, identical: false, similarity, apart: { by: 'guard', name: guard }, pair });
      continue;
    }
    if (asked >= total) break;
    asked += 1;
    const verdict = await verdictOf(pair, judge);
    if (verdict === 'unsure') unsure.push(pair);
    else scored.push({ same: verdict === 'same', identical: false, similarity, pair });
    onPair(asked / total);
  }
  return { scored, unsure };
}

async function verdictOf({ asked, earlier }: NearPair, judge: Judge): Promise<Verdict> {
  try {
    const verdict = await judge.judge(
      {
        question: asked.question,
        earlierQuestion: earlier.question,
        earlierAnswer: earlier.answer,
        answer: asked.answer,
        language: asked.language,
      },
      AbortSignal.timeout(verdictMs),
    );
    return typeof verdict === 'string' ? verdict : verdict.verdict;
  } catch {
    return 'unsure';
  }
}
