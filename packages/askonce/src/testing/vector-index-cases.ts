/** The cases of the contract of vector indexes. */
import { AskonceError } from '../errors.ts';
import type { VectorIndex } from '../semantic/contract.ts';
import { sampleVectors, unitVector } from './sample-vectors.ts';
import type { TestRunner } from './store-wanted.ts';

interface VectorIndexCaseContext {
  readonly index: VectorIndex;
  readonly dimension: number;
  readonly expect: TestRunner['expect'];
  /** Resolves once the index has arranged what was added. */
  settled(): Promise<void>;
}

export interface VectorIndexCase {
  readonly title: string;
  readonly dimension: number;
  run(context: VectorIndexCaseContext): Promise<void>;
}

/** What a cosine may lose by the index's own storage of vectors. */
const tolerance = 0.004;
const many = 3_000;

/** A vector at an angle from the first axis, in degrees, in the plane of the first two. */
function at(degrees: number, dimension: number): Float32Array {
  const radians = (degrees * Math.PI) / 180;
  const vector = new Float32Array(dimension);
  vector[0] = Math.cos(radians);
  vector[1] = Math.sin(radians);
  return vector;
}

/** The next vectors; the generator goes on after them. */
function taken(vectors: Generator<Float32Array>, count: number): readonly Float32Array[] {
  return Array.from({ length: count }, () => vectors.next().value ?? new Float32Array());
}

async function idsOf(index: VectorIndex, vector: Float32Array, count: number): Promise<readonly string[]> {
  return (await index.nearest(vector, count)).map(({ id }) => id);
}

function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (const [at, component] of one.entries()) sum += component * (other[at] ?? 0);
  return sum;
}

/** The share of the five nearest that the index finds, over some questions beside the vectors that it holds. */
async function recall(
  index: VectorIndex,
  held: ReadonlyMap<string, Float32Array>,
  questions: readonly Float32Array[],
): Promise<number> {
  let found = 0;
  for (const question of questions) {
    const near = [...held].map(([id, vector]) => ({ id, similarity: cosine(vector, question) }));
    const fifth = near.sort((one, other) => other.similarity - one.similarity)[4]?.similarity ?? 0;
    const right = new Set(
      near.filter(({ similarity }) => similarity >= fifth - tolerance).map(({ id }) => id),
    );
    found += (await idsOf(index, question, 5)).filter((id) => right.has(id)).length;
  }
  return found / (questions.length * 5);
}

async function isRefused(work: () => unknown): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    return AskonceError.isInstance(error) && error.code === 'invalid_vector';
  }
}

/** Many vectors with ids, of which each third is replaced and each fifth removed. */
async function changed({ index, dimension, settled }: VectorIndexCaseContext, clusters: number) {
  const vectors = sampleVectors({ dimension, clusters });
  const others = sampleVectors({ dimension, clusters, seed: 5 });
  const held = new Map<string, Float32Array>();
  const add = (id: string, vector: Float32Array) => {
    index.add(id, vector);
    held.set(id, vector);
  };
  for (const [number, vector] of taken(vectors, many).entries()) add(`v${number}`, vector);
  await settled();
  for (const [number, vector] of taken(others, many).entries()) {
    if (number % 3 === 0) add(`v${number}`, vector);
    if (number % 5 === 0 && index.remove(`v${number}`)) held.delete(`v${number}`);
  }
  await settled();
  return { held, questions: [...taken(vectors, 20), ...taken(others, 20)] };
}

