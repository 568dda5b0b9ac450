/**
 * The semantic tier of one cache.
 */
import type { Engine } from '../engine/engine.ts';
import { AskonceError } from '../errors.ts';
import { guardNames } from '../settings/semantic-settings.ts';
import type { Feedback, FeedbackResult } from './feedback.ts';
import type { SemanticOptions } from './options.ts';
import type { SemanticOff, SemanticReport } from './report.ts';

export interface SemanticTier {
  feedback(feedback: Feedback): Promise<FeedbackResult>;
  report(): Promise<SemanticReport>;
}

export function semanticTier(engine: Engine, options: SemanticOptions | undefined): SemanticTier {
  const { settings, flags } = engine;

  function off(): SemanticOff | undefined {
    if (options === undefined) return 'no-embedder';
    if (!settings.keepText) return 'no-text';
    return flags.isOff('semanticCache') ? 'switched-off' : undefined;
  }

  return {
    async feedback() {
      throw new AskonceError(
        'match_unknown',
        'No such semantic hit is known; send the match of a recent reply.',
      );
    },
    report: async () => ({
      off: off(),
      maxErrorRate: settings.semanticMaxErrorRate,
      gates: { fresh: 0, acts: 0, points: 0, personal: 0 },
      guards: Object.fromEntries(guardNames.map((name) => [name, 0])),
      pools: [],
      nearMisses: [],
      indexes: { bytes: 0, vectors: 0, building: false },
      blocked: 0,
    }),
  };
}
