/**
 * What is remembered of a pool's labels: counters by cell, never the labels themselves, so that it is bounded for good.
 *
 * {@link counted} is a pure function of a record and a label, whichever process has them. See batches.ts for how processes
 * share a record.
 */

import { isDrift, type Recent, unrest, withLabel } from './calm.ts';
import type { Stratum } from './contract.ts';
import { countersPerCell, tallyOf, testOf } from './evidence.ts';
import { type Complaints, noComplaints, withComplaint } from './feedback.ts';
import {
  type Certificate,
  certify,
  type Entry,
  type Extension,
  entriesOf,
  isEntered,
  type LabelledCells,
  labelsForEntries,
  type Passed,
  regionOf,
} from './ladder.ts';

/** A verdict on a sample, as it is counted. */
export interface Label {
  /** Unique among the labels of a pool. */
  readonly id: string;
  readonly stratum: Stratum;
  /** The epoch in which it was drawn; a label of an earlier one is dropped. */
  readonly epoch: number;
  readonly cell: number;
  readonly halvings: number;
  /** Whether the region of its similarity was certified when it was drawn. */
  readonly isServed: boolean;
  /** The lowest cell that was judged when it was drawn, where the label's process knew of it. */
  readonly floor: number;
  /** Hits that it stands for: those that were not drawn. */
  readonly hits: number;
  readonly isWrong: boolean;
  /** Feedback is no sample: it is no evidence, and has every would-be hit judged for a while. */
  readonly isFeedback?: true | undefined;
  /** Of feedback: the similarity of the hit. */
  readonly similarity?: number | undefined;
}

export interface StratumRecord extends LabelledCells {
  /** How often the labels began anew, from 1. */
  readonly epoch: number;
  /** Where the sequence of tests is entered; absent until enough labels chose it. */
  readonly entries?: readonly Entry[] | undefined;
  /** Thresholds that passed their tests at this rate in this epoch. */
  readonly passed?: (Passed & { readonly rate: number }) | undefined;
  readonly recent: Recent;
  /** Hits so far, in all epochs. */
  readonly hits: number;
}

export interface PoolRecord {
  readonly threshold: StratumRecord;
  readonly verified: StratumRecord;
  /** Feedback, for a pool that nothing judges. */
  readonly complaints: Complaints;
  /** Of the last labels, so that a pair that two processes judge counts once. */
  readonly ids: readonly string[];
  /** Labels of all batches so far, in all epochs. */
  readonly labels: number;
  /** The last number of each process that wrote lately; the one that wrote last comes last. */
  readonly writers: readonly Writer[];
}

/** A process and the number of its last batch that was counted. */
type Writer = readonly [name: string, number: number];

/** What a record is read by: the same for every label of a pool. */
export interface Rules {
  readonly maxErrorRate: number;
  /** Cells of the grid, the cell of the prior, and the lowest that is judged at first. */
  readonly cells: number;
  readonly prior: number;
  readonly floor: number;
}

/** Labels whose ids are remembered. */
const mostIds = 128;
/** The chance that a stratum ever certifies a rate that it does not keep, in all its epochs together. */
const alphas = { threshold: 0.04, verified: 0.01 } as const;
/** Labels without a certificate after which an epoch ends, in parts of what flawless ones need. */
const patience = 10;
/** The floor is lowered by so many cells once what is certified comes so near to it. */
const extension = 8;
const nearTheFloor = 3;

export function newRecord(rules: Rules): PoolRecord {
  const verified = newStratum(1, { cells: 1, floor: 0 }, 0);
  return {
    threshold: newStratum(1, rules, 0),
    verified,
    complaints: noComplaints,
    ids: [],
    labels: 0,
    writers: [],
  };
}

function newStratum(
  epoch: number,
  { cells, floor }: Pick<Rules, 'cells' | 'floor'>,
  hits: number,
): StratumRecord {
  const counters = new Array<number>(cells * countersPerCell).fill(0);
  return { epoch, counters, floor, extensions: [], recent: '', hits };
}

/** The part of α that belongs to an epoch: three quarters to the first, and the rest to all later ones together. */
export function alphaOf(stratum: Stratum, epoch: number): number {
  return alphas[stratum] * (epoch === 1 ? 0.75 : 0.25 / (epoch * (epoch - 1)));
}

/** Labels that certify a rate if none of them is wrong, about. */
export function labelsNeeded(rate: number, alpha: number): number {
  return Math.ceil((1.25 * Math.log(1 / alpha)) / rate);
}

/** Labels beyond which it is the number that is missing says nothing. */
const mostMissing = 100_000;

