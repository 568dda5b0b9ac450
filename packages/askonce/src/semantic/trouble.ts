/**
 * What is wrong with the semantic tier now: each part says it for itself, and this puts it together for the operator.
 *
 * Trouble that is over is not reported any more; what happened meanwhile is in the events (`semantic-trouble`).
 */
import type { Embedding } from './embedders/embedding.ts';
import type { Feed } from './feed/contract.ts';
import type { VectorIndexes } from './indexes/contract.ts';
import type { Pools } from './policies/pools.ts';
import type { Reembedding } from './reembedding/reembedding.ts';
import type { PartTrouble, SemanticOff, SemanticState, TroublePart } from './report.ts';
import type { Verdicts } from './verifiers/verifying.ts';

export interface TroubleSources {
  readonly embedding: Pick<Embedding, 'report'>;
  readonly verdicts: Pick<Verdicts, 'verifier' | 'judge'>;
  readonly feed: Pick<Feed, 'status'>;
  /** Undefined while the embedder's fingerprint is not known. */
  readonly vectors: () =>
    | {
        readonly indexes: Pick<VectorIndexes, 'progress'>;
        readonly pools: Pick<Pools, 'trouble'>;
        readonly reembedding: Pick<Reembedding, 'trouble'> | undefined;
      }
    | undefined;
}

/** The trouble of each part that has any, in a fixed order. */
export function troubleOf({ embedding, verdicts, feed, vectors }: TroubleSources): readonly PartTrouble[] {
  const opened = vectors();
  const parts: readonly (readonly [TroublePart, string | undefined])[] = [
    ['embedder', embedding.report().trouble],
    ['verifier', verdicts.verifier?.report().trouble],
    ['judge', verdicts.judge?.report().trouble],
    ['index', opened && indexTrouble(opened.indexes)],
    ['feed', feedTrouble(feed)],
    ['labels', opened?.pools.trouble()],
    ['reembedding', opened?.reembedding?.trouble()],
  ];
  return parts.flatMap(([part, message]) => (message === undefined ? [] : [{ part, message }]));
}

/** The tier as a whole. */
export function stateOf(off: SemanticOff | undefined, trouble: readonly PartTrouble[]): SemanticState {
  if (off !== undefined) return { state: 'off', trouble: [] };
  return { state: trouble.length === 0 ? 'ok' : 'degraded', trouble };
}

function indexTrouble(indexes: Pick<VectorIndexes, 'progress'>): string | undefined {
  const { building, walked, of, trouble } = indexes.progress();
  if (trouble !== undefined || !building) return trouble;
  const seen = of === undefined ? `${walked}` : `${walked} of ${of}`;
  return `The indexes are being built: ${seen} entries are read, and what is not is a miss.`;
}

function feedTrouble(feed: Pick<Feed, 'status'>): string | undefined {
  const { isCurrent, ageMs, trouble } = feed.status();
  // It is read for the first time within some milliseconds.
  if (trouble !== undefined || isCurrent || ageMs === undefined) return trouble;
  return `What other processes report was not read for ${Math.round(ageMs / 1_000)} s. There is no semantic hit until it is.`;
}
