/**
 * Pairs of answers whose truth is known: real answers beside themselves with one fact changed, beside the answer to another
 * question, beside themselves in another form, and real paraphrases.
 *
 * The answers are GPT-4's to Arena-Hard's prompts and those of health authorities about COVID-19; the paraphrases are
 * PAWS-X, whose pairs share their words and often not their meaning.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export interface KnownPair {
  readonly kind: string;
  readonly one: string;
  readonly other: string;
  readonly language: string;
  readonly isSame: boolean;
}

type Edit = (answer: string, others: readonly string[], index: number) => string | undefined;

/** Edits that change a fact; undefined where an answer has nothing to change. */
const factEdits: Readonly<Record<string, Edit>> = {
  'a number changed': (answer) =>
    replaced(answer, /(?<![\w.,\-/])\d{1,4}(?![\w.,\-/%]*\d|[.)]\s)/g, (number) =>
      String(Number(number) + 3),
    ),
  'a sentence negated': (answer) =>
    replaced(answer, /\b(?:is|are|can|should|will|must|was|were)\b(?! not|n't)/g, (verb) => `${verb} not`),
  'a negation dropped': (answer) =>
    replaced(answer, /\b(?:is|are|can|should|will|must|do|does|was|were) not\b/g, (verb) =>
      verb.slice(0, -4),
    ),
  'a name swapped': (answer, others, index) => {
    const name = names(others[(index + 1) % others.length] ?? '').find((each) => !answer.includes(each));
    const own = names(answer)[0];
    return name === undefined || own === undefined ? undefined : answer.replaceAll(own, name);
  },
  'the answer to another question': (_answer, others, index) => others[(index + 7) % others.length],
};

/** Edits that keep what an answer says. */
const formEdits: Readonly<Record<string, Edit>> = {
  'a greeting and a farewell added': (answer) =>
    `Sure! Here is an answer to your question:\n\n${answer}\n\nLet me know if you have any other questions.`,
  contractions: (answer) =>
    replacedAll(answer, [
      [/\bdo not\b/g, "don't"],
      [/\bis not\b/g, "isn't"],
      [/\bit is\b/g, "it's"],
      [/\bcannot\b/g, "can't"],
    ]),
  'marks of Markdown': (answer) =>
    answer
      .split('\n')
      .map((line) =>
        line.trim() === '' || /^[-*#\d]/.test(line)
          ? line
          : `- **${line.split(' ')[0]}** ${line.split(' ').slice(1).join(' ')}`,
      )
      .join('\n'),
  'other words': (answer) =>
    replacedAll(answer, [
      [/\bhowever\b/g, 'nevertheless'],
      [/\bHowever\b/g, 'Nevertheless'],
      [/\bimportant\b/g, 'essential'],
      [/\bhelps?\b/g, 'assists'],
      [/\bmany\b/g, 'numerous'],
      [/\bin order to\b/g, 'to'],
      [/\bsuch as\b/g, 'like'],
      [/\busually\b/g, 'generally'],
      [/\bpeople\b/g, 'persons'],
    ]),
  'sentences in another order': (answer) =>
    answer
      .split('\n')
      .map((line) =>
        line
          .split(/(?<=[a-z][.!?]) +(?=[A-Z])/)
          .toReversed()
          .join(' '),
      )
      .join('\n'),
};

/** All pairs; rejects if the data is missing. */
export async function knownPairs(folder: string): Promise<readonly KnownPair[]> {
  const answers = [...(await arenaAnswers(folder)), ...(await covidAnswers(folder))];
  const edited = (edits: Readonly<Record<string, Edit>>, isSame: boolean) =>
    Object.entries(edits).flatMap(([kind, edit]) =>
      answers.flatMap((one, index): readonly KnownPair[] => {
        const other = edit(one, answers, index);
        return other === undefined || other === one ? [] : [{ kind, one, other, language: 'en', isSame }];
      }),
    );
  return [
    ...edited(factEdits, false),
    ...edited(formEdits, true),
    ...(await paraphrases(folder, 'en')),
    ...(await paraphrases(folder, 'es')),
  ];
}

const arenaLine = z.object({
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
});

/** Answers in prose: those with code cannot be compared at all. */
async function arenaAnswers(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'prompts/arena_hard_v0.1_answer_gpt-4-0314.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => arenaLine.parse(JSON.parse(line)).messages.find(({ role }) => role === 'assistant'))
    .map((message) => z.object({ answer: z.string() }).safeParse(message?.content).data?.answer ?? '')
    .filter((answer) => answer !== '' && !answer.includes('```') && answer.length < 4_000);
}

/** Quoted fields may hold line breaks and doubled quotes. */
async function covidAnswers(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'questions/covid-faq/faq_covidbert.csv'), 'utf8');
  const fields = /^(?:"(?:[^"]|"")*"|[^",\n]*),(?:"((?:[^"]|"")*)"|([^",\n]*)),/gm;
  const rows = [...text.matchAll(fields)].map(([, quoted, bare]) =>
    (quoted ?? bare ?? '').replaceAll('""', '"'),
  );
  return [...new Set(rows)].filter((answer) => answer.length > 60 && answer.length < 4_000);
}

async function paraphrases(folder: string, language: string): Promise<readonly KnownPair[]> {
  const text = await readFile(join(folder, `questions/pawsx/dev-${language}.tsv`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([one = '', other = '', label]) => ({
      kind: `PAWS-X ${language}`,
      one,
      other,
      language,
      isSame: label === '1',
    }));
}

/** Capitalised words within a sentence. */
function names(answer: string): readonly string[] {
  return [...answer.matchAll(/(?<=[a-z,] )[A-Z][a-z]{3,}(?=[ ,.])/g)].map(([name]) => name);
}

/** With the first match replaced; undefined without one. */
function replaced(text: string, pattern: RegExp, by: (match: string) => string): string | undefined {
  const [first] = text.matchAll(pattern);
  if (first === undefined) return undefined;
  return text.slice(0, first.index) + by(first[0]) + text.slice(first.index + first[0].length);
}

function replacedAll(text: string, pairs: readonly (readonly [RegExp, string])[]): string {
  return pairs.reduce((current, [pattern, by]) => current.replace(pattern, by), text);
}
