/** The semantic tier, part by part: what does it cost a question? */
import { readFile } from 'node:fs/promises';
import { staticEmbedder } from '@askonce/embedder-static';
import { median } from './measure.ts';
import type { Measured } from './rows.ts';

/** 300 questions in five languages, some of them odd. */
const questionsFile = new URL('../packages/embedder-static/test/golden.jsonl', import.meta.url);

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  if (wanted('embedder-static')) yield { row: 'embedder-static', ours: await embedding() };
}

/** Microseconds a question, once the table is loaded. */
async function embedding(): Promise<number> {
  const lines = (await readFile(questionsFile, 'utf8')).trim().split('\n');
  const questions = lines.map((line) => String(JSON.parse(line).text));
  const embedder = staticEmbedder();
  await embedder.embed('load the table');
  const rounds: number[] = [];
  for (let round = 0; round < 30; round++) {
    const start = performance.now();
    for (const question of questions) embedder.embed(question);
    rounds.push((1_000 * (performance.now() - start)) / questions.length);
  }
  embedder.close();
  return median(rounds);
}
