/** How results are printed, and written as JSON. */
import { type Measured, questions, type Row } from './rows.ts';

/** One row's result; `npm run bench -- --json FILE` writes a list of these. */
export interface Result {
  readonly row: string;
  readonly unit: string;
  /** Null, as are `beside` and `ratio`, if the row was skipped or could not be measured. */
  readonly ours: number | null;
  readonly beside: number | null;
  readonly peer: string;
  readonly ratio: number | null;
  readonly goal: string;
  readonly met: boolean;
  /** Why the row could not be measured. */
  readonly error?: string | undefined;
  /** Why the row was left out: something that it needs is not on this machine. */
  readonly skipped?: string | undefined;
}

const rows = new Map<string, Row>(Object.values(questions).flatMap(({ rows }) => Object.entries(rows)));
const nameWidth = Math.max(...[...rows.keys()].map((name) => name.length));
const widths = [nameWidth, 11, 11, 14, 8, 14, 7] as const;

export const tableHead = line(['row', 'ours', 'beside', 'unit', 'ratio', 'goal', 'met', 'beside is']);

export function resultOf({ row, ours, beside, ratio }: Measured): Result {
  const { unit, peer, goal } = rowOf(row);
  const against = beside ?? goal.limit;
  if (against === undefined) throw new Error(`nothing was measured beside ${row}`);
  const measured = ratio ?? ours / against;
  return {
    row,
    unit,
    ours: rounded(ours),
    beside: rounded(against),
    peer,
    ratio: rounded(measured),
    goal: goal.text,
    met: goal.isMet(measured),
  };
}

export function failureOf(row: string, error: string): Result {
  return { ...withoutFigures(row), error };
}

export function skipOf(row: string, reason: string): Result {
  return { ...withoutFigures(row), skipped: reason };
}

function withoutFigures(row: string): Result {
  const { unit, peer, goal } = rowOf(row);
  return { row, unit, ours: null, beside: null, peer, ratio: null, goal: goal.text, met: false };
}

export function resultLine(result: Result): string {
  const { row, unit, ours, beside, peer, ratio, goal, met, error, skipped } = result;
  if (skipped !== undefined) return `${row.padEnd(nameWidth)}  skipped: ${skipped}`;
  if (error !== undefined || ours === null || beside === null || ratio === null)
    return `${row.padEnd(nameWidth)}  FAILED: ${error}`;
  return line([row, figure(ours), figure(beside), unit, ratio.toFixed(3), goal, met ? 'yes' : 'no', peer]);
}

/** Every row with what it measures and its goal; a question's rows follow its name. */
export function listOfRows(): string {
  return Object.entries(questions)
    .flatMap(([name, { rows, isHeavy }]) => [
      `${name}${isHeavy ? ' (not with --quick)' : ''}`,
      ...Object.entries(rows).map(([row, { about, peer, goal }]) => {
        const beside = goal.limit === undefined ? `, beside ${peer}` : '';
        return `  ${row.padEnd(nameWidth)}  ${about}${beside}: ${goal.text}`;
      }),
    ])
    .join('\n');
}

function rowOf(name: string): Row {
  const row = rows.get(name);
  if (row === undefined) throw new Error(`there is no row ${name}`);
  return row;
}

/** Names to the left, figures to the right. */
function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = widths[index] ?? 0;
      return index === 1 || index === 2 || index === 4 ? cell.padStart(width) : cell.padEnd(width);
    })
    .join('  ')
    .trimEnd();
}

function figure(value: number): string {
  const digits = value < 10 ? 2 : value < 1_000 ? 1 : 0;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Four digits are more than a run repeats. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
