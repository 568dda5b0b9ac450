/** The command line and the results of `npm run bench`; what it measures is no test's concern. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { questions, wantedRows } from '../bench/rows.ts';
import { failureOf, resultLine, resultOf, skipOf } from '../bench/table.ts';

const rows = Object.values(questions).flatMap(({ rows }) => Object.keys(rows));

function bench(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const script = join(import.meta.dirname, '..', 'bench', 'main.ts');
  return spawnSync(process.execPath, ['--conditions=askonce-source', script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}

describe('results of the bench', () => {
  it('a ratio within its goal has met it, and one beyond it has not', () => {
    expect(resultOf({ row: 'sqlite-hit', ours: 10, beside: 9 })).toEqual({
      row: 'sqlite-hit',
      unit: 'µs',
      ours: 10,
      beside: 9,
      peer: 'bare node:sqlite get',
      ratio: 1.111,
      goal: '≤ 1.25 ×',
      met: true,
    });
    expect(resultOf({ row: 'sqlite-hit', ours: 10, beside: 5 })).toMatchObject({ ratio: 2, met: false });
    expect(resultOf({ row: 'portkey-miss', ours: 10, beside: 5 })).toMatchObject({ ratio: 2, met: true });
  });

  it("the median of the rounds' ratios counts, not the ratio of the medians", () => {
    expect(resultOf({ row: 'sqlite-hit', ours: 10, beside: 9, ratio: 1.3 })).toMatchObject({ met: false });
  });

  it('a row with an absolute goal is compared with its limit', () => {
    expect(resultOf({ row: 'start-up', ours: 400 })).toMatchObject({
      beside: 500,
      ratio: 0.8,
      goal: '≤ 500 ms',
      met: true,
    });
  });

  it('a row that could not be measured has no figures, has not met its goal and says why', () => {
    const failure = failureOf('redis-hit', 'A Redis server is needed.');
    expect(failure).toMatchObject({ ours: null, beside: null, ratio: null, met: false });
    expect(resultLine(failure)).toMatch(/^redis-hit +FAILED: A Redis server is needed\.$/);
  });

  it('a row that was skipped has no figures and says why, and is no failure', () => {
    const skip = skipOf('language-cost', 'there are no questions');
    expect(skip).toEqual({
      row: 'language-cost',
      unit: 'µs',
      ours: null,
      beside: null,
      peer: "eld's first choice alone",
      ratio: null,
      goal: '≤ 2.5 ×',
      met: false,
      skipped: 'there are no questions',
    });
    expect(resultLine(skip)).toMatch(/^language-cost +skipped: there are no questions$/);
  });
});

describe('the command line of the bench', () => {
  it('a named row runs alone, and the name of a question stands for all its rows', () => {
    expect(wantedRows(['library-hit', 'gateway-miss-event-loop'])).toEqual([
      ['library-hit', ['library-hit']],
      ['gateway-miss', ['gateway-miss-event-loop']],
    ]);
    expect(wantedRows(['footprint'])).toEqual([['footprint', ['start-up', 'memory-empty', 'memory-filled']]]);
  });

  it('what questions begin with stands for all of them', () => {
    const all = Object.entries(questions)
      .filter(([question]) => question.startsWith('semantic-'))
      .map(([question, { rows: named }]) => [question, Object.keys(named)]);
    expect(wantedRows(['semantic'])).toEqual(all);
    expect(wantedRows(['semanti'])).toEqual([]);
  });

  it('--quick leaves out the heavy rows unless they are named', () => {
    const all = wantedRows([]).flatMap(([, wanted]) => wanted);
    const quick = wantedRows([], true).flatMap(([, wanted]) => wanted);
    expect(all).toEqual(rows);
    const heavy = [
      'erasure',
      'sqlite-sizes',
      'redis-sizes',
      'semantic-stores',
      'semantic-hour',
      'semantic-start',
      'semantic-index',
      'semantic-streams',
      'sqlite-million',
      'maintenance-million',
      'entries-page',
      'redis-million',
    ];
    const left = rows.filter((row) => !quick.includes(row));
    expect(new Set(left)).toEqual(
      new Set(heavy.flatMap((question) => Object.keys(questions[question]?.rows ?? {}))),
    );
    expect(wantedRows(['erasure'], true)).toEqual([['erasure', ['erasure']]]);
  });

  it('every row has a name of its own, and --list prints them all', () => {
    expect(new Set(rows).size).toBe(rows.length);
    const { status, stdout } = bench(['--list']);
    expect(status).toBe(0);
    for (const row of rows) expect(stdout).toMatch(new RegExp(`^  ${row} .*[≤≥]`, 'm'));
  });

  it('--json also lists the rows that were skipped, with the reason', () => {
    const folder = mkdtempSync(join(tmpdir(), 'askonce-bench-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'results.json');
    const { status } = bench(['language', '--json', file], { ASKONCE_DATA: folder });
    const results: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const skipped = {
      ours: null,
      beside: null,
      ratio: null,
      skipped: expect.stringMatching(/^no questions in /),
    };
    expect([status, results]).toEqual([
      0,
      ['language-cost', 'language-right'].map((row) => expect.objectContaining({ row, ...skipped })),
    ]);
  });

  it('an unknown row is refused before anything is measured', () => {
    const { status, stdout, stderr } = bench(['sqlite-hit', 'no-such-row']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('There is no row no-such-row');
  });
});
