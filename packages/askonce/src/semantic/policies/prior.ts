/**
 * Where a pool begins before it has a label of its own: two similarities for each embedder that was measured.
 *
 * The same wrong rate sits at .53 with one embedder and at .99 with another, so that no default carries over to an embedder that
 * is not in the table.
 */
import type { EmbedderIdentity } from '../contract.ts';

/** Similarities from -1 to 1. */
export interface Prior {
  /** From here on an earlier answer is served. Absent: only text that is identical after normalisation is. */
  readonly upper?: number | undefined;
  /** Below it a candidate is a miss; from it on to `upper` the verifier decides, or it is a miss. */
  readonly lower: number;
}

interface MeasuredPrior {
  readonly family: string;
  readonly names: RegExp;
  /** The prefix that the model was measured with. */
  readonly prefix: string;
  /** How it was pooled. An embedder that cannot know its pooling is taken at its word. */
  readonly pooling: string;
  readonly upper: number;
  readonly lower: number;
  /** The lowest rate of wrong answers per hit, with all guards, that `upper` was measured to keep. */
  readonly keeps: number;
}

const measured: readonly MeasuredPrior[] = [
  {
    family: 'static-256',
    names: /^static-256$/i,
    prefix: '',
    pooling: 'sum',
    upper: 0.988,
    lower: 0.9,
    keeps: 0.02,
  },
  {
    family: 'MiniLM',
    names: /\ball-minilm-l6-v2\b/i,
    prefix: '',
    pooling: 'mean',
    upper: 0.95,
    lower: 0.85,
    keeps: 0.02,
  },
  {
    family: 'e5-small',
    names: /\bmultilingual-e5-small\b/i,
    prefix: 'query:',
    pooling: 'mean',
    upper: 0.98,
    lower: 0.93,
    keeps: 0.02,
  },
];

/** What an unknown embedder's candidates are sought and judged from; nothing of it is served without labels. */
const unknownLower = 0.8;

export interface PriorQuestion {
  /** The name of a remote embedder is `remote`, and its version is the model's name. */
  readonly embedder: Pick<EmbedderIdentity, 'name' | 'version' | 'prefix'> &
    Partial<Pick<EmbedderIdentity, 'pooling'>>;
  /** Stated rate of wrong answers per hit, from 0 to 1. */
  readonly maxErrorRate: number;
  /** Whether every guard is on. The table holds for that alone. */
  readonly allGuards: boolean;
  /** The operator's own similarities, which replace the table's. */
  readonly upper?: number | undefined;
  readonly lower?: number | undefined;
}

export function priorOf({ embedder, maxErrorRate, allGuards, upper, lower }: PriorQuestion): Prior {
  const model = embedder.name === 'remote' ? embedder.version : embedder.name;
  const { pooling = '', prefix } = embedder;
  // `graph`: a model's graph pools by itself, as the model was made.
  const isPooledAs = (measuredPooling: string) => ['', 'graph', measuredPooling].includes(pooling);
  const known = measured.find(
    (one) => one.names.test(model) && one.prefix === prefix.trim() && isPooledAs(one.pooling),
  );
  const isKept = known !== undefined && allGuards && maxErrorRate >= known.keeps;
  const from = upper ?? (isKept ? known.upper : undefined);
  return { upper: from, lower: Math.min(lower ?? known?.lower ?? unknownLower, from ?? 1) };
}
