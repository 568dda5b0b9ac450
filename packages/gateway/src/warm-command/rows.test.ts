import { describe, expect, it } from 'vitest';
import type { Row } from './row.ts';
import { rowsOf } from './rows.ts';

/** The rows of a text that comes in pieces of so many characters. */
async function rows(text: string, size = 7) {
  async function* pieces() {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const all: Row[] = [];
  for await (const row of rowsOf(pieces())) all.push(row);
  return all;
}

const a = { question: 'A?' };
const b = { question: 'B [{"},\n?' };

describe('the rows of a JSON file', () => {
  it.each([1, 7, 10_000])(
    'are those of a list, of entries, and of lines, in pieces of %i characters',
    async (size) => {
      expect(await rows(`\ufeff[\r\n  ${JSON.stringify(a)},\n  ${JSON.stringify(b)}\n]\n`, size)).toEqual([
        { line: 2, value: a },
        { line: 3, value: b },
      ]);
      expect(await rows(`{"entries": [${JSON.stringify(a)},\n${JSON.stringify(b)}]}`, size)).toEqual([
        { line: 1, value: a },
        { line: 2, value: b },
      ]);
      expect(await rows(`${JSON.stringify(a)}\r\n\n${JSON.stringify(b)}`, size)).toEqual([
        { line: 1, value: a },
        { line: 3, value: b },
      ]);
    },
  );

  it('that are no JSON, or too long, are faults of their own', async () => {
    const long = JSON.stringify({ question: 'x'.repeat(600_000) });
    expect(
      await rows(`{"question": "A?\n${JSON.stringify(a)}\nnone\n${long}\n${JSON.stringify(a)}`, 9_999),
    ).toEqual([
      { line: 1, fault: 'it is not JSON' },
      { line: 2, value: a },
      { line: 3, fault: 'it is not JSON' },
      { line: 4, fault: 'it is over 524288 characters' },
      { line: 5, value: a },
    ]);
    expect(await rows(`[${JSON.stringify(a)}, nothing`)).toEqual([
      { line: 1, value: a },
      { line: 1, fault: 'it is not JSON' },
    ]);
    expect(await rows(`[${JSON.stringify(a)},`)).toEqual([
      { line: 1, value: a },
      { line: 1, fault: 'the list is not closed' },
    ]);
  });
});

describe('the rows of a CSV file', () => {
  it('have quotes, line breaks, CRLF, and values of the provider’s fields', async () => {
    const text =
      '\ufeffquestion,temperature,tags,stop\r\n"A ""x"",\r\nmore?",0.2,"a; b",\r\n\r\n42,,,"[""x""]"\r\n';
    expect(await rows(text)).toEqual([
      { line: 2, value: { question: 'A "x",\r\nmore?', temperature: 0.2, tags: 'a; b' } },
      { line: expect.any(Number), value: { question: '42', stop: ['x'] } },
    ]);
  });

  it('with too many cells, or a quote that is not closed, are faults of their own', async () => {
    const read = (await rows('question\nA?,B?\nC?\n"D?\n')).toSorted((one, other) => one.line - other.line);
    expect(read).toEqual([
      { line: 2, fault: 'the row has more cells than there are columns' },
      { line: 3, value: { question: 'C?' } },
      { line: expect.any(Number), fault: expect.stringMatching(/not CSV/) },
    ]);
  });

  it.each([
    ['', /the file is empty/],
    ['\ufeff \n', /the file is empty/],
    ['[]', /the file has no rows/],
    ['question\n', /the file has no rows/],
    ['How do I pay?\nAre you open?\n', /must name the columns/],
    ['q\0u\0', /not text in UTF-8/],
  ])('of %j are none, and the error says why', async (text, message) => {
    await expect(rows(text)).rejects.toThrow(message);
  });
});
