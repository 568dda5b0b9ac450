import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Judge } from 'askonce/semantic';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { evaluated } from './evaluation.ts';
import type { CapturedLine } from './log.ts';
import { reportOf, settingsOf, type TunedWith } from './report.ts';
import type { ScoredPair, TuningTools } from './score.ts';
import { tuneLog, tunePairs } from './tune.ts';

/** Questions are `TOPIC at ANGLE`: two of one topic are as similar as the cosine of the angle between them. */
const tools: TuningTools = {
  languageOf: (question) => (question.startsWith('?') ? 'und' : 'en'),
  spelt(question) {
    const text = question.toLowerCase();
    const core = text.replace(/^please /, '');
    return { text, core, embeddable: core };
  },
  gateOf: (text) => (text.includes('today') ? 'fresh' : undefined),
  guardOf: (asked, stored) => (asked.includes('not') === stored.includes('not') ? undefined : 'negation'),
  async vectorOf(core) {
    const angle = Number(/at (\d+(?:\.\d+)?)/.exec(core)?.[1] ?? Number.NaN);
    if (Number.isNaN(angle)) return undefined;
    return Float32Array.of(Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180));
  },
  crossLanguage: false,
};

const quiet = { at: () => {}, end: () => {} };
const about: Omit<TunedWith, 'read' | 'knowsApart'> = {
  embedder: 'angles 1',
  guards: ['negation'],
  gates: [],
  maxErrorRate: 0.02,
  embedderSettings: { SEMANTIC_MODEL: 'angles' },
  hasVerifier: false,
};

function fileOf(name: string, lines: readonly unknown[]): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(
    path,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  return path;
}

const many = <T>(count: number, make: (at: number) => T) =>
  Array.from({ length: count }, (_, at) => make(at));

