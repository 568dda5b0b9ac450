/**
 * The language of short questions: how many are told rightly, and what does it cost beside the library alone?
 *
 * The questions are Tatoeba's sentences and XQuAD's questions in `../shared/data/questions` (`ASKONCE_DATA` names
 * another folder); where they are not there, this says so and measures nothing.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eld } from 'eld/extrasmall';
import { z } from 'zod';
import { detectLanguage } from '../packages/askonce/src/identity/language/detect.ts';
import { atLeast, atMost, type Figure, inTurns, micros } from './measure.ts';

const folder = join(
  process.env['ASKONCE_DATA'] ?? join(import.meta.dirname, '../../shared/data'),
  'questions',
);

interface QuestionSet {
  readonly name: string;
  readonly language: string;
  readonly questions: readonly string[];
  /** Share that must be told rightly: a little below what was measured when the library was chosen. */
  readonly goal: number;
}

const xquadSchema = z.object({
  data: z.array(
    z.object({
      paragraphs: z.array(z.object({ qas: z.array(z.object({ question: z.string() })) })),
    }),
  ),
});

async function tatoeba(language: string, goal: number, ...files: readonly string[]): Promise<QuestionSet> {
  const texts = await Promise.all(files.map((file) => readFile(join(folder, 'tatoeba', file), 'utf8')));
  const questions = texts.flatMap((text) => text.split('\n').filter((line) => line.trim() !== ''));
  return { name: 'Tatoeba', language, questions, goal };
}

async function xquad(language: string, goal: number): Promise<QuestionSet> {
  const text = await readFile(join(folder, 'xquad', `xquad.${language}.json`), 'utf8');
  const { data } = xquadSchema.parse(JSON.parse(text));
  const questions = data.flatMap(({ paragraphs }) =>
    paragraphs.flatMap(({ qas }) => qas.map(({ question }) => question)),
  );
  return { name: 'XQuAD', language, questions, goal };
}

async function questionSets(): Promise<readonly QuestionSet[]> {
  const english = ['heb', 'rus', 'spa', 'por'].map((other) => `tatoeba.${other}-eng.eng`);
  return await Promise.all([
    tatoeba('en', 0.99, ...english),
    tatoeba('ru', 0.99, 'tatoeba.rus-eng.rus'),
    tatoeba('es', 0.975, 'tatoeba.spa-eng.spa'),
    tatoeba('pt', 0.975, 'tatoeba.por-eng.por'),
    tatoeba('he', 0.99, 'tatoeba.heb-eng.heb'),
    xquad('en', 0.99),
    xquad('es', 0.99),
    xquad('ru', 0.99),
  ]);
}

export async function languageDetection(): Promise<Figure[]> {
  const sets = await questionSets().catch((error: unknown) => {
    console.log(
      `– language: skipped, no questions in ${folder} (${error instanceof Error ? error.message : error})`,
    );
    return [];
  });
  if (sets.length === 0) return [];
  const figures = sets.map(({ name, language, questions, goal }) => {
    const right = questions.filter((question) => detectLanguage(question) === language).length;
    return atLeast(goal, {
      question: `language of ${name}'s questions in ${language} told rightly`,
      ours: String(right),
      beside: `all ${questions.length}`,
      ratio: right / questions.length,
    });
  });
  return [...figures, await cost(sets.flatMap(({ questions }) => questions))];
}

async function cost(questions: readonly string[]): Promise<Figure> {
  let n = 0;
  const next = () => questions[n++ % questions.length] ?? '';
  const { ours, floor, ratio } = await inTurns(
    () => detectLanguage(next()),
    () => eld.detect(next()).language,
    questions.length,
    7,
  );
  return atMost(2.5, {
    question: 'language of a question',
    ours: micros(ours),
    beside: `the library's first choice alone ${micros(floor)}`,
    ratio,
  });
}
