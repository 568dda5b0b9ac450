/**
 * What becomes of the candidates of a request: one is served, or asked of the provider to be judged, or none is.
 */
import type { Candidate } from './candidates.ts';
import type { Decision, Pool, Sample } from './policies/contract.ts';

/** A pair that is to be judged once the provider has answered. */
export interface Drawn {
  readonly candidate: Candidate;
  readonly sample: Sample;
}

export type Decided =
  | { readonly action: 'serve'; readonly candidate: Candidate }
  /** A would-be hit that the provider is asked for all the same. */
  | { readonly action: 'audit'; readonly candidate: Candidate; readonly drawn: readonly Drawn[] }
  | {
      readonly action: 'miss';
      readonly drawn: readonly Drawn[];
      /** What kept the nearest candidate apart. */
      readonly keptApartBy: 'guard' | 'threshold' | 'verifier';
    };

export interface DecisionTools {
  readonly pool: Pick<Pool, 'decide' | 'verified'>;
  /** Whether the verifier says that the stored answer is right. Undefined without a verifier. */
  readonly verify?: ((candidate: Candidate) => Promise<boolean>) | undefined;
  /** Whether a judge can be asked now. */
  readonly judgePresent: boolean;
  /** The request's own rate. */
  readonly maxErrorRate?: number | undefined;
}

/**
 * Decides on candidates, the nearest first. Text that is the same comes before all; then the nearest that no guard vetoes,
 * if the threshold serves it; then what the verifier says of the nearest, and of the nearest that no guard vetoes.
 */
export async function decide(tools: DecisionTools, candidates: readonly Candidate[]): Promise<Decided> {
  const { pool, verify } = tools;
  const drawn: Drawn[] = [];
  const decided = new Map<Candidate, Decision>();

  function decisionOn(candidate: Candidate): Decision['action'] {
    const known = decided.get(candidate);
    const decision = known ?? pool.decide(shown(tools, candidate));
    if (known === undefined) {
      decided.set(candidate, decision);
      if (decision.sample !== undefined) drawn.push({ candidate, sample: decision.sample });
    }
    return decision.action;
  }

  const plain =
    candidates.find(({ identical }) => identical) ?? candidates.find(({ veto }) => veto === undefined);
  if (plain !== undefined) {
    const action = decisionOn(plain);
    if (action === 'serve') return { action, candidate: plain };
    if (action === 'audit') return { action, candidate: plain, drawn };
  }

  const [nearest] = candidates;
  let isVerified = false;
  for (const candidate of new Set([nearest, plain])) {
    if (candidate === undefined || decisionOn(candidate) !== 'verify' || verify === undefined) continue;
    isVerified = true;
    if (!(await verify(candidate))) continue;
    const { action, sample } = pool.verified(shown(tools, candidate));
    if (sample !== undefined) drawn.push({ candidate, sample });
    if (action === 'serve') return { action, candidate };
    if (action === 'audit') return { action, candidate, drawn };
  }
  const keptApartBy = nearest?.veto === undefined ? 'threshold' : 'guard';
  return { action: 'miss', drawn, keptApartBy: isVerified ? 'verifier' : keptApartBy };
}

/** A candidate as the pool is shown it. */
function shown(
  { verify, judgePresent, maxErrorRate }: DecisionTools,
  { similarity, veto, identical }: Candidate,
): Parameters<Pool['decide']>[0] {
  const present = { verifierPresent: verify !== undefined, judgePresent };
  return { ...present, similarity, vetoed: veto !== undefined, identical, maxErrorRate };
}