describe('tuning by labelled pairs', () => {
  async function tuned(lines: readonly unknown[], maxErrorRate = 0.02) {
    const warnings: string[] = [];
    const warn = (line: string) => void warnings.push(line);
    const path = fileOf('pairs.jsonl', lines);
    const result = await tunePairs(path, { tools, maxErrorRate, progress: quiet, warn });
    return { ...result, warnings, path };
  }

  it('the lowest threshold whose upper bound is within the rate is recommended, with its settings', async () => {
    const { evaluation, about: facts } = await tuned([
      ...many(300, (at) => [`a at 0`, `a at ${5 + (at % 3)}`, 1]),
      ...many(100, (at) => [`a at 0`, `a at ${20 + (at % 3)}`, 0]),
    ]);
    const { recommendation } = evaluation;
    expect(recommendation).toMatchObject({ kind: 'certified', row: { served: 300, wrong: 0 } });
    const threshold = 'row' in recommendation ? recommendation.row.threshold : 0;
    // As low as it may be without the pairs at 20 degrees (0.94).
    expect(threshold).toBeLessThanOrEqual(0.992);
    expect(threshold).toBeGreaterThan(0.939);
    const text = reportOf(evaluation, { ...about, ...facts });
    expect(text).toContain('400 labelled pairs, 300 of them the same; 0 rows skipped');
    expect(text).toContain(
      `recommended threshold ${threshold.toFixed(3)}: reuse 75.0 %, wrong 0.0 % (0.0 % to 1.2 %)`,
    );
    expect(text.split('\n').slice(-7)).toEqual([
      'ENABLE_SEMANTIC_CACHE=true',
      'SEMANTIC_MODEL=angles',
      'SEMANTIC_MAX_ERROR_RATE=0.02',
      `SEMANTIC_UPPER=${threshold}`,
      `SEMANTIC_LOWER=${threshold}`,
      'SEMANTIC_GUARDS=negation',
      'SEMANTIC_GATES=none',
    ]);
  });

  it('with a verifier, the lower threshold reaches what is the same and not near enough', async () => {
    const { evaluation } = await tuned([
      ...many(300, () => ['a at 0', 'a at 5', 1]),
      ...many(50, () => ['a at 0', 'a at 40', 1]),
      ...many(50, () => ['a at 0', 'a at 40', 0]),
    ]);
    const { SEMANTIC_UPPER, SEMANTIC_LOWER } = settingsOf(evaluation, {
      ...about,
      hasVerifier: true,
      read: [],
      knowsApart: true,
    });
    expect([Number(SEMANTIC_UPPER) > 0.9, SEMANTIC_LOWER]).toEqual([true, '0.76']);
  });

  it('too few pairs certify nothing, and the report says about how many more would', async () => {
    const { evaluation, about: facts } = await tuned(many(50, () => ['a at 0', 'a at 5', 1]));
    expect(evaluation.recommendation).toMatchObject({ kind: 'more-needed', pairs: 133 });
    const text = reportOf(evaluation, { ...about, ...facts });
    expect(text).toContain('cannot certify 2.0 % wrong with 50 pairs; about 133 more needed');
    expect(text).not.toContain('SEMANTIC_UPPER=');
  });

  it('pairs that are as often wrong everywhere need no more pairs, but something better', async () => {
    const { evaluation, about: facts } = await tuned(
      many(500, (at) => ['a at 0', 'a at 5', at % 5 === 0 ? 0 : 1]),
    );
    expect(evaluation.recommendation).toEqual({ kind: 'too-wrong' });
    expect(reportOf(evaluation, { ...about, ...facts })).toContain(
      'more pairs will not help; use a verifier',
    );
  });

  it('gates, guards, languages and unknown texts keep pairs apart, and identical ones need no threshold', async () => {
    const { evaluation, about: facts } = await tuned([
      ['Please a at 1', 'A at 1', 1],
      ['a at 1', 'a at 2 today', 1],
      ['a at 1', 'not a at 1', 0],
      ['? at 1', 'a at 1', 1],
      ['unknown', 'a at 1', 0],
      ['a at 1', 'a at 2', 1],
    ]);
    expect(evaluation.identical).toEqual({ served: 1, wrong: 0 });
    expect(evaluation.apart.toSorted((a, b) => a.by.localeCompare(b.by))).toEqual([
      { by: 'embedder', pairs: 1, same: 0 },
      { by: 'gate fresh', pairs: 1, same: 1 },
      { by: 'guard negation', pairs: 1, same: 0 },
      { by: 'language', pairs: 1, same: 1 },
    ]);
    expect(evaluation.rows.map(({ served }) => served)).toEqual([1]);
    expect(reportOf(evaluation, { ...about, ...facts })).toContain(
      'kept apart by gate fresh: 1, 1 of them the same',
    );
  });

  it('rows that are no pairs are named by their line, the first twenty of them, and skipped', async () => {
    const {
      warnings,
      about: facts,
      path,
    } = await tuned([['a at 1', 'a at 2', 1], ...many(25, () => 'nonsense')]);
    expect(warnings).toHaveLength(21);
    expect(warnings[0]).toBe(`${path}, line 2: the line is not JSON; skipped`);
    expect(warnings.at(-1)).toBe(`${path}: 5 more lines are skipped`);
    expect(facts.read[0]).toContain('25 rows skipped');
  });

  it('where no pair is left to a threshold, the report says so in place of a table', async () => {
    const { evaluation, about: facts } = await tuned([['a at 1', 'not a at 1', 0]]);
    const text = reportOf(evaluation, { ...about, ...facts });
    expect(text).toContain('no pair is left to a threshold');
    expect(text).not.toContain('interval');
  });

  it('a file without a pair is refused with what it should hold', async () => {
    await expect(tuned(['nonsense'])).rejects.toThrow(/has nothing to tune with; give a CSV or JSONL file/);
  });
});

