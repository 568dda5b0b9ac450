/**
 * Labelled pairs of questions from a CSV or JSONL file, row by row: a question, another one, and whether one answer
 * serves both.
 */
import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { z } from 'zod';
import { linesOf } from './lines.ts';

export interface LabelledPair {
  readonly asked: string;
  readonly stored: string;
  readonly same: boolean;
  /** BCP 47, if the row has one; else it is detected. */
  readonly language?: string | undefined;
}

/** A row of the file: a pair, or what is wrong with it. */
export type PairRow =
  | { readonly line: number; readonly pair: LabelledPair }
  | { readonly line: number; readonly fault: string };

/** Maximum length of a question, in characters: beyond it no row is a question. */
const maxLength = 16_384;

/** The columns by their names; without known names the order counts. */
const columns = {
  asked: ['a', 'asked', 'question', 'question1', 'text1', 'sentence1', 'query'],
  stored: ['b', 'stored', 'earlier', 'question2', 'text2', 'sentence2', 'earlierquestion'],
  same: ['same', 'label', 'duplicate', 'isduplicate', 'verdict', 'equal'],
  language: ['language', 'lang'],
} as const;

type Column = keyof typeof columns;

const inOrder: readonly Column[] = ['asked', 'stored', 'same', 'language'];

/** The column that a heading names. */
function columnOf(heading: string): Column | undefined {
  const name = heading.toLowerCase().replace(/[\s_?-]/g, '');
  return inOrder.find((column) => columns[column].some((known) => known === name));
}

const yes = /^(?:1|1\.0|true|yes|y|same|duplicate|equal)$/i;
const no = /^(?:0|0\.0|-1|false|no|n|different|distinct|unequal)$/i;

const verdict = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value) => String(value).trim())
  .refine(
    (text) => yes.test(text) || no.test(text),
    'must say whether they are the same: 1 or 0, true or false',
  )
  .transform((text) => yes.test(text));

const question = z.string('must be a question').trim().min(1, 'is empty').max(maxLength, 'is too long');

const pair = z.object({
  asked: question,
  stored: question,
  same: verdict,
  language: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^(?:[a-z]{1,8}(?:-[a-z0-9]{1,8}){0,6})?$/, 'must be a language tag, such as en or pt-BR')
    .transform((tag) => (tag === '' ? undefined : tag))
    .optional(),
});

function rowOf(line: number, cells: Readonly<Partial<Record<Column, unknown>>>): PairRow {
  const checked = pair.safeParse(cells);
  if (checked.success) return { line, pair: checked.data };
  const [issue] = checked.error.issues;
  const where = {
    asked: 'the first question',
    stored: 'the second question',
    same: 'the label',
    language: 'the language',
  };
  const column = inOrder.find((name) => name === issue?.path[0]) ?? 'asked';
  const isAbsent = cells[column] === undefined;
  return { line, fault: `${where[column]} ${isAbsent ? 'is missing' : (issue?.message ?? 'is wrong')}` };
}

/**
 * The rows of the file. What is wrong with the file as a whole is thrown; what is wrong with a row is a row of its own.
 * A name that ends in `.jsonl`, `.ndjson` or `.json` is read as JSON lines, `.tsv` as tabs, anything else as CSV.
 */
export function readPairs(path: string): AsyncIterable<PairRow> {
  const extension = extname(path).toLowerCase();
  return ['.jsonl', '.ndjson', '.json'].includes(extension)
    ? jsonRows(path)
    : csvRows(path, extension === '.tsv' ? '\t' : ',');
}

async function* jsonRows(path: string): AsyncGenerator<PairRow, void, undefined> {
  for await (const { line, text } of linesOf(path)) {
    if (text === undefined) yield { line, fault: 'the line is too long' };
    else if (text.trim() !== '') yield jsonRow(line, text);
  }
}

function jsonRow(line: number, text: string): PairRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line, fault: 'the line is not JSON' };
  }
  if (Array.isArray(value))
    return rowOf(line, Object.fromEntries(inOrder.map((name, at) => [name, value[at]])));
  if (typeof value !== 'object' || value === null)
    return { line, fault: 'the line is neither an object nor a list' };
  const cells: Partial<Record<Column, unknown>> = {};
  for (const [name, cell] of Object.entries(value)) {
    const column = columnOf(name);
    if (column !== undefined) cells[column] ??= cell;
  }
  return rowOf(line, cells);
}

async function* csvRows(path: string, delimiter: string): AsyncGenerator<PairRow, void, undefined> {
  const { parse } = await import('csv-parse');
  const faults: PairRow[] = [];
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: 4 * maxLength,
  });
  parser.on('skip', (error) => {
    const line = Reflect.get(error ?? {}, 'lines');
    faults.push({
      line: typeof line === 'number' ? line : 0,
      fault: 'the row is not CSV (a quote is not closed, say)',
    });
  });
  const file = createReadStream(path);
  file.on('error', (error) => parser.destroy(error));
  file.pipe(parser);
  let order: readonly (Column | undefined)[] | undefined;
  for await (const row of parser) {
    yield* faults.splice(0);
    const { line, cells } = csvRow(row);
    if (order === undefined) {
      const named = cells.map(columnOf);
      const isHeading = named.includes('asked') && named.includes('stored') && named.includes('same');
      order = isHeading ? named : inOrder;
      // Three words that are no pair in the first line are a heading with names of its own.
      if (isHeading || (cells[2] !== undefined && !verdict.safeParse(cells[2]).success)) continue;
    }
    yield rowOf(
      line,
      Object.fromEntries(order.flatMap((name, at) => (name === undefined ? [] : [[name, cells[at]]]))),
    );
  }
  yield* faults;
}

const parsedRow = z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) });

function csvRow(row: unknown): { readonly line: number; readonly cells: readonly string[] } {
  const { record, info } = parsedRow.parse(row);
  return { line: info.lines, cells: record };
}
