/** Replays a stream of questions against a policy: which hits it makes, and how many of them are wrong. */
import type { Question } from './question-sets.ts';

/** Earlier questions, nearest first. */
export interface Earlier {
  readonly places: Uint32Array;
  readonly similarities: Float32Array;
}

export interface Replayed {
  /** Share of requests that were hits. */
  readonly reuse: number;
  /** Share of hits that were wrong. */
  readonly wrong: number;
  readonly hits: number;
}

/** A policy sees a stream in order. */
export interface StreamPolicy {
  /** Whether the earlier answer is served. `judge` asks whether it would be right, and is for requests that are not. */
  serves(candidate: StreamCandidate): boolean;
}

interface StreamCandidate {
  /** Place of the stored question in the stream. */
  readonly stored: number;
  readonly similarity: number;
  judge(): boolean;
}

const mostNeighbours = 128;

/** The nearest earlier questions of each, among all before it: what is stored depends on the policy. */
export function neighboursOf(stream: readonly Question[]): readonly Earlier[] {
  const dimension = stream[0]?.vector.length ?? 0;
  const all = new Float32Array(stream.length * dimension);
  for (const [place, { vector }] of stream.entries()) all.set(vector, place * dimension);
  return stream.map((_, asked) => nearest(all, dimension, asked));
}

function nearest(all: Float32Array, dimension: number, asked: number): Earlier {
  const similarities = new Float32Array(asked);
  const start = asked * dimension;
  for (let place = 0; place < asked; place++) {
    let sum = 0;
    const other = place * dimension;
    for (let at = 0; at < dimension; at++) sum += (all[start + at] ?? 0) * (all[other + at] ?? 0);
    similarities[place] = sum;
  }
  const floor = similarities.toSorted()[Math.max(0, asked - mostNeighbours)] ?? 0;
  const places = Array.from(similarities.keys()).filter((place) => (similarities[place] ?? 0) >= floor);
  places.sort((a, b) => (similarities[b] ?? 0) - (similarities[a] ?? 0));
  const kept = Uint32Array.from(places.slice(0, mostNeighbours));
  return { places: kept, similarities: Float32Array.from(kept, (place) => similarities[place] ?? 0) };
}

/** `stores`: whether a request that was not served is stored as a question of its own. */
export function replay(
  stream: readonly Question[],
  earlier: readonly Earlier[],
  policy: StreamPolicy,
  stores: (wasRight: boolean | undefined) => boolean = () => true,
): Replayed {
  const isStored = new Uint8Array(stream.length);
  let hits = 0;
  let wrong = 0;
  for (const [asked, { intent }] of stream.entries()) {
    const { places, similarities } = earlier[asked] ?? { places: [], similarities: [] };
    const found = places.findIndex((place) => isStored[place] === 1);
    const stored = places[found];
    if (stored === undefined) {
      isStored[asked] = 1;
      continue;
    }
    const isRight = stream[stored]?.intent === intent;
    let judged: boolean | undefined;
    const judge = () => {
      judged = isRight;
      return isRight;
    };
    if (policy.serves({ stored, similarity: similarities[found] ?? 0, judge })) {
      hits++;
      if (!isRight) wrong++;
    } else if (stores(judged)) isStored[asked] = 1;
  }
  return { reuse: hits / stream.length, wrong: hits === 0 ? 0 : wrong / hits, hits };
}
