/** Sets of questions whose intent is known, as streams: shuffled once, always alike. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { staticEmbedder } from '@askonce/embedder-static';
import { z } from 'zod';
import { semanticTextOf } from '../../packages/askonce/src/semantic/text/normalise.ts';

/** One request of a stream. Two questions of one intent have the same answer. */
export interface Question {
  /** The semantic text. */
  readonly text: string;
  readonly vector: Float32Array;
  readonly intent: string;
}

const data = process.env['ASKONCE_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
const questions = join(data, 'questions');
const dimensions = { e5: 384, minilm: 384 } as const;

/** BANKING77: 13 083 questions of 77 intents. */
export async function banking(): Promise<readonly Question[]> {
  return embedded(await bankingTexts());
}

/** Its questions with their intents. */
export async function bankingTexts(): Promise<readonly (readonly [text: string, intent: string])[]> {
  const files = ['train.csv', 'test.csv'].map((name) => readFile(join(questions, 'banking77', name), 'utf8'));
  const rows = (await Promise.all(files)).flatMap((text) => [...text.matchAll(bankingRow)].slice(1));
  return rows.map(([, text = '', category = '']) => [
    text.replace(/^"|"$/g, '').replaceAll('""', '"'),
    category,
  ]);
}

/** A text, in quotes where it has a comma or a line break, and a category. */
const bankingRow = /^("(?:[^"]|"")*"|[^",\n]*),([^,\n\r]+)\r?$/gm;

/** CLINC150: 7 500 questions of 150 intents, and 1 000 that no other one shares an answer with. */
export async function clinc(): Promise<readonly Question[]> {
  return embedded(await clincTexts());
}

/** Its questions with their intents; those that no other one shares an answer with have one of their own. */
export async function clincTexts(): Promise<readonly (readonly [text: string, intent: string])[]> {
  const text = await readFile(join(questions, 'clinc150', 'data_full.json'), 'utf8');
  const pairs = z.array(z.tuple([z.string(), z.string()]));
  const { val, test, oos_test } = z
    .object({ val: pairs, test: pairs, oos_test: pairs })
    .parse(JSON.parse(text));
  return [...val, ...test, ...oos_test.map(([one], n) => [one, `alone ${n}`] as const)];
}

/** The questions of BANKING77's test half that have recorded vectors. */
export async function recordedBanking(model: keyof typeof dimensions): Promise<readonly Question[]> {
  const folder = join(data, 'semantic');
  const [texts, bytes] = await Promise.all([
    readFile(join(folder, 'texts.jsonl'), 'utf8'),
    readFile(join(folder, `${model}.i8`)),
  ]);
  const rowSchema = z.object({ text: z.string(), intent: z.string().optional() });
  const rows = texts
    .trim()
    .split('\n')
    .map((line) => rowSchema.parse(JSON.parse(line)));
  const dimension = dimensions[model];
  const found = rows.flatMap(({ text, intent }, row) => {
    if (intent === undefined || (row + 1) * dimension > bytes.length) return [];
    const recorded = new Int8Array(bytes.buffer, bytes.byteOffset + row * dimension, dimension);
    return [{ text: semanticTextOf(text, 'en'), vector: unit(Float32Array.from(recorded)), intent }];
  });
  return shuffled(found);
}

async function embedded(
  rows: readonly (readonly [text: string, intent: string])[],
): Promise<readonly Question[]> {
  const embedder = staticEmbedder();
  const found: Question[] = [];
  for (const [text, intent] of rows) {
    const semantic = semanticTextOf(text, 'en');
    const vector = await embedder.embed(semantic);
    if (vector !== undefined) found.push({ text: semantic, vector, intent });
  }
  embedder.close();
  return shuffled(found);
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((component) => component / length);
}

function shuffled(list: readonly Question[]): readonly Question[] {
  const random = randomOf(2_026);
  const order = list.map((question) => ({ question, place: random() }));
  return order.sort((a, b) => a.place - b.place).map(({ question }) => question);
}

/** A linear congruential generator with the high bits taken: enough to shuffle and to draw, and always alike. */
export function randomOf(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 11n) / 2 ** 53;
  };
}
