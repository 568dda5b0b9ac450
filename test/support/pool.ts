/** A pool of a test, and a candidate that its prior would serve. */
import type { Candidate } from '../../packages/askonce/src/semantic/policies/contract.ts';
import { gridOf } from '../../packages/askonce/src/semantic/policies/grid.ts';
import {
  createPool,
  type LearningPool,
  type PoolSettings,
} from '../../packages/askonce/src/semantic/policies/pool.ts';

const prior = { upper: 0.95, lower: 0.85 };
export const near: Candidate = { similarity: 0.97, vetoed: false, identical: false, verifierPresent: false };

/** Draws numbers that go evenly through 0 to 1. */
function evenly(): () => number {
  let at = 0;
  return () => {
    at = (at + 0.618_034) % 1;
    return at;
  };
}

export function poolWith(settings: Partial<PoolSettings> = {}): LearningPool {
  return createPool({
    id: 'a',
    parts: { embedder: 'minilm', tenant: 't' },
    prior,
    grid: gridOf(prior, false),
    maxErrorRate: 0.05,
    auditShare: 0.03,
    judge: 'answers',
    random: evenly(),
    onLabel: () => undefined,
    ...settings,
  });
}
