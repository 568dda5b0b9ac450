/**
 * Whole streams of questions against one pool with a judge that knows the truth: are hits wrong as rarely as stated, and how much
 * is reused beside a policy that learns a threshold for each stored question?
 *
 * BANKING77 (13 083 questions) and CLINC150 (8 500) with the static embedder, and the 1 586 questions of BANKING77 with recorded
 * vectors of MiniLM and e5. No gates and no guards, since the answer is that of an intent: what a guard keeps apart often
 * has the same one. Two questions of one intent count as right. The data are in `../shared/data` (`ASKONCE_DATA` names another
 * folder); without them this question is skipped.
 */

import { Skipped } from './measure.ts';
import type { Measured } from './rows.ts';
import { perEntry } from './streams/per-entry.ts';
import { type PooledOptions, pooled } from './streams/pooled.ts';
import { banking, clinc, type Question, recordedBanking } from './streams/question-sets.ts';
import { type Earlier, neighboursOf, type Replayed, replay } from './streams/replay.ts';

interface Stream {
  readonly name: string;
  readonly load: () => Promise<readonly Question[]>;
  readonly embedder: PooledOptions['embedder'];
  /** The lowest similarity at which questions are judged; the embedder's own without it. */
  readonly lower?: number | undefined;
  /** Whether it is long enough for reuse to be compared. */
  readonly isCompared: boolean;
}

const builtin = { name: 'static-256', version: '1', prefix: '' };
const minilm = { name: 'all-MiniLM-L6-v2', version: '1', prefix: '' };
const e5 = { name: 'multilingual-e5-small', version: '1', prefix: 'query: ' };

const streams: readonly Stream[] = [
  { name: 'clinc', load: clinc, embedder: builtin, lower: 0.8, isCompared: true },
  { name: 'banking', load: banking, embedder: builtin, lower: 0.8, isCompared: true },
  { name: 'banking-minilm', load: () => recordedBanking('minilm'), embedder: minilm, isCompared: false },
  { name: 'banking-e5', load: () => recordedBanking('e5'), embedder: e5, isCompared: false },
];
const rates = { two: 0.02, five: 0.05 } as const;
/** Targets of the peer, whose realised rates are far above them. */
const deltas = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05] as const;
/** Draws of the audit, of which the mean is measured. */
const seeds = [1, 2, 3] as const;

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  for (const stream of streams) {
    const rows = [`stream-${stream.name}-two`, `stream-${stream.name}-five`, `stream-${stream.name}-reuse`];
    if (!rows.some(wanted)) continue;
    const questions = await stream.load().catch((error: unknown) => {
      throw new Skipped(`no questions (${error instanceof Error ? error.message : String(error)})`);
    });
    yield* measured(stream, questions, wanted);
  }
}

function* measured(stream: Stream, questions: readonly Question[], wanted: (row: string) => boolean) {
  const { name, isCompared } = stream;
  const earlier = neighboursOf(questions);
  for (const [word, rate] of Object.entries(rates)) {
    const ours = seeds.map((seed) => ourReplay(stream, questions, earlier, rate, seed));
    const wrong = mean(ours.map((one) => one.wrong));
    const reuse = mean(ours.map((one) => one.reuse));
    const row = `stream-${name}-${word}`;
    if (wanted(row)) yield { row, ours: 100 * wrong };
    if (word !== 'five' || !isCompared || !wanted(`stream-${name}-reuse`)) continue;
    const peer = peerReuse(questions, earlier, wrong);
    yield { row: `stream-${name}-reuse`, ours: 100 * reuse, beside: 100 * Math.max(peer, 1e-4) };
  }
}

function ourReplay(
  { embedder, lower }: Stream,
  questions: readonly Question[],
  earlier: readonly Earlier[],
  maxErrorRate: number,
  seed: number,
): Replayed {
  const policy = pooled({ embedder, lower, maxErrorRate }, seed);
  const replayed = replay(questions, earlier, policy);
  if (replayed.hits === 0 && policy.standing() === 'certified')
    throw new Error('a certified pool served nothing');
  return replayed;
}

/** What the peer reuses at a realised rate of wrong hits: between the two of its points that it lies between. */
function peerReuse(questions: readonly Question[], earlier: readonly Earlier[], wrong: number): number {
  const stores = (wasRight: boolean | undefined) => wasRight !== true;
  const points = deltas
    .map((delta) => replay(questions, earlier, perEntry(delta, 1), stores))
    .sort((a, b) => a.wrong - b.wrong);
  let below: Pick<Replayed, 'wrong' | 'reuse'> = { wrong: 0, reuse: 0 };
  for (const point of points) {
    if (point.wrong > wrong) {
      const part = (wrong - below.wrong) / (point.wrong - below.wrong);
      return Math.max(below.reuse, below.reuse + part * (point.reuse - below.reuse));
    }
    if (point.reuse > below.reuse) below = point;
  }
  return below.reuse;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