export const vectorIndexCases: readonly VectorIndexCase[] = [
  {
    title: 'has no neighbours while it is empty',
    dimension: 8,
    async run({ index, expect }) {
      expect(index.size).toBe(0);
      expect(await index.nearest(at(0, 8), 5)).toEqual([]);
      expect(index.remove('absent')).toBe(false);
    },
  },
  {
    title: 'returns the nearest first, each with its cosine',
    dimension: 64,
    async run({ index, dimension, expect }) {
      const degrees = [50, 5, 170, 20, 90];
      for (const angle of degrees) index.add(`${angle}`, at(angle, dimension));
      const found = await index.nearest(at(0, dimension), 4);
      expect(found.map(({ id }) => id)).toEqual(['5', '20', '50', '90']);
      for (const { id, similarity } of found) {
        const error = Math.abs(similarity - Math.cos((Number(id) * Math.PI) / 180));
        expect(error <= tolerance, `cosine of ${id}: ${similarity}`).toBe(true);
      }
      expect(Math.abs(((await index.nearest(at(0, dimension), 5))[4]?.similarity ?? 0) + 0.985) < 0.01).toBe(
        true,
      );
    },
  },
  {
    title: 'returns none for a count of 0, and all for a count above its size',
    dimension: 8,
    async run({ index, expect }) {
      for (const angle of [10, 20, 30]) index.add(`${angle}`, at(angle, 8));
      expect(await index.nearest(at(0, 8), 0)).toEqual([]);
      expect(await idsOf(index, at(0, 8), 100)).toEqual(['10', '20', '30']);
    },
  },
  {
    title: 'returns each of several equal vectors once, in one order',
    dimension: 8,
    async run({ index, expect }) {
      for (const id of ['c', 'a', 'b']) index.add(id, at(10, 8));
      index.add('far', at(80, 8));
      expect(await idsOf(index, at(0, 8), 4)).toEqual(['a', 'b', 'c', 'far']);
      const [first, second, third] = (await index.nearest(at(0, 8), 3)).map(({ similarity }) => similarity);
      expect(first === second && second === third).toBe(true);
    },
  },
  {
    title: 'replaces the vector under an id',
    dimension: 8,
    async run({ index, expect }) {
      index.add('moves', at(0, 8));
      index.add('stays', at(30, 8));
      index.add('moves', at(90, 8));
      expect(index.size).toBe(2);
      expect(await idsOf(index, at(0, 8), 5)).toEqual(['stays', 'moves']);
    },
  },
  {
    title: 'removes a vector once, and takes its id again',
    dimension: 8,
    async run({ index, expect }) {
      for (const angle of [10, 20, 30]) index.add(`${angle}`, at(angle, 8));
      expect(index.remove('10')).toBe(true);
      expect(index.remove('10')).toBe(false);
      expect(await idsOf(index, at(0, 8), 5)).toEqual(['20', '30']);
      index.add('10', at(25, 8));
      expect(await idsOf(index, at(0, 8), 5)).toEqual(['20', '10', '30']);
    },
  },
  {
    title: 'does not keep the array of a vector that it was given',
    dimension: 8,
    async run({ index, expect }) {
      const vector = at(10, 8);
      index.add('one', vector);
      vector.set(at(170, 8));
      expect(((await index.nearest(at(10, 8), 1))[0]?.similarity ?? 0) > 0.99).toBe(true);
    },
  },
  {
    title:
      'refuses a vector of another dimension or without direction by invalid_vector, and stays as it was',
    dimension: 8,
    async run({ index, expect }) {
      index.add('one', at(10, 8));
      const wrong = [at(10, 7), at(10, 9), new Float32Array(8), new Float32Array(8).fill(Number.NaN)];
      for (const vector of wrong) {
        expect(await isRefused(() => index.add('one', vector))).toBe(true);
        expect(await isRefused(() => index.add('two', vector))).toBe(true);
        expect(await isRefused(() => index.nearest(vector, 1))).toBe(true);
      }
      expect(index.size).toBe(1);
      expect(await idsOf(index, at(10, 8), 5)).toEqual(['one']);
    },
  },
  {
    title: 'measures the cosine of vectors that are not of length 1',
    dimension: 8,
    async run({ index, expect }) {
      index.add(
        'long',
        Float32Array.from(at(60, 8), (component) => component * 40),
      );
      const asked = Float32Array.from(at(0, 8), (component) => component * 0.01);
      expect(Math.abs(((await index.nearest(asked, 1))[0]?.similarity ?? 0) - 0.5) < 0.01).toBe(true);
    },
  },
  {
    title: 'takes more bytes with each vector, and no more than at first once all are removed',
    dimension: 64,
    async run({ index, dimension, expect, settled }) {
      const before = index.bytes;
      const vectors = taken(sampleVectors({ dimension }), many);
      const half = vectors.length / 2;
      for (const [number, vector] of vectors.slice(0, half).entries()) index.add(`v${number}`, vector);
      await settled();
      const middle = index.bytes;
      expect(middle - before >= half * dimension).toBe(true);
      for (const [number, vector] of vectors.entries()) index.add(`v${number}`, vector);
      await settled();
      expect(index.bytes - middle >= half * dimension * 0.9).toBe(true);
      for (const number of vectors.keys()) index.remove(`v${number}`);
      expect(index.size).toBe(0);
      expect(index.bytes <= before + 1_024).toBe(true);
      expect(await index.nearest(unitVector(vectors[0] ?? []), 5)).toEqual([]);
    },
  },
  {
    title: 'takes the same bytes however often its vectors are replaced',
    dimension: 16,
    async run({ index, dimension, expect, settled }) {
      const vectors = taken(sampleVectors({ dimension }), many);
      const fill = async () => {
        for (const [number, vector] of vectors.entries()) index.add(`v${number % 1_000}`, vector);
        await settled();
      };
      await fill();
      const once = index.bytes;
      for (let times = 0; times < 5; times++) await fill();
      expect(index.size).toBe(1_000);
      expect(index.bytes <= once * 1.6, `${index.bytes} beside ${once}`).toBe(true);
    },
  },
  ...[0, 40].map(
    (clusters): VectorIndexCase => ({
      title: `finds 95 % of the five nearest ${clusters === 0 ? 'random' : 'clustered'} vectors, after replacements and removals`,
      dimension: 32,
      async run(context) {
        const { index, expect } = context;
        const { held, questions } = await changed(context, clusters);
        expect(index.size).toBe(held.size);
        const share = await recall(index, held, questions);
        expect(share >= 0.95, `it finds ${share}`).toBe(true);
      },
    }),
  ),
  {
    title: 'finds every vector by itself, from the moment at which it was added',
    dimension: 32,
    async run({ index, dimension, expect, settled }) {
      const vectors = taken(sampleVectors({ dimension }), many);
      const lost: number[] = [];
      for (const [number, vector] of vectors.entries()) {
        index.add(`v${number}`, vector);
        if (!(await idsOf(index, vector, 3)).includes(`v${number}`)) lost.push(number);
        if (number % 100 === 0) await Promise.resolve();
      }
      await settled();
      for (const [number, vector] of vectors.entries())
        if (!(await idsOf(index, vector, 3)).includes(`v${number}`)) lost.push(number);
      expect(lost).toEqual([]);
    },
  },
  {
    title: 'closes twice',
    dimension: 8,
    async run({ index, expect }) {
      index.add('one', at(10, 8));
      index.close();
      index.close();
      expect(await index.nearest(at(10, 8), 1)).toEqual([]);
    },
  },
];
