/**
 * How well the static embedder ranks: is a pair of questions that mean the same nearer than one that does not, and is a
 * question's translation the nearest of all? Beside recorded vectors of multilingual-e5-small.
 *
 * The questions and vectors are in `../shared/data/semantic` (`ASKONCE_DATA` names another folder); without them this
 * question is skipped.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { staticEmbedder } from '@askonce/embedder-static';
import { z } from 'zod';
import { Skipped } from './measure.ts';
import type { Measured } from './rows.ts';

const folder = join(
  process.env['ASKONCE_DATA'] ?? join(import.meta.dirname, '../../shared/data'),
  'semantic',
);
const recordedDimension = 384;

const textSchema = z.object({ lang: z.string(), text: z.string() });
const pairSchema = z.object({ set: z.string(), a: z.number(), b: z.number(), label: z.number() });
type Pair = z.infer<typeof pairSchema>;

/** The vector of a row of the texts, of length 1; zeros if there is none. */
type VectorOf = (row: number) => Float32Array;

interface Data {
  readonly pairs: readonly Pair[];
  readonly ours: VectorOf;
  readonly recorded: VectorOf;
}

const rankings = {
  'embedder-ranking-quora': 'qqp-openai',
  'embedder-ranking-faq': 'covid-faq',
} as const;

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  const data = await dataOf(folder).catch((error: unknown) => {
    throw new Skipped(
      `no questions in ${folder} (${error instanceof Error ? error.message : String(error)})`,
    );
  });
  for (const [row, set] of Object.entries(rankings))
    if (wanted(row))
      yield { row, ...beside(data, (vectorOf) => 100 * ranking(pairsOf(data, set), vectorOf)) };
  if (wanted('embedder-translations'))
    yield { row: 'embedder-translations', ...beside(data, (vectorOf) => 100 * weakest(data, vectorOf)) };
}

function beside({ ours, recorded }: Data, figure: (vectorOf: VectorOf) => number) {
  return { ours: figure(ours), beside: figure(recorded) };
}

function pairsOf({ pairs }: Data, set: string): readonly Pair[] {
  return pairs.filter((pair) => pair.set === set);
}

/** The area under the ROC curve: how often a pair that means the same is nearer than one that does not. */
function ranking(pairs: readonly Pair[], vectorOf: VectorOf): number {
  const near = (label: number) =>
    pairs.filter((pair) => pair.label === label).map(({ a, b }) => cosine(vectorOf(a), vectorOf(b)));
  const [same, different] = [near(1), near(0)];
  let wins = 0;
  for (const one of same) for (const other of different) wins += one > other ? 1 : one === other ? 0.5 : 0;
  return wins / (same.length * different.length);
}

/** Share of foreign sentences whose English translation is the nearest, in the language where that is rarest. */
function weakest(data: Data, vectorOf: VectorOf): number {
  const shares = ['he', 'ru', 'es', 'pt'].map((language) => {
    const pairs = pairsOf(data, `tatoeba-${language}`);
    const english = pairs.map(({ b }) => vectorOf(b));
    const right = pairs.filter(({ a }, index) => {
      const near = english.map((vector) => cosine(vectorOf(a), vector));
      return near.indexOf(Math.max(...near)) === index;
    });
    return right.length / pairs.length;
  });
  return Math.min(...shares);
}

async function dataOf(from: string): Promise<Data> {
  const [texts, pairs, vectors] = await Promise.all([
    linesOf(join(from, 'texts.jsonl'), textSchema),
    linesOf(join(from, 'pairs.jsonl'), pairSchema),
    readFile(join(from, 'e5.i8')),
  ]);
  const embedder = staticEmbedder();
  const none = new Float32Array(embedder.dimension);
  const own: Float32Array[] = [];
  for (const { text } of texts) own.push((await embedder.embed(text)) ?? none);
  embedder.close();
  const bytes = new Int8Array(vectors.buffer, vectors.byteOffset, vectors.length);
  return {
    pairs,
    ours: (row) => own[row] ?? none,
    recorded(row) {
      const components = Float32Array.from(
        bytes.subarray(row * recordedDimension, (row + 1) * recordedDimension),
      );
      const length = Math.hypot(...components);
      return components.map((component) => component / length);
    },
  };
}

async function linesOf<Line>(file: string, schema: z.ZodType<Line>): Promise<readonly Line[]> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => schema.parse(JSON.parse(line)));
}

function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return sum;
}