describe('tuning by a log', () => {
  const captured = (question: string, answer: string, path = '/v1/chat/completions'): CapturedLine => ({
    path,
    headers: {},
    body: question,
    answer,
  });
  const read = ({ path, body, answer }: CapturedLine) =>
    path === '/skipped'
      ? undefined
      : { question: String(body), answer: String(answer), language: 'en', frame: path };
  const byText: Judge = {
    name: 'equal texts',
    judge: ({ answer, earlierAnswer }) =>
      answer === '?' ? 'unsure' : answer === earlierAnswer ? 'same' : 'different',
  };

  async function tuned(lines: readonly unknown[], judge: Judge | undefined = byText, most = 1000) {
    const warnings: string[] = [];
    const path = fileOf('asked.jsonl', lines);
    const writeTo = join(temporaryFolder(), 'near.csv');
    const result = await tuneLog(path, {
      tools,
      maxErrorRate: 0.02,
      progress: quiet,
      warn: (line) => void warnings.push(line),
      read,
      judge,
      most,
      writeTo,
    });
    return { ...result, warnings, near: readFileSync(writeTo, 'utf8'), mode: statSync(writeTo).mode & 0o777 };
  }

  it('near questions of one frame are judged by their answers, and the threshold follows', async () => {
    const { evaluation, about: facts } = await tuned([
      ...many(250, (at) => captured('a at 1', 'A', `/frame/${at}`)),
      ...many(250, (at) => captured('a at 4', 'A', `/frame/${at}`)),
      ...many(100, (at) => captured('b at 1', 'B', `/other/${at}`)),
      ...many(100, (at) => captured('b at 31', 'C', `/other/${at}`)),
    ]);
    expect(facts.read).toEqual([
      'asked.jsonl: 700 questions, 0 of them identical to an earlier one once normalised; 0 lines skipped',
      '350 questions have a near earlier one, 350 of which no guard keeps apart',
      expect.stringContaining('judged by equal texts: 350 pairs, 0 of them without a verdict'),
      expect.stringContaining('the pairs are in '),
    ]);
    expect(evaluation.recommendation).toMatchObject({ kind: 'certified', row: { served: 250, wrong: 0 } });
    const text = reportOf(evaluation, { ...about, ...facts });
    expect(text).toContain('reuse 35.7 %');
  });

  it('identical questions, guards, gates and unsure verdicts are counted, and the pairs are written for labelling', async () => {
    const {
      evaluation,
      about: facts,
      near,
      mode,
      warnings,
    } = await tuned([
      captured('a at 1', 'A'),
      captured('Please a at 1', 'A'),
      captured('not a at 2', 'B'),
      captured('a at 3 today', 'C'),
      captured('a at 5', '?'),
      captured('a at 9, "so"', 'A'),
      captured('a at 1', 'A', '/skipped'),
      'nonsense',
      { path: '/x' },
    ]);
    expect(facts.read.slice(0, 3)).toEqual([
      'asked.jsonl: 5 questions, 1 of them identical to an earlier one once normalised; 2 lines skipped',
      'kept out by gate fresh: 1',
      '3 questions have a near earlier one, 2 of which no guard keeps apart',
    ]);
    expect(warnings).toEqual([
      expect.stringContaining('line 8: the line is not JSON; skipped'),
      expect.stringContaining('line 9: body is not as captured; skipped'),
    ]);
    expect(evaluation.apart).toEqual([{ by: 'guard negation', pairs: 1, same: 0 }]);
    // The judge is unsure of one pair and says no to the other.
    expect(evaluation.rows.at(-1)).toMatchObject({ served: 2, wrong: 2 });
    expect(near.split('\r\n').slice(0, 4)).toEqual([
      'question,earlier,same,language,similarity',
      '"not a at 2","a at 1","","en","0.9998"',
      '"a at 9, ""so""","a at 5","0","en","0.9976"',
      '"a at 5","a at 1","","en","0.9976"',
    ]);
    expect(mode).toBe(0o600);
  });

  it('the most similar pairs are judged first, and no more than wanted', async () => {
    const asked: string[] = [];
    const judge: Judge = {
      name: 'counting',
      judge: ({ question }) => {
        asked.push(question);
        return 'same';
      },
    };
    await tuned(
      ['0', '10', '13', '30'].map((angle) => captured(`a at ${angle}`, 'A')),
      judge,
      2,
    );
    expect(asked).toEqual(['a at 13', 'a at 10']);
  });

  it('without a judge the report says what would be near, that wrong ones are not known, and how to know', async () => {
    const lines = [captured('a at 0', 'A'), captured('a at 5', 'A')];
    const path = fileOf('asked.jsonl', lines);
    const progress = quiet;
    const input = { tools, maxErrorRate: 0.02, progress, warn: () => {}, read, most: 1, writeTo: undefined };
    const { evaluation, about: facts } = await tuneLog(path, { ...input, judge: undefined });
    const text = reportOf(evaluation, { ...about, ...facts });
    expect(text).toContain('near at 0.99: 50.0 %');
    expect(text).toContain('how many of them would be wrong is not known: there is no judge');
    expect(text).toContain('--pairs FILE writes them');
    expect(text).not.toContain('SEMANTIC_UPPER=');
  });
});

it('a wider table shows the recommended row, however many rows there are', () => {
  const pairs: ScoredPair[] = many(4000, (at) => ({
    same: true,
    identical: false,
    similarity: 1 - at / 8000,
  }));
  const evaluation = evaluated(pairs, 0.02);
  const text = reportOf(evaluation, { ...about, read: [], knowsApart: true });
  const rows = text.split('\n').filter((line) => /^0\.\d{3} /.test(line));
  expect(rows.length).toBeLessThanOrEqual(25);
  const { recommendation } = evaluation;
  const wanted = 'row' in recommendation ? recommendation.row.threshold.toFixed(3) : 'none';
  expect(rows.some((line) => line.startsWith(wanted))).toBe(true);
});
