/**
 * The rows of a file of questions or routes, one after another: CSV with a line of headings, JSON (a list, or an object with `entries`),
 * or a JSON value a line. What is wrong with one row is a row of its own.
 */
import { AskonceError } from 'askonce';
import { z } from 'zod';
import { jsonValues } from './json-values.ts';
import { maxRowLength, type Row } from './row.ts';

const maxRows = 1_000_000;

/** @throws AskonceError `invalid_request` if the file has no rows, or is none of these */
export async function* rowsOf(text: AsyncIterable<string>): AsyncGenerator<Row, void, undefined> {
  const { first, all } = await begun(text);
  if (first === '') throw wrong('the file is empty');
  if (first.includes('\0')) throw wrong('the file is not text in UTF-8; save it as UTF-8');
  let rows = 0;
  for await (const row of first.startsWith('[') || first.startsWith('{') ? jsonValues(all) : csvRows(all)) {
    rows += 1;
    if (rows > maxRows) throw wrong(`the file has more than ${maxRows} rows; split it`);
    yield row;
  }
  if (rows === 0) throw wrong('the file has no rows');
}

/** The first text that is not white space, without a byte order mark, and all of the text. */
async function begun(
  text: AsyncIterable<string>,
): Promise<{ readonly first: string; readonly all: AsyncIterable<string> }> {
  const iterator = text[Symbol.asyncIterator]();
  let start = '';
  while (start.trim() === '') {
    const { done, value } = await iterator.next();
    if (done === true) break;
    start = (start + value).replace(/^\ufeff/, '');
  }
  async function* all() {
    yield start;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { first: start.trimStart(), all: all() };
}

const record = z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) });

async function* csvRows(text: AsyncIterable<string>): AsyncGenerator<Row, void, undefined> {
  const { parse } = await import('csv-parse');
  const { Readable } = await import('node:stream');
  const faults: Row[] = [];
  const parser = parse({
    ...{ bom: true, info: true, relax_column_count: true, skip_empty_lines: true },
    ...{ skip_records_with_error: true, max_record_size: maxRowLength },
  });
  parser.on('skip', (error: unknown) => {
    const line: unknown = Reflect.get(Object(error), 'lines');
    faults.push({
      line: typeof line === 'number' ? line : 0,
      fault: 'the row is not CSV: is a quote not closed?',
    });
  });
  const source = Readable.from(text);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let headings: readonly string[] | undefined;
  let twice = 0;
  for await (const parsed of parser) {
    yield* faults.splice(0);
    const { record: cells, info } = record.parse(parsed);
    if (headings === undefined) {
      headings = cells.map((cell) => cell.trim());
      if (!['question', 'messages', 'url'].some((name) => headings?.includes(name)))
        throw wrong(
          'the first line of the CSV must name the columns, with question, messages or url among them',
        );
      continue;
    }
    const text = cells.join('');
    // The parser counts a CRLF within quotes as two lines.
    twice += text.split('\r\n').length - 1;
    const line = info.lines - twice - text.split('\n').length + 1;
    if (cells.length > headings.length)
      yield { line, fault: 'the row has more cells than there are columns' };
    else yield { line, value: entryOf(headings, cells) };
  }
  yield* faults;
}

/** Texts stay as they are; in the provider's own fields a number, true, false, a list or an object is what it looks like. */
function entryOf(headings: readonly string[], cells: readonly string[]): unknown {
  const value: Record<string, unknown> = {};
  for (const [index, name] of headings.entries()) {
    const cell = cells[index] ?? '';
    if (name === '' || cell.trim() === '') continue;
    value[name] = texts.has(name) ? cell : jsonOr(cell);
  }
  return value;
}

const texts: ReadonlySet<string> = new Set([
  ...['question', 'system', 'model', 'category', 'tags', 'tenant', 'user', 'session', 'template'],
  ...['language', 'protocol', 'path', 'url', 'method'],
]);

function jsonOr(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

function wrong(what: string): AskonceError {
  return new AskonceError('invalid_request', `Nothing was asked: ${what}.`);
}
