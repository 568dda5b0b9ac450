/**
 * Reuse at one rate of wrong answers, with guards and gates and without: Quora's questions come one after the other, and
 * the nearest earlier one is the candidate. Both sides have the best threshold in hindsight and the same candidates.
 *
 * The truth of a candidate is what a reader judged, or that Quora joins the two; candidates without either are left out.
 */
import { type BenchEmbedder, cosine, passes, type SemanticData } from './semantic-data.ts';

interface Candidate {
  readonly similarity: number;
  readonly isSame: boolean;
  readonly passes: boolean;
}

export interface Reuse {
  /** Hits with guards and gates, and without. */
  readonly guarded: number;
  readonly plain: number;
  /** The 2.5 % quantile of their ratio over bootstrap samples of the candidates. */
  readonly low: number;
}

const wrongRate = 0.02;
/** Below this similarity no candidate would be served at that rate. */
const floor = 0.8;
const samples = 400;

export function reuseOf(data: SemanticData, embedder: BenchEmbedder): Reuse {
  const candidates = candidatesOf(data, embedder);
  const guarded = (list: readonly Candidate[]) => hitsOf(list.filter((candidate) => candidate.passes));
  const ratios: number[] = [];
  const random = randomNumbers(7);
  for (let sample = 0; sample < samples; sample++) {
    const drawn = candidates.flatMap(() => candidates[Math.floor(random() * candidates.length)] ?? []);
    ratios.push(guarded(drawn) / Math.max(1, hitsOf(drawn)));
  }
  ratios.sort((a, b) => a - b);
  return {
    guarded: guarded(candidates),
    plain: hitsOf(candidates),
    low: ratios[Math.floor(0.025 * samples)] ?? 0,
  };
}

/** The most hits that any threshold gives at the rate. */
function hitsOf(candidates: readonly Candidate[]): number {
  const sorted = candidates.toSorted((a, b) => b.similarity - a.similarity);
  let wrong = 0;
  let best = 0;
  sorted.forEach(({ similarity, isSame }, index) => {
    if (!isSame) wrong++;
    const isLastOfItsSimilarity = sorted[index + 1]?.similarity !== similarity;
    if (isLastOfItsSimilarity && wrong <= wrongRate * (index + 1)) best = index + 1;
  });
  return best;
}

function candidatesOf(data: SemanticData, { vectorOf }: BenchEmbedder): readonly Candidate[] {
  const quora = data.pairs.filter(({ set }) => set.startsWith('qqp'));
  const truth = truthOf(quora);
  const rows = [...new Set(quora.flatMap((pair) => pair.rows))].toSorted((a, b) => a - b);
  const vectors = rows.map(vectorOf);
  return rows.flatMap((row, index) => {
    let nearest = 0;
    let similarity = floor;
    for (let earlier = 0; earlier < index; earlier++) {
      const near = cosine(vectors[index], vectors[earlier]) ?? 0;
      if (near > similarity) [nearest, similarity] = [earlier, near];
    }
    const [one, other] = [data.texts[row], data.texts[rows[nearest] ?? row]];
    const isSame = truth(row, rows[nearest] ?? row);
    if (similarity <= floor || isSame === undefined || one === undefined || other === undefined) return [];
    return [{ similarity, isSame, passes: passes({ one, other }) }];
  });
}

/** Whether two rows are one question: as read, or as Quora joins them; undefined if neither is known. */
function truthOf(pairs: SemanticData['pairs']): (one: number, other: number) => boolean | undefined {
  const nameOf = (one: number, other: number) => `${Math.min(one, other)} ${Math.max(one, other)}`;
  const read = new Map<string, boolean>();
  const joined = new Map<number, number>();
  const rootOf = (row: number): number => {
    const above = joined.get(row);
    return above === undefined ? row : rootOf(above);
  };
  for (const { set, rows, isSame } of pairs) {
    if (set === 'qqp-read') read.set(nameOf(...rows), isSame);
    else if (isSame && rootOf(rows[0]) !== rootOf(rows[1])) joined.set(rootOf(rows[0]), rootOf(rows[1]));
  }
  return (one, other) => read.get(nameOf(one, other)) ?? (rootOf(one) === rootOf(other) ? true : undefined);
}

/** Numbers from 0 to 1 that are the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
