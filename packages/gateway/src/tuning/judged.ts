/**
 * Near pairs of a log, judged by their two answers.
 */
import type { Judge, Verdict } from 'askonce/semantic';
import type { NearPair } from './log.ts';
import type { ScoredPair } from './score.ts';

interface JudgedNearPair extends ScoredPair {
  readonly pair: NearPair;
  /** The judge could not decide on it, or failed. */
  readonly unsure: boolean;
}

export interface JudgedPairs {
  /**
   * Pairs that were judged, and those that a guard keeps apart. One without a verdict counts as wrong: the pairs that a
   * judge leaves out are the hard ones.
   */
  readonly scored: readonly JudgedNearPair[];
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
  const scored: JudgedNearPair[] = [];
  const total = Math.min(most, pairs.filter(({ guard }) => guard === undefined).length);
  let asked = 0;
  for (const pair of pairs) {
    const { similarity, guard } = pair;
    if (guard !== undefined) {
      const apart = { by: 'guard', name: guard } as const;
      scored.push({ same: false, identical: false, similarity, apart, pair, unsure: false });
      continue;
    }
    if (asked >= total) break;
    asked += 1;
    const verdict = await verdictOf(pair, judge);
    const unsure = verdict === 'unsure';
    scored.push({ same: verdict === 'same', identical: false, similarity, pair, unsure });
    onPair(asked / total);
  }
  return { scored };
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
