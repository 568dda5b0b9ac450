/**
 * Which judge the tier learns from: the caller's own, else the one that the settings name.
 */
import type { Settings } from '../../settings/table.ts';
import type { Judge } from '../contract.ts';
import type { SemanticOptions } from '../options.ts';
import { functionJudge, verifierOf } from '../verifiers/function.ts';

/** Undefined if there is none: then no threshold is ever learnt. `compare` makes the comparison of answers. */
export function judgeOf(
  { judge, sameAnswer, verifier: given }: Pick<SemanticOptions, 'judge' | 'sameAnswer' | 'verifier'>,
  { semanticJudge }: Pick<Settings, 'semanticJudge'>,
  compare: () => Judge,
): Judge | undefined {
  const verifier = verifierOf(given);
  if (judge !== undefined) return judge;
  if (sameAnswer !== undefined) return functionJudge(sameAnswer);
  if (semanticJudge === 'answers') return compare();
  const judging = semanticJudge === 'verifier' ? verifier?.judge?.bind(verifier) : undefined;
  if (verifier === undefined || judging === undefined) return undefined;
  const { name, service, usdAtMost } = verifier;
  return { name, service, judge: judging, usdAtMost };
}
