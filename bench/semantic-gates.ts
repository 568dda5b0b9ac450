/**
 * What share of real questions does each gate of the semantic tier keep out?
 *
 * Questions are those of `../shared/data` (`ASKONCE_DATA` names another folder): general knowledge (Quora, XQuAD, a
 * covid FAQ), customers of a bank, and users of voice assistants, who mostly ask for acts. Without them it is skipped.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { GateName } from '../packages/askonce/src/semantic/contract.ts';
import { createGates, gateNames } from '../packages/askonce/src/semantic/gates/gates.ts';
import { Skipped } from './measure.ts';
import type { Measured } from './rows.ts';

const data = process.env['ASKONCE_DATA'] ?? join(import.meta.dirname, '../../shared/data');

interface AskedText {
  readonly text: string;
  readonly lang: string;
}

/** The share of a set's questions, from 0 to 1, that all gates and each gate alone keep out. */
export interface GateShares {
  readonly set: string;
  readonly questions: number;
  readonly any: number;
  readonly byGate: Readonly<Record<GateName, number>>;
}

const textSchema = z.object({
  text: z.string(),
  lang: z.string().default('en'),
  intent: z.string().optional(),
});
const pairSchema = z.object({ set: z.string(), a: z.number(), b: z.number() });
const everydaySchema = z.object({ lang: z.string(), a: z.string(), b: z.string(), cat: z.string() });
const clincSchema = z.object({ test: z.array(z.tuple([z.string(), z.string()])) });
const xquadSchema = z.object({
  data: z.array(
    z.object({ paragraphs: z.array(z.object({ qas: z.array(z.object({ question: z.string() })) })) }),
  ),
});

const read = async (...path: readonly string[]): Promise<string> =>
  await readFile(join(data, ...path), 'utf8');

async function rowsOf<T>(schema: z.ZodType<T>, ...path: readonly string[]): Promise<readonly T[]> {
  const lines = (await read(...path)).split('\n').filter((line) => line !== '');
  return lines.map((line) => schema.parse(JSON.parse(line)));
}

/** Each data set, and its questions without repeats. */
async function questionSets(): Promise<ReadonlyMap<string, readonly AskedText[]>> {
  const texts = await rowsOf(textSchema, 'semantic', 'texts.jsonl');
  const sets = new Map<string, AskedText[]>();
  const add = (set: string, ...asked: readonly AskedText[]) =>
    sets.set(set, [...(sets.get(set) ?? []), ...asked]);
  for (const { set, a, b } of await rowsOf(pairSchema, 'semantic', 'pairs.jsonl'))
    if (/^(?:qqp|covid|traps)/.test(set)) add(set, ...[a, b].flatMap((row) => texts[row] ?? []));
  add('banking77', ...texts.filter(({ intent }) => intent !== undefined));
  for (const { lang, a, b, cat } of await rowsOf(everydaySchema, 'semantic', 'everyday.jsonl'))
    add(
      /^(?:fresh|action)$/.test(cat) ? `everyday-${cat}` : 'everyday-other',
      { lang, text: a },
      { lang, text: b },
    );
  const { test } = clincSchema.parse(JSON.parse(await read('questions', 'clinc150', 'data_full.json')));
  add('clinc150', ...test.map(([text]) => ({ text, lang: 'en' })));
  add('hwu64', ...(await rowsOf(textSchema, 'questions', 'hwu64', 'hwu64.jsonl')));
  for (const lang of ['en', 'es', 'ru']) {
    const xquad = xquadSchema.parse(JSON.parse(await read('questions', 'xquad', `xquad.${lang}.json`)));
    const asked = xquad.data.flatMap(({ paragraphs }) => paragraphs.flatMap(({ qas }) => qas));
    add(`xquad-${lang}`, ...asked.map(({ question }) => ({ text: question, lang })));
  }
  return new Map(
    Array.from(sets, ([set, asked]) => [set, [...new Map(asked.map((one) => [one.text, one])).values()]]),
  );
}

/** The shares of every data set. Rejects with `Skipped` where there are no questions. */
export async function gateShares(): Promise<readonly GateShares[]> {
  const sets = await questionSets().catch((error: unknown) => {
    throw new Skipped(`no questions in ${data} (${error instanceof Error ? error.message : String(error)})`);
  });
  return Array.from(sets, ([set, asked]) => ({
    set,
    questions: asked.length,
    any: shareOf(asked, gateNames),
    byGate: {
      fresh: shareOf(asked, ['fresh']),
      personal: shareOf(asked, ['personal']),
      acts: shareOf(asked, ['acts']),
      points: shareOf(asked, ['points']),
    },
  }));
}

function shareOf(asked: readonly AskedText[], names: readonly GateName[]): number {
  const { keptOutBy } = createGates(names);
  return asked.filter(({ text, lang }) => keptOutBy(text, lang) !== undefined).length / asked.length;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The table of shares, one line a data set. */
export function gateSharesTable(shares: readonly GateShares[]): string {
  const head = ['data set', 'questions', 'any gate', ...gateNames];
  const rows = shares.map(({ set, questions, any, byGate }) => [
    ...[set, String(questions), percent(any)],
    ...gateNames.map((name) => percent(byGate[name])),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** One row a kind of questions; the table of all sets goes before them. */
export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  const shares = await gateShares();
  console.log(gateSharesTable(shares));
  const highest = (pattern: RegExp) =>
    100 * Math.max(...shares.filter(({ set }) => pattern.test(set)).map(({ any }) => any));
  const lowest = (pattern: RegExp) =>
    100 * Math.min(...shares.filter(({ set }) => pattern.test(set)).map(({ any }) => any));
  if (wanted('semantic-gates-general'))
    yield { row: 'semantic-gates-general', ours: highest(/^(?:qqp|covid|xquad|everyday-other)/) };
  if (wanted('semantic-gates-traps'))
    yield { row: 'semantic-gates-traps', ours: lowest(/^everyday-(?:fresh|action)$/), beside: 100 };
}
