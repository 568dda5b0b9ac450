/** Our policy on a stream: one pool, with a judge that knows the truth. */
import type { Standing } from '../../packages/askonce/src/semantic/policies/contract.ts';
import { gridOf } from '../../packages/askonce/src/semantic/policies/grid.ts';
import { createPool } from '../../packages/askonce/src/semantic/policies/pool.ts';
import { type PriorQuestion, priorOf } from '../../packages/askonce/src/semantic/policies/prior.ts';
import { randomOf } from './question-sets.ts';
import type { StreamPolicy } from './replay.ts';

export type PooledOptions = Omit<PriorQuestion, 'allGuards'>;

export function pooled(
  settings: PooledOptions,
  seed: number,
): StreamPolicy & { threshold(): number | undefined; standing(): Standing } {
  const { maxErrorRate } = settings;
  const prior = priorOf({ ...settings, allGuards: false });
  const pool = createPool({
    id: 'stream',
    parts: { embedder: settings.embedder.name, tenant: 'bench' },
    prior,
    grid: gridOf(prior, settings.lower !== undefined),
    maxErrorRate,
    auditShare: 0.03,
    judge: 'answers',
    random: randomOf(seed),
    onLabel: () => undefined,
  });
  let labels = 0;
  return {
    threshold: () => pool.threshold,
    standing: () => pool.report().similar.standing,
    serves({ similarity, judge }) {
      // Nothing is identical here: every hit counts in the statistics.
      const { action, sample } = pool.decide({
        similarity,
        vetoed: false,
        identical: false,
        verifierPresent: false,
      });
      if (sample !== undefined) pool.learn(sample, judge() ? 'same' : 'different', `${labels++}`);
      return action === 'serve';
    },
  };
}
