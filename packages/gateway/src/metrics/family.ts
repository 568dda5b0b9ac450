/**
 * Families of metrics as a table: their names and help texts, and where a scrape finds their values. Both formats of
 * `GET /metrics` and the JSON of `GET /cache/metrics` are made from it, and so agree.
 */
import type { CacheStatistics, FlagShares } from 'askonce';
import type { LedgerHealth, LedgerSize, Totals } from 'askonce/ledger';
import type { Figures } from './figures.ts';
import type { PlainHistogram } from './histogram.ts';

/** What there is to report, at one moment. */
export interface View {
  readonly figures: Figures;
  readonly totals: Totals;
  /** The last known; undefined before the stores have answered once. */
  readonly cache: CacheStatistics | undefined;
  readonly flags: FlagShares;
  /** Undefined if it is turned off; its size is undefined before it has written. */
  readonly ledger: (LedgerHealth & { readonly size: LedgerSize | undefined }) | undefined;
  /** Whether gateways share a store, and so lead by a lease. */
  readonly hasLeases: boolean;
  readonly version: string;
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface FamilyOf<Type extends string> {
  /** Without `askonce_` and without the `_total` of counters. */
  readonly name: string;
  readonly type: Type;
  readonly help: string;
  readonly labels: readonly string[];
}

export interface NumberFamily extends FamilyOf<'counter' | 'gauge'> {
  samples(view: View): readonly Sample[];
}

export interface HistogramFamily extends FamilyOf<'histogram'> {
  histograms(
    view: View,
  ): readonly { readonly labels: Sample['labels']; readonly histogram: PlainHistogram }[];
}

export type Family = NumberFamily | HistogramFamily;

type Read<Value> = (view: View) => Value;

const noLabels: Sample['labels'] = {};

/** One number; no sample where it is not known. */
function plain(type: NumberFamily['type']) {
  return (name: string, help: string, value: Read<number | undefined>): Family => ({
    name,
    type,
    help,
    labels: [],
    samples(view) {
      const known = value(view);
      return known === undefined ? [] : [{ labels: noLabels, value: known }];
    },
  });
}

/** A number for each value of a label; equal values are summed, since a scrape must not name a series twice. */
function labelled(type: NumberFamily['type']) {
  return (
    name: string,
    help: string,
    label: string,
    values: Read<Iterable<readonly [string, number]>>,
  ): Family => ({
    name,
    type,
    help,
    labels: [label],
    samples: (view) =>
      Array.from(summed(values(view)), ([of, value]) => ({ labels: { [label]: of }, value })),
  });
}

function summed(values: Iterable<readonly [string, number]>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [of, value] of values) sums.set(of, (sums.get(of) ?? 0) + value);
  return sums;
}

/** A number for each pair of two labels. */
function paired(type: NumberFamily['type']) {
  return (
    name: string,
    help: string,
    [first, second]: readonly [string, string],
    values: Read<ReadonlyMap<string, ReadonlyMap<string, number>>>,
  ): Family => ({
    name,
    type,
    help,
    labels: [first, second],
    samples: (view) =>
      Array.from(values(view)).flatMap(([one, row]) =>
        Array.from(row, ([two, value]) => ({ labels: { [first]: one, [second]: two }, value })),
      ),
  });
}

export const counter = plain('counter');
export const counterBy = labelled('counter');
export const counterByTwo = paired('counter');
export const gauge = plain('gauge');
export const gaugeBy = labelled('gauge');
export const gaugeByTwo = paired('gauge');

export function histogramOf(name: string, help: string, read: Read<PlainHistogram>): Family {
  return {
    name,
    type: 'histogram',
    help,
    labels: [],
    histograms: (view) => [{ labels: noLabels, histogram: read(view) }],
  };
}
