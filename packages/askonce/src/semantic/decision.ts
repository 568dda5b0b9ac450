/**
 * What becomes of the candidates of a request: one is served, or asked of the provider to be judged, or none is.
 */
import { type Candidate, wordsFor } from './candidates.ts';
import type { Veto } from './guards/guards.ts';
import type { Decision, Pool, Sample } from './policies/contract.ts';
import type { KeptApart } from './report.ts';

/** A pair that is to be judged once the provider has answered. */
export interface Drawn {
  readonly candidate: Candidate;
  readonly sample: Sample;
}

export type Decided =
  | { readonly action: 'serve'; readonly candidate: Candidate }
  /** A would-be hit that the provider is asked for all the same: to judge it, or because the request is in shadow. */
  | { readonly action: 'audit' | 'shadow'; readonly candidate: Candidate; readonly drawn: readonly Drawn[] }
  | {
      readonly action: 'miss';
      readonly drawn: readonly Drawn[];
      /** What kept the nearest candidate apart. */
      readonly keptApartBy: KeptApart;
      /** In shadow: asks the verifier what it would have decided. Present if there is something to ask. */
      readonly verifyLater?: (() => Promise<VerifiedInShadow | undefined>) | undefined;
    };

/** A would-be hit because the verifier says that the stored answer is right. */
export interface VerifiedInShadow {
  readonly candidate: Candidate;
  readonly drawn: readonly Drawn[];
}

export interface DecisionTools {
  readonly pool: Pick<Pool, 'looked' | 'decide' | 'verified'>;
  /** Whether the request is in shadow: nothing is served, and no verifier is waited for. */
  readonly isShadow: boolean;
  /** Whether the verifier says that the stored answer is right. Undefined without a verifier. */
  readonly verify?: ((candidate: Candidate) => Promise<boolean>) | undefined;
  /** Whether a verdict on a candidate can be had now. */
  readonly canVerify: (candidate: Candidate) => boolean;
  /** Whether a judge can be asked now. */
  readonly judgePresent: boolean;
  /** The request's own rate. */
  readonly maxErrorRate?: number | undefined;
  /** Called once for each candidate that a guard vetoes. */
  readonly onVeto: (candidate: Candidate, veto: Veto) => void;
}

/**
 * Decides on candidates, the nearest first. Text that is the same comes before all; then the nearest that no guard vetoes,
 * if the threshold serves it; then what the verifier says of the nearest, and of the nearest that no guard vetoes.
 */
export async function decide(tools: DecisionTools, candidates: readonly Candidate[]): Promise<Decided> {
  const { pool, verify } = tools;
  const drawn: Drawn[] = [];
  const decided = new Map<Candidate, Decision>();

  const vetoes = new Map<Candidate, Veto | undefined>();
  function vetoOf(candidate: Candidate): Veto | undefined {
    if (vetoes.has(candidate)) return vetoes.get(candidate);
    const veto = candidate.veto();
    vetoes.set(candidate, veto);
    if (veto !== undefined) tools.onVeto(candidate, veto);
    return veto;
  }

  /** A candidate as the pool is shown it. */
  function shown(candidate: Candidate): Parameters<Pool['decide']>[0] {
    const { similarity, identical } = candidate;
    const verifierPresent = verify !== undefined && tools.canVerify(candidate);
    const { judgePresent, maxErrorRate, isShadow } = tools;
    const vetoed = vetoOf(candidate) !== undefined;
    return { similarity, vetoed, identical, verifierPresent, judgePresent, maxErrorRate, isShadow };
  }

  function decisionOn(candidate: Candidate): Decision['action'] {
    const known = decided.get(candidate);
    const decision = known ?? pool.decide(shown(candidate));
    if (known === undefined) {
      decided.set(candidate, decision);
      if (decision.sample !== undefined) drawn.push({ candidate, sample: decision.sample });
    }
    return decision.action;
  }

  /** What the verifier confirms of these candidates, each asked after the one before it. */
  async function verifiedOf(asked: readonly Candidate[]): Promise<Verified | undefined> {
    for (const candidate of asked) {
      if (verify === undefined || !(await verify(candidate))) continue;
      const { action, sample } = pool.verified(shown(candidate));
      if (action === 'miss' || action === 'verify') continue;
      return { action, candidate, drawn: sample === undefined ? [] : [{ candidate, sample }] };
    }
    return undefined;
  }

  const plain =
    candidates.find(({ identical }) => identical) ?? candidates.find((one) => vetoOf(one) === undefined);
  pool.looked(plain);
  if (plain !== undefined) {
    const action = decisionOn(plain);
    if (action === 'serve') return { action, candidate: plain };
    if (action === 'audit' || action === 'shadow') return { action, candidate: plain, drawn };
  }

  const [nearest] = candidates;
  // After a draw the verifier is not asked: whether a sample is judged must not depend on another pair's verdict. In
  // shadow it cannot depend on one, since the provider is asked anyway.
  const isSettled = drawn.length > 0 && !tools.isShadow;
  const doubtful = [...new Set(isSettled ? [] : [nearest, plain])].filter(
    (one): one is Candidate => one !== undefined && decisionOn(one) === 'verify' && verify !== undefined,
  );
  if (!tools.isShadow) {
    const confirmed = await verifiedOf(doubtful);
    if (confirmed !== undefined) return decidedBy(confirmed, drawn);
  }
  const veto = nearest && vetoOf(nearest);
  const by = veto === undefined ? 'threshold' : 'guard';
  return {
    action: 'miss',
    drawn,
    keptApartBy: { by: doubtful.length > 0 ? 'verifier' : by, detail: veto && wordsFor(veto) },
    verifyLater: tools.isShadow && doubtful.length > 0 ? () => verifiedOf(doubtful) : undefined,
  };
}

interface Verified extends VerifiedInShadow {
  readonly action: 'serve' | 'audit' | 'shadow';
}

function decidedBy({ action, candidate, drawn }: Verified, before: readonly Drawn[]): Decided {
  return action === 'serve' ? { action, candidate } : { action, candidate, drawn: [...before, ...drawn] };
}
