/**
 * Which thresholds the labels certify: the grid is tested from the top down, each threshold only after those above it.
 *
 * A fixed sequence has no cost of multiplicity: to certify a threshold that does not keep the rate, the first such one must pass
 * its own test. Since the topmost regions may hold next to no traffic, there are a few entries into the sequence, which share α.
 * They are chosen from the similarities of the first labels alone, never from the verdicts.
 */
import { countersPerCell, type Test, tallyOf } from './evidence.ts';

/** A certified threshold is taken where its estimated rate is at most this part of the stated one … */
const aim = 0.6;
/** … and left where it is above this part, so that it does not change with every label. */
const tolerance = 0.8;
/** Labels whose similarities choose the entries. */
export const labelsForEntries = 64;

/** Entries: the part of these labels that lies above, and the part of α. The prior has the rest. */
const entries = [
  { above: 0.5, alpha: 0.35 },
  { above: 0.25, alpha: 0.25 },
  { above: 0.125, alpha: 0.25 },
] as const;
const alphaOfPrior = 0.15;

/** The labels of a stratum, and which of its cells they are of. */
export interface LabelledCells {
  readonly counters: readonly number[];
  /** The lowest cell that is judged. */
  readonly floor: number;
  /**
   * The counters of all cells together when the floor was lowered, and from which cell on. What was counted before says nothing
   * of a region that reaches below the floor of its time.
   */
  readonly extensions: readonly Extension[];
}

export interface Extension {
  readonly from: number;
  readonly before: readonly number[];
}

/** A cell at which the sequence is entered, and its part of α. */
export interface Entry {
  readonly cell: number;
  readonly alpha: number;
}

/** The entries of a stratum, from its counters by cell. */
export function entriesOf(counters: readonly number[], prior: number): readonly Entry[] {
  const cells = counters.length / countersPerCell;
  if (cells === 1) return [{ cell: 0, alpha: 1 }];
  const inCell: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const { right, wrong } = tallyOf(countersOf(counters, cell));
    inCell.push(right + wrong);
  }
  const total = inCell.reduce((sum, count) => sum + count, 0);
  const chosen = entries.map(({ above, alpha }) => {
    let seen = 0;
    const cell = inCell.findIndex((count) => {
      seen += count;
      return seen >= above * total;
    });
    return { cell, alpha };
  });
  return [...chosen, { cell: prior, alpha: alphaOfPrior }];
}

/** Thresholds that passed their tests: a test that was passed once stays so, by Ville's inequality. */
export interface Passed {
  readonly from: number;
  readonly to: number;
}

export interface Certificate {
  /** The lowest threshold that is certified and meets the aim; undefined if none does. */
  readonly cell?: number | undefined;
  /** With those that passed before. */
  readonly passed?: Passed | undefined;
}

export interface CertifyOptions {
  readonly test: Test;
  readonly rate: number;
  readonly alpha: number;
  readonly passed?: Passed | undefined;
}

export function certify(
  { counters, floor, extensions }: LabelledCells,
  entered: readonly Entry[],
  { test, rate, alpha, passed }: CertifyOptions,
): Certificate {
  const whole = new Array<number>(countersPerCell).fill(0);
  const open = new Set(entered);
  let cell: number | undefined;
  let now = passed;
  for (let at = 0; at <= floor; at++) {
    // What was counted before an extension includes what was counted before those above it.
    const lowered = extensions.findLast(({ from }) => from <= at);
    for (let index = 0; index < countersPerCell; index++)
      whole[index] = (whole[index] ?? 0) + (counters[at * countersPerCell + index] ?? 0);
    const region =
      lowered === undefined ? whole : whole.map((count, index) => count - (lowered.before[index] ?? 0));
    const hasPassed = passed !== undefined && at >= passed.from && at <= passed.to;
    let capital: number | undefined;
    let first: Entry | undefined;
    for (const entry of open) {
      if (entry.cell > at) continue;
      capital ??= test(region);
      if (capital >= -Math.log(alpha * entry.alpha)) first ??= entry;
      else open.delete(entry);
    }
    if (first === undefined && !hasPassed) continue;
    if (first !== undefined && at > (now?.to ?? -1)) now = { from: first.cell, to: at };
    if ((tallyOf(region).estimate ?? 1) <= (hasPassed ? tolerance : aim) * rate) cell = at;
  }
  return { cell, passed: now };
}

/** Whether the labels certify a threshold at which the sequence is entered: a cheap look, without those below it. */
export function isEntered(
  counters: readonly number[],
  entered: readonly Entry[],
  { test, rate, alpha }: Pick<CertifyOptions, 'test' | 'rate' | 'alpha'>,
): boolean {
  return entered.some((entry) => {
    const region = regionOf(counters, entry.cell);
    return test(region) >= -Math.log(alpha * entry.alpha) && (tallyOf(region).estimate ?? 1) <= aim * rate;
  });
}

/** The counters of all cells down to this one, summed. */
export function regionOf(counters: readonly number[], cell: number): readonly number[] {
  const region = new Array<number>(countersPerCell).fill(0);
  const end = Math.min(counters.length, (cell + 1) * countersPerCell);
  for (let index = 0; index < end; index++) {
    const place = index % countersPerCell;
    region[place] = (region[place] ?? 0) + (counters[index] ?? 0);
  }
  return region;
}

function countersOf(counters: readonly number[], cell: number): readonly number[] {
  return counters.slice(cell * countersPerCell, (cell + 1) * countersPerCell);
}
