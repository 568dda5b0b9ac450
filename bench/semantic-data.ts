/**
 * Questions with recorded vectors, in `../shared/data/semantic` (`ASKONCE_DATA` names another folder), and what the tier
 * makes of a pair of them: text, vector, gates and guards.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { staticEmbedder } from '@askonce/embedder-static';
import { z } from 'zod';
import { createGates, gateNames } from '../packages/askonce/src/semantic/gates/gates.ts';
import { openGuards } from '../packages/askonce/src/semantic/guards/guards.ts';
import { priorOf } from '../packages/askonce/src/semantic/policies/prior.ts';
import { embeddedTextOf } from '../packages/askonce/src/semantic/text/embedded.ts';
import { semanticTextOf } from '../packages/askonce/src/semantic/text/normalise.ts';
import { openLocalModel } from './local-model.ts';
import { Skipped } from './measure.ts';

const folder = join(
  process.env['ASKONCE_DATA'] ?? join(import.meta.dirname, '../../shared/data'),
  'semantic',
);
const recordedDimension = 384;

const textSchema = z.object({ lang: z.string(), text: z.string() });
const pairSchema = z.object({ set: z.string(), a: z.number(), b: z.number(), label: z.number() });
const everydaySchema = z.object({ lang: z.string(), a: z.string(), b: z.string(), label: z.number() });

export interface Text {
  readonly language: string;
  readonly text: string;
}

/** Two texts, and whether one answer serves both. */
export interface Pair {
  readonly one: Text;
  readonly other: Text;
  readonly isSame: boolean;
}

/** A pair of recorded texts, by the rows of its texts. */
interface RecordedPair {
  readonly set: string;
  readonly rows: readonly [one: number, other: number];
  readonly isSame: boolean;
}

export interface SemanticData {
  readonly texts: readonly Text[];
  readonly pairs: readonly RecordedPair[];
  readonly everyday: readonly Pair[];
}

/** The vector of a row of the texts, of length 1; undefined if there is none. */
type VectorOf = (row: number) => Float32Array | undefined;

export interface BenchEmbedder {
  readonly name: string;
  /** The similarity from which the tier serves before it has learned anything. */
  readonly prior: number;
  readonly vectorOf: VectorOf;
}

/** Skips the question if the data is not on this machine. */
export async function semanticData(): Promise<SemanticData> {
  try {
    const [texts, pairs, everyday] = await Promise.all([
      linesOf('texts.jsonl', textSchema),
      linesOf('pairs.jsonl', pairSchema),
      linesOf('everyday.jsonl', everydaySchema),
    ]);
    return {
      texts: texts.map(({ lang, text }) => ({ language: lang, text })),
      pairs: pairs.map(({ set, a, b, label }) => ({ set, rows: [a, b], isSame: label === 1 })),
      everyday: everyday.map(({ lang, a, b, label }) => ({
        one: { language: lang, text: a },
        other: { language: lang, text: b },
        isSame: label === 1,
      })),
    };
  } catch (error) {
    throw new Skipped(
      `no questions in ${folder} (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** The built-in embedder, and the recorded vectors of two others, with their priors at a stated rate of 2 %. */
export async function embeddersOf(texts: readonly Text[]): Promise<readonly BenchEmbedder[]> {
  const embedder = staticEmbedder();
  const own = await Promise.all(
    texts.map(({ language, text }) => embedder.embed(semanticTextOf(text, language))),
  );
  return [
    { name: 'built-in', prior: priorFor('static-256'), vectorOf: (row) => own[row] },
    { name: 'MiniLM', prior: priorFor('all-MiniLM-L6-v2'), vectorOf: await recorded('minilm.i8') },
    { name: 'e5', prior: priorFor('multilingual-e5-small', 'query: '), vectorOf: await recorded('e5.i8') },
  ];
}

/** A local model: vectors of the questions in these sets of pairs. */
export async function localModelOf(
  { texts, pairs }: SemanticData,
  sets: readonly string[],
): Promise<BenchEmbedder> {
  const embedder = await openLocalModel();
  const vectors = new Map<number, Float32Array>();
  try {
    for (const row of new Set(pairs.flatMap(({ set, rows }) => (sets.includes(set) ? rows : [])))) {
      const { text = '', language = 'und' } = texts[row] ?? {};
      const vector = await embedder.embed(embeddedTextOf(text, language));
      if (vector !== undefined) vectors.set(row, vector);
    }
  } finally {
    await embedder.close?.();
  }
  const { name, prefix } = embedder;
  return { name: 'local', prior: priorFor(name, prefix), vectorOf: (row) => vectors.get(row) };
}

export function cosine(one: Float32Array | undefined, other: Float32Array | undefined): number | undefined {
  if (one === undefined || other === undefined) return undefined;
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}

const guards = openGuards();
const gates = createGates(gateNames);

/** True if every guard and gate lets the pair pass, or both are one text after normalisation. */
export function passes({ one, other }: Pick<Pair, 'one' | 'other'>): boolean {
  const { language } = one;
  return (
    isLetIn({ one, other }) &&
    (isIdentical(one, other) || guards.veto(one.text, other.text, language) === undefined)
  );
}

/** True if no gate keeps one of the questions out. */
export function isLetIn({ one, other }: Pick<Pair, 'one' | 'other'>): boolean {
  return [one, other].every(({ text }) => gates.keptOutBy(text, one.language) === undefined);
}

/** The guards that veto the pair; none if both are one text after normalisation. */
export function vetoesOf({ one, other }: Pick<Pair, 'one' | 'other'>): readonly string[] {
  if (isIdentical(one, other)) return [];
  return guards.vetoes(one.text, other.text, one.language).map(({ guard }) => guard);
}

/** The pairs of a set that are near enough to be served by this embedder at its prior, or are one text. */
export function nearPairs(
  { texts, pairs }: SemanticData,
  { prior, vectorOf }: BenchEmbedder,
  set: string,
): readonly Pair[] {
  return pairs
    .filter((pair) => pair.set === set)
    .flatMap(({ rows: [a, b], isSame }) => {
      const [one, other] = [texts[a], texts[b]];
      if (one === undefined || other === undefined) return [];
      const isNear = (cosine(vectorOf(a), vectorOf(b)) ?? 0) >= prior || isIdentical(one, other);
      return isNear ? [{ one, other, isSame }] : [];
    });
}

export function isIdentical(one: Text, other: Text): boolean {
  return semanticTextOf(one.text, one.language) === semanticTextOf(other.text, other.language);
}

function priorFor(name: string, prefix = ''): number {
  return priorOf({ embedder: { name, version: '', prefix }, maxErrorRate: 0.02, allGuards: true }).upper ?? 1;
}

async function linesOf<Line>(file: string, schema: z.ZodType<Line>): Promise<readonly Line[]> {
  const text = await readFile(join(folder, file), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => schema.parse(JSON.parse(line)));
}

async function recorded(file: string): Promise<VectorOf> {
  const bytes = await readFile(join(folder, file));
  const all = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (row) => {
    const start = row * recordedDimension;
    if (start + recordedDimension > all.length) return undefined;
    const vector = Float32Array.from(all.subarray(start, start + recordedDimension));
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  };
}
