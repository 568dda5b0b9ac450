/**
 * The figures of one cache, from its parts.
 */
import type { Engine } from '../engine/engine.ts';
import type { SemanticTier } from '../semantic/no-tier.ts';

/** Reads the store's figures, and nothing else outside of this process. */
export function statisticsOf(engine: Engine, semantic: Pick<SemanticTier, 'state'>) {
  const { store, flights, log, refusals } = engine;
  return async () => ({
    store: await store.statistics(),
    flights: flights.size,
    logIsCurrent: log.isCurrent,
    refused: refusals.counts(),
    semantic: semantic.state(),
  });
}