/** About how many more right labels certify the stated rate, if they come of the topmost similarities. */
export function labelsMissing(stratum: Stratum, record: StratumRecord, rules: Rules): number {
  const { maxErrorRate: rate } = rules;
  const options = { test: testOf(rate), rate, alpha: alphaOf(stratum, record.epoch) };
  const isEnough = (more: number) => {
    const counters = [...record.counters];
    counters[0] = (counters[0] ?? 0) + more;
    return isEntered(counters, record.entries ?? chosen(counters, rules) ?? [], options);
  };
  let enough = 1;
  while (enough < mostMissing && !isEnough(enough)) enough *= 2;
  let tooFew = enough >> 1;
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1;
    if (isEnough(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/** The lowest cell that is certified at a rate; undefined if none is. */
export function certified(stratum: Stratum, record: StratumRecord, rate: number): number | undefined {
  return certificate(stratum, record, rate).cell;
}

function certificate(stratum: Stratum, record: StratumRecord, rate: number): Certificate {
  const { epoch, entries, passed } = record;
  if (entries === undefined) return {};
  if (last.record === record && last.rate === rate) return last.certificate;
  const options = { test: testOf(rate), rate, alpha: alphaOf(stratum, epoch) };
  const made = certify(record, entries, passed?.rate === rate ? { ...options, passed } : options);
  last = { record, rate, certificate: made };
  return made;
}

interface LastCertificate {
  readonly record?: StratumRecord;
  readonly rate?: number;
  readonly certificate: Certificate;
}

/** One label leads to the same question several times. */
let last: LastCertificate = { certificate: {} };

/** The record after a label. */
export function counted(record: PoolRecord, label: Label, rules: Rules): PoolRecord {
  if (record.ids.includes(label.id)) return record;
  const ids = [...record.ids, label.id].slice(-mostIds);
  const complaints = label.isFeedback ? withComplaint(record.complaints, label) : record.complaints;
  const before = record[label.stratum];
  if (label.epoch !== before.epoch) return { ...record, complaints, ids };
  return { ...record, complaints, ids, [label.stratum]: withVerdict(before, label, rules) };
}

function withVerdict(before: StratumRecord, label: Label, rules: Rules): StratumRecord {
  const { stratum, cell, halvings, isWrong, isServed } = label;
  const { epoch } = before;
  if (label.isFeedback) return distrusted(before, rules);
  const counters = [...before.counters];
  const place = cell * countersPerCell + 2 * halvings + (isWrong ? 1 : 0);
  counters[place] = (counters[place] ?? 0) + 1;
  const hits = before.hits + label.hits;
  const recent = isServed ? withLabel(before.recent, isWrong) : before.recent;
  const cells = counters.length / countersPerCell;
  const after = passing(
    stratum,
    {
      ...{ ...before, counters, recent, hits },
      extensions: before.extensions.map((extension) => withEarlier(extension, label)),
      entries: before.entries ?? chosen(counters, rules),
    },
    rules,
  );
  if (isDrift(unrest(recent, rules.maxErrorRate)) || isHopeless(stratum, after, rules))
    return newStratum(epoch + 1, stratum === 'verified' ? { cells, floor: 0 } : rules, hits);
  return extended(stratum, after, rules);
}

/** A label that was drawn before the floor was lowered, or by a process that did not know of it, is one of those before. */
function withEarlier(extension: Extension, { floor, halvings, isWrong }: Label): Extension {
  if (floor >= extension.from) return extension;
  const place = 2 * halvings + (isWrong ? 1 : 0);
  const before = extension.before.map((count, index) => (index === place ? count + 1 : count));
  return { ...extension, before };
}

function passing(stratum: Stratum, record: StratumRecord, { maxErrorRate: rate }: Rules): StratumRecord {
  const { passed } = certificate(stratum, record, rate);
  if (passed === undefined || passed.to === record.passed?.to) return record;
  return { ...record, passed: { from: passed.from, to: passed.to, rate } };
}

function chosen(counters: readonly number[], { prior }: Rules): readonly Entry[] | undefined {
  const labels = counters.reduce((sum, count) => sum + count, 0);
  return labels >= labelsForEntries ? entriesOf(counters, prior) : undefined;
}

/** As after one wrong label, however often feedback comes: no caller can have the labels begin anew. */
function distrusted(before: StratumRecord, { maxErrorRate }: Rules): StratumRecord {
  if (unrest(before.recent, maxErrorRate) >= 1) return before;
  return { ...before, recent: withLabel(before.recent, true) };
}

/** Lowers the floor where what is certified comes near to it. */
function extended(stratum: Stratum, record: StratumRecord, { cells, maxErrorRate }: Rules): StratumRecord {
  const { floor, counters, extensions } = record;
  if (stratum === 'verified' || floor >= cells - 1) return record;
  const cell = certified(stratum, record, maxErrorRate);
  if (cell === undefined || cell < floor - nearTheFloor) return record;
  const lower = Math.min(floor + extension, cells - 1);
  const before = regionOf(counters, floor);
  return { ...record, floor: lower, extensions: [...extensions, { from: floor + 1, before }] };
}

/** Many labels and no certificate: what the first of them said may no longer hold, so that the next ones begin anew. */
function isHopeless(stratum: Stratum, record: StratumRecord, { maxErrorRate }: Rules): boolean {
  const { epoch, counters, entries } = record;
  if (entries === undefined || certified(stratum, record, maxErrorRate) !== undefined) return false;
  const { right, wrong } = tallyOf(regionOf(counters, Math.min(...entries.map(({ cell }) => cell))));
  return right + wrong >= patience * labelsNeeded(maxErrorRate, alphaOf(stratum, epoch));
}
