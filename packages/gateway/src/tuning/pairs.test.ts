import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { type PairRow, readPairs } from './pairs.ts';

async function all(rows: AsyncIterable<PairRow>): Promise<readonly PairRow[]> {
  const list: PairRow[] = [];
  for await (const row of rows) list.push(row);
  return list;
}

async function rowsOf(name: string, text: string): Promise<readonly PairRow[]> {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return await all(readPairs(path));
}

const pair = (asked: string, stored: string, same: boolean) =>
  expect.objectContaining({ pair: expect.objectContaining({ asked, stored, same }) });

describe('pairs in CSV', () => {
  it('the columns are found by their names, in any order', async () => {
    const rows = await rowsOf(
      'p.csv',
      'is_duplicate,id,question1,question2,lang\n1,7,"a, b",c,PT-br\n0,8,d,e,\n',
    );
    expect(rows).toEqual([
      { line: 2, pair: { asked: 'a, b', stored: 'c', same: true, language: 'pt-br' } },
      { line: 3, pair: { asked: 'd', stored: 'e', same: false, language: undefined } },
    ]);
  });

  it('without a heading the order counts, and a heading of unknown names is skipped', async () => {
    expect(await rowsOf('p.csv', 'a,b,yes\r\nc,d,different\r\n')).toEqual([
      pair('a', 'b', true),
      pair('c', 'd', false),
    ]);
    expect(await rowsOf('p.csv', 'first,second,equal or not\na,b,true\n')).toEqual([pair('a', 'b', true)]);
  });

  it('a row that is no pair is named by its line, and the others are read', async () => {
    const rows = await rowsOf(
      'p.csv',
      'question,earlier,same\na,b,1\nc,d,perhaps\n,e,0\nf\n"two\nlines",g,0\n',
    );
    expect(rows).toEqual([
      pair('a', 'b', true),
      { line: 3, fault: 'the label must say whether they are the same: 1 or 0, true or false' },
      { line: 4, fault: 'the first question is empty' },
      { line: 5, fault: 'the second question is missing' },
      pair('two\nlines', 'g', false),
    ]);
  });

  it('a quote that is not closed spoils no earlier row', async () => {
    const rows = await rowsOf('p.csv', 'a,b,1\nc,"d,0\ne,f,1\n');
    expect(rows[0]).toEqual(pair('a', 'b', true));
    expect(rows.some((row) => 'fault' in row)).toBe(true);
  });

  it('a byte order mark and tabs are understood', async () => {
    expect(await rowsOf('p.csv', '\ufeffa,b,same\nc,d,1\n')).toEqual([pair('c', 'd', true)]);
    expect(await rowsOf('p.tsv', 'a, x\tb\t0\n')).toEqual([pair('a, x', 'b', false)]);
  });
});

describe('pairs in JSONL', () => {
  it('objects by names and lists by order are read, with labels of any kind', async () => {
    const rows = await rowsOf(
      'p.jsonl',
      '{"lang":"en","a":"x","b":"y","label":1,"cat":"trap"}\n\n["x","y",false]\n{"question":"x","earlier":"y","same":"no"}\n',
    );
    expect(rows).toEqual([
      { line: 1, pair: { asked: 'x', stored: 'y', same: true, language: 'en' } },
      { line: 3, pair: expect.objectContaining({ same: false }) },
      { line: 4, pair: expect.objectContaining({ same: false }) },
    ]);
  });

  it('lines that are no pair are named', async () => {
    const rows = await rowsOf(
      'p.jsonl',
      '{"a":1}\nnot json\n7\n{"a":"x","b":"y"}\n{"a":"x","b":"y","same":null}\n',
    );
    expect(rows).toEqual([
      { line: 1, fault: 'the first question must be a question' },
      { line: 2, fault: 'the line is not JSON' },
      { line: 3, fault: 'the line is neither an object nor a list' },
      { line: 4, fault: 'the label is missing' },
      { line: 5, fault: expect.stringContaining('the label') },
    ]);
  });
});

it('a file that is not there is an error', async () => {
  for (const name of ['none.csv', 'none.jsonl'])
    await expect(all(readPairs(join(temporaryFolder(), name)))).rejects.toThrow('ENOENT');
});
