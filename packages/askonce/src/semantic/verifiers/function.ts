/**
 * A verifier, or a judge, that is a function of the caller's.
 */
import type { Awaitable } from '../../clock.ts';
import type { Judge, JudgedPair, Verdict, VerifiedPair, Verifier } from '../contract.ts';

/** Decides on a pair: true means `same`, false `different`. */
export type Deciding<Pair> = (pair: Pair, signal: AbortSignal) => Awaitable<boolean | Verdict>;

/**
 * A verifier from a function: does the earlier answer fully and correctly answer the question? A function that throws,
 * or answers late, gives no verdict, and the request is a miss.
 *
 * @param name also names its version; choose another when the function decides otherwise. Default `function`
 */
export function functionVerifier(decide: Deciding<VerifiedPair>, name = 'function'): Verifier {
  return { name, verify: async (pair, signal) => verdictOf(await decide(pair, signal)) };
}

/** The verifier that a caller gives: itself, or a function. */
export function verifierOf(given: Verifier | Deciding<VerifiedPair> | undefined): Verifier | undefined {
  return typeof given === 'function' ? functionVerifier(given) : given;
}

/** A judge from a function: do both answers say the same? */
export function functionJudge(decide: Deciding<JudgedPair>, name = 'same-answer'): Judge {
  return { name, judge: async (pair, signal) => verdictOf(await decide(pair, signal)) };
}

function verdictOf(decided: boolean | Verdict): Verdict {
  if (typeof decided === 'boolean') return decided ? 'same' : 'different';
  return decided;
}
