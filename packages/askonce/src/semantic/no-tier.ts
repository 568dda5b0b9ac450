/**
 * What a cache asks of its semantic tier, and a cache without one.
 */
import type { QuestionVector } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import type { Stage } from '../engine/outcome.ts';
import { AskonceError } from '../errors.ts';
import type { Feedback, FeedbackResult } from './feedback.ts';
import type { Questioner } from './question.ts';
import type { SemanticExplanation, SemanticOff, SemanticReport, SemanticState } from './report.ts';
import { rollOut } from './roll-out.ts';

export interface SemanticTier {
  /** Stages of the lookup: one, or none. */
  readonly stages: readonly Stage[];
  /** Whether the tier may take the request, as far as that is known before the exact lookup. */
  takes(asked: Questioner): boolean;
  /** The question's vector, for an answer from elsewhere; undefined if the tier does not take the question. */
  vectorOf(asked: Questioner): Promise<QuestionVector | undefined>;
  feedback(feedback: Feedback): Promise<FeedbackResult>;
  report(): Promise<SemanticReport>;
  /** What the operator should know at a glance; reads nothing. */
  state(): SemanticState;
  /** Undefined without a tier. */
  explain(asked: Questioner): Promise<SemanticExplanation | undefined>;
  /** Resolves once the labels are stored. */
  close(): Promise<void>;
}

/** Asks nothing, stores nothing, and says why. */
export function noTier(
  engine: Pick<Engine, 'settings' | 'flags' | 'digestCaller'>,
  off: SemanticOff,
): SemanticTier {
  const { status } = rollOut(engine);
  const state: SemanticState =
    off === 'failed' ? { state: 'degraded', trouble: [failed] } : { state: 'off', trouble: [] };
  return {
    stages: [],
    takes: () => false,
    vectorOf: async () => undefined,
    async feedback() {
      throw new AskonceError(
        'match_unknown',
        'There is no semantic tier here, and so no semantic hit; give `createCache` an embedder, and store text.',
      );
    },
    report: async () => ({
      off,
      trouble: state.trouble,
      maxErrorRate: engine.settings.semanticMaxErrorRate,
      mode: status().mode,
      rollout: { percent: status().percent, served: 0 },
      shadow: { hits: 0, tokens: 0 },
      reuse: { questions: 0, reused: 0, identical: 0, similar: 0, verified: 0 },
      gates: { fresh: 0, acts: 0, points: 0, personal: 0 },
      guards: {},
      pools: [],
      nearMisses: [],
      indexes: { building: false, vectors: 0, bytes: 0 },
      blocked: 0,
    }),
    state: () => state,
    explain: async () => undefined,
    close: async () => {},
  };
}

const failed = {
  part: 'tier',
  message: 'The tier could not be opened: there are exact hits alone. The log says why (`semantic-trouble`).',
} as const;
