/**
 * Tuning: reads labelled pairs, or the near pairs of a log, and says which threshold keeps the rate of wrong answers.
 */
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AskonceError } from 'askonce';
import type { Judge } from 'askonce/semantic';
import { type Evaluation, evaluated } from './evaluation.ts';
import { type JudgedPairs, judged } from './judged.ts';
import { type NearPairs, pairFinder, type QuestionReader, readLog } from './log.ts';
import { type LabelledPair, readPairs } from './pairs.ts';
import { bytesOf, type Progress } from './progress.ts';
import type { TunedWith } from './report.ts';
import { type ScoredPair, scored, type TuningTools } from './score.ts';

export interface TuneInput {
  readonly tools: TuningTools;
  readonly maxErrorRate: number;
  readonly progress: Progress;
  /** Receives a line for each row that is skipped. */
  readonly warn: (line: string) => void;
}

export interface TuneResult {
  readonly evaluation: Evaluation;
  readonly about: Pick<TunedWith, 'read' | 'knowsApart'>;
}

/** Faults that are named; the others are counted. */
const maxNamed = 20;
const maxPairs = 1_000_000;
/** Rows in one turn of the event loop, which draws the bar. */
const perTurn = 64;

/** @throws AskonceError `invalid_request` if the file has no pair; what the file system or the embedder does */
export async function tunePairs(path: string, input: TuneInput): Promise<TuneResult> {
  const { tools, progress, maxErrorRate } = input;
  const skipped = skipping(path, input.warn);
  const rows: LabelledPair[] = [];
  for await (const row of readPairs(path)) {
    if ('fault' in row) skipped.add(row.line, row.fault);
    else rows.push(row.pair);
    if (rows.length >= maxPairs) break;
  }
  skipped.end();
  if (rows.length === 0) throw noPairs(path);
  const pairs: ScoredPair[] = [];
  for (const row of rows) {
    pairs.push(await scored(row, tools));
    progress.at(pairs.length / rows.length, `${pairs.length} of ${rows.length} pairs`);
    if (pairs.length % perTurn === 0) await setImmediate();
  }
  progress.end(`${pairs.length} pairs`);
  const evaluation = evaluated(pairs, maxErrorRate);
  const read = `${basename(path)}: ${evaluation.pairs} labelled pairs, ${evaluation.same} of them the same; ${skipped.count} rows skipped`;
  return { evaluation, about: { read: [read], knowsApart: true } };
}

export interface LogInput extends TuneInput {
  readonly read: QuestionReader;
  /** Undefined if there is none: then only what would be near is known. */
  readonly judge: Judge | undefined;
  /** Pairs that the judge is asked about at most. */
  readonly most: number;
  /** File that the near pairs are written to, with the judge's verdicts. */
  readonly writeTo: string | undefined;
}

/** @throws AskonceError `invalid_request` if no line is a question; what the file system or the embedder does */
export async function tuneLog(path: string, input: LogInput): Promise<TuneResult> {
  const { tools, progress, judge, maxErrorRate, most, writeTo } = input;
  const skipped = skipping(path, input.warn);
  const finder = pairFinder(tools);
  const size = Math.max(1, await bytesOf(path));
  for await (const row of readLog(path, input.read)) {
    if ('fault' in row) skipped.add(row.line, row.fault);
    else if (row.asked !== undefined) await finder.add(row.asked);
    if (row.line % perTurn === 0) await setImmediate();
    progress.at((row.readBytes / size) * (judge === undefined ? 1 : 0.5), `line ${row.line}`);
  }
  skipped.end();
  const near = finder.found();
  if (near.questions === 0) throw noPairs(path);
  const onPair = (share: number) => progress.at(0.5 + share / 2, 'judging');
  const verdicts = judge === undefined ? unjudged(near) : await judged(near.pairs, judge, { most, onPair });
  progress.end(`${near.questions} questions`);
  if (writeTo !== undefined) await writeFile(writeTo, pairsFile(verdicts), { mode: 0o600 });
  const evaluation = evaluated(judge === undefined ? [] : verdicts.scored, maxErrorRate, near.questions);
  return {
    evaluation,
    about: {
      read: readLines(path, { near, verdicts, judge, skipped: skipped.count, writeTo }),
      knowsApart: false,
    },
  };
}

function unjudged({ pairs }: NearPairs): JudgedPairs {
  return {
    scored: pairs.map((pair) => ({
      same: false,
      identical: false,
      similarity: pair.similarity,
      pair,
      unsure: true,
    })),
  };
}

interface LogFacts {
  readonly near: NearPairs;
  readonly verdicts: JudgedPairs;
  readonly judge: Judge | undefined;
  readonly skipped: number;
  readonly writeTo: string | undefined;
}

function readLines(path: string, { near, verdicts, judge, skipped, writeTo }: LogFacts): readonly string[] {
  const open = near.pairs.filter(({ guard }) => guard === undefined);
  const out = [...near.out].map(([by, count]) => `kept out by ${by}: ${count}`);
  const perHundred = (least: number) =>
    ((open.filter(({ similarity }) => similarity >= least).length / near.questions) * 100).toFixed(1);
  return [
    `${basename(path)}: ${near.questions} questions, ${near.identical} of them identical to an earlier one once normalised; ${skipped} lines skipped`,
    ...out,
    `${near.pairs.length} questions have a near earlier one, ${open.length} of which no guard keeps apart`,
    ...(judge === undefined
      ? [
          `near at 0.99: ${perHundred(0.99)} %, at 0.95: ${perHundred(0.95)} %, at 0.9: ${perHundred(0.9)} % of the questions; how many of them would be wrong is not known: there is no judge`,
          'set SEMANTIC_VERIFIER_BASE_URL and SEMANTIC_VERIFIER_MODEL, or label pairs yourself: --pairs FILE writes them',
        ]
      : [judgedText(judge, verdicts)]),
    ...(writeTo === undefined
      ? []
      : [`the pairs are in ${writeTo}; correct the column same, and tune with the file`]),
  ];
}

function judgedText({ name }: Judge, { scored }: JudgedPairs): string {
  const open = scored.filter(({ apart }) => apart === undefined);
  const unsure = open.filter((pair) => pair.unsure).length;
  return `judged by ${name}: ${open.length} pairs, ${unsure} of them without a verdict, which count as wrong; a judge makes mistakes of its own, which the interval does not hold`;
}

/** As CSV (RFC 4180); a pair without a verdict has an empty label. */
function pairsFile({ scored }: JudgedPairs): string {
  const rows = scored.map(({ pair: { asked, earlier, similarity }, same, apart, unsure }) => [
    asked.question,
    earlier.question,
    unsure || apart !== undefined ? '' : same ? '1' : '0',
    asked.language,
    similarity.toFixed(4),
  ]);
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const head = 'question,earlier,same,language,similarity';
  return `${[head, ...rows.map((row) => row.map(quoted).join(','))].join('\r\n')}\r\n`;
}

function skipping(path: string, warn: (line: string) => void) {
  let count = 0;
  return {
    get count() {
      return count;
    },
    add(line: number, fault: string) {
      count += 1;
      if (count <= maxNamed) warn(`${path}, line ${line}: ${fault}; skipped`);
    },
    end() {
      if (count > maxNamed) warn(`${path}: ${count - maxNamed} more lines are skipped`);
    },
  };
}

function noPairs(path: string): AskonceError {
  return new AskonceError(
    'invalid_request',
    `${path} has nothing to tune with; give a CSV or JSONL file of pairs (question, question, same), or a log that ASKONCE_CAPTURE has written with --log`,
  );
}
