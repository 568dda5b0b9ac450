/**
 * The language of short questions: how often is it recognised, and what does that cost beside the library alone?
 *
 * The questions are Tatoeba's sentences and XQuAD's questions in `../shared/data/questions` (`ASKONCE_DATA` names
 * another folder); without them this question is skipped.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eld } from 'eld/extrasmall';
import { z } from 'zod';
import { detectLanguage } from '../packages/askonce/src/identity/language/detect.ts';
import { inTurns, Skipped } from './measure.ts';
import type { Measured } from './rows.ts';

const folder = join(
  process.env['ASKONCE_DATA'] ?? join(import.meta.dirname, '../../shared/data'),
  'questions',
);

interface QuestionSet {
  readonly language: string;
  readonly questions: readonly string[];
  /** Share that must be recognised: a little below what was measured when the library was chosen. */
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
  return { language, questions, goal };
}

async function xquad(language: string, goal: number): Promise<QuestionSet> {
  const text = await readFile(join(folder, 'xquad', `xquad.${language}.json`), 'utf8');
  const { data } = xquadSchema.parse(JSON.parse(text));
  const questions = data.flatMap(({ paragraphs }) =>
    paragraphs.flatMap(({ qas }) => qas.map(({ question }) => question)),
  );
  return { language, questions, goal };
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

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  const sets = await questionSets().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Skipped(`no questions in ${folder} (${reason})`);
  });
  if (wanted('language-cost')) yield await cost(sets.flatMap(({ questions }) => questions));
  if (wanted('language-right')) yield weakest(sets);
}

async function cost(questions: readonly string[]): Promise<Measured> {
  let n = 0;
  const next = () => questions[n++ % questions.length] ?? '';
  const times = await inTurns(
    () => detectLanguage(next()),
    () => eld.detect(next()).language,
    { calls: questions.length, rounds: 5 },
  );
  return { row: 'language-cost', ...times };
}

/** The set that comes nearest to its goal, or falls short of it the most. */
function weakest(sets: readonly QuestionSet[]): Measured {
  const [first] = sets
    .map(({ language, questions, goal }) => {
      const right = questions.filter((question) => detectLanguage(question) === language).length;
      return { ours: (100 * right) / questions.length, beside: 100 * goal };
    })
    .toSorted((a, b) => a.ours / a.beside - b.ours / b.beside);
  if (first === undefined) throw new Error('there are no questions');
  return { row: 'language-right', ...first };
}
