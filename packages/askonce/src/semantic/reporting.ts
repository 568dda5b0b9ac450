/**
 * The report of the semantic tier, for the operator.
 */
import type { Engine } from '../engine/engine.ts';
import { entriesUnder } from '../engine/store-call.ts';
import type { Blocked } from './blocked.ts';
import type { SemanticCounts } from './counts.ts';
import type { Embedding } from './embedders/embedding.ts';
import type { VectorIndexes } from './indexes/contract.ts';
import type { Matches } from './matches.ts';
import type { KeptPair, NearMisses } from './near-misses.ts';
import type { Pools } from './policies/pools.ts';
import { shareOfAll } from './policies/reuse.ts';
import { recommendationFor, recommendationForAll, totalOf } from './recommendation.ts';
import type { Reembedding } from './reembedding/reembedding.ts';
import type { NearMiss, PartTrouble, SemanticOff, SemanticReport } from './report.ts';
import type { RollOut } from './roll-out.ts';
import type { Verdicts } from './verifiers/verifying.ts';

export interface ReportTools {
  readonly engine: Engine;
  readonly off: () => SemanticOff | undefined;
  readonly trouble: () => readonly PartTrouble[];
  readonly counts: SemanticCounts;
  readonly embedding: Pick<Embedding, 'report'>;
  readonly verdicts: Pick<Verdicts, 'verifier' | 'judge'>;
  /** Undefined while the embedder's fingerprint is not known. */
  readonly vectors: () =>
    | {
        readonly indexes: Pick<VectorIndexes, 'progress'>;
        readonly pools: Pick<Pools, 'reports'>;
        readonly reembedding: Pick<Reembedding, 'report'> | undefined;
      }
    | undefined;
  readonly nearMisses: NearMisses;
  readonly matches: Pick<Matches, 'name'>;
  readonly blocked: Pick<Blocked, 'size'>;
  readonly rollOut: Pick<RollOut, 'status'>;
}

export function reporting(tools: ReportTools): () => Promise<SemanticReport> {
  const { engine, counts, embedding, verdicts } = tools;

  /** The questions of pairs, as their entries have them now. */
  async function withQuestions(pairs: readonly KeptPair[]): Promise<readonly NearMiss[]> {
    const keys = [...new Set(pairs.flatMap(({ asked, stored }) => [asked, stored]))];
    const entries = await entriesUnder(engine, keys);
    const questions = new Map(entries.map((entry) => [entry?.key, entry?.meta.semanticText]));
    return pairs.map(({ asked, stored, match, ...pair }) => ({
      ...pair,
      match: tools.matches.name(match),
      question: questions.get(asked),
      earlierQuestion: questions.get(stored),
    }));
  }

  return async () => {
    const vectors = tools.vectors();
    const off = tools.off();
    const rolledOut = tools.rollOut.status();
    const { mode, percent, served } = rolledOut;
    const pools = vectors?.pools.reports() ?? [];
    const reuse = totalOf(pools.map((pool) => pool.reuse));
    const { building, indexed, bytes } = vectors?.indexes.progress() ?? notOpen;
    return {
      off,
      trouble: tools.trouble(),
      embedder: embedding.report(),
      verifier: verdicts.verifier?.report(),
      judge: verdicts.judge?.report(),
      maxErrorRate: engine.settings.semanticMaxErrorRate,
      mode,
      rollout: { percent, served },
      shadow: counts.shadow(),
      reuse: { ...reuse, share: shareOfAll(reuse.reused, reuse.questions) },
      recommendation: off === undefined ? recommendationForAll(pools, rolledOut) : undefined,
      gates: counts.gates(),
      guards: counts.guards(),
      pools: pools.map((pool) => ({ ...pool, recommendation: recommendationFor(pool, rolledOut) })),
      nearMisses: await withQuestions(tools.nearMisses.list()),
      indexes: { building, vectors: indexed, bytes },
      blocked: tools.blocked.size,
      reembedding: vectors?.reembedding?.report(),
    };
  };
}

const notOpen = { building: false, indexed: 0, bytes: 0 };
