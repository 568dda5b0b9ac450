/**
 * The result of tuning as text for a terminal, and as settings.
 */
import type { Evaluation, ThresholdRow } from './evaluation.ts';

export interface TunedWith {
  /** Name and version. */
  readonly embedder: string;
  readonly guards: readonly string[];
  readonly gates: readonly string[];
  readonly maxErrorRate: number;
  /** What was read: a line for each fact. */
  readonly read: readonly string[];
  /** Whether it is known which of the pairs that were kept apart are the same. */
  readonly knowsApart: boolean;
  /** Variables that choose the embedder, if it is not the default. */
  readonly embedderSettings: Readonly<Record<string, string>>;
  readonly hasVerifier: boolean;
}

/** Rows that are shown: the table is for people. */
const maxRows = 24;

export function reportOf(evaluation: Evaluation, tuned: TunedWith): string {
  const { identical, apart, rows } = evaluation;
  const lines = [
    ...tuned.read,
    `embedder ${tuned.embedder}; guards: ${listed(tuned.guards)}; gates: ${listed(tuned.gates)}`,
    ...(tuned.knowsApart
      ? [
          `identical once normalised, served whatever the threshold: ${identical.served}, ${identical.wrong} of them wrong`,
        ]
      : []),
    ...apart.map(({ by, pairs, same }) =>
      tuned.knowsApart
        ? `kept apart by ${by}: ${pairs}, ${same} of them the same`
        : `kept apart by ${by}: ${pairs}`,
    ),
    '',
    ...(rows.length === 0
      ? []
      : [
          'threshold  served   reuse   wrong              95 % interval',
          ...shown(rows, evaluation).map(rowText),
          '',
        ]),
    ...recommendationLines(evaluation, tuned),
  ];
  return lines.join('\n');
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

/** The rows evenly, with the recommended one among them. */
function shown(rows: readonly ThresholdRow[], { recommendation }: Evaluation): readonly ThresholdRow[] {
  if (rows.length <= maxRows) return rows;
  const step = rows.length / maxRows;
  const wanted = 'row' in recommendation ? recommendation.row : undefined;
  return rows.filter((row, at) => row === wanted || Math.floor(at / step) !== Math.floor((at - 1) / step));
}

function rowText({ threshold, served, reuse, wrong, wrongPerHit, interval }: ThresholdRow): string {
  return [
    threshold.toFixed(3).padEnd(9),
    String(served).padStart(8),
    percent(reuse).padStart(8),
    `${wrong} (${percent(wrongPerHit)})`.padStart(18),
    `${percent(interval.low)} to ${percent(interval.high)}`.padStart(20),
  ].join('');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function recommendationLines(evaluation: Evaluation, tuned: TunedWith): readonly string[] {
  const { recommendation, pairs } = evaluation;
  const rate = percent(tuned.maxErrorRate);
  switch (recommendation.kind) {
    case 'no-pairs':
      return ['no pair is left to a threshold; give more pairs, or fewer guards and gates'];
    case 'too-wrong':
      return [
        `cannot certify ${rate} wrong: at every threshold a larger share of the served pairs is wrong`,
        `more pairs will not help; use a verifier (SEMANTIC_VERIFIER_BASE_URL), another embedder, or a higher SEMANTIC_MAX_ERROR_RATE`,
        'without SEMANTIC_UPPER, the tier serves by the prior of its embedder, if it has one, and else identical text alone',
      ];
    case 'more-needed':
      return [
        `cannot certify ${rate} wrong with ${pairs} pairs; about ${recommendation.pairs} more needed`,
        `nearest is ${recommendation.row.threshold.toFixed(3)}, with ${recommendation.row.wrong} wrong of ${recommendation.row.served}, if further pairs are like these`,
        'without SEMANTIC_UPPER, the tier serves by the prior of its embedder, if it has one, and else identical text alone',
      ];
    default: {
      const { row } = recommendation;
      return [
        `recommended threshold ${row.threshold.toFixed(3)}: reuse ${percent(row.reuse)}, wrong ${percent(row.wrongPerHit)} (${percent(row.interval.low)} to ${percent(row.interval.high)}), within ${rate}`,
        'this holds for traffic that is like these pairs; each interval holds by itself, so check the threshold on pairs that were not used here',
        '',
        ...Object.entries(settingsOf(evaluation, tuned)).map(([name, value]) => `${name}=${value}`),
      ];
    }
  }
}

/** The environment to start a gateway with; empty if nothing is certified. */
export function settingsOf(
  { recommendation, lower }: Evaluation,
  { maxErrorRate, guards, gates, embedderSettings, hasVerifier }: TunedWith,
): Readonly<Record<string, string>> {
  if (recommendation.kind !== 'certified') return {};
  const upper = recommendation.row.threshold;
  return {
    ENABLE_SEMANTIC_CACHE: 'true',
    ...embedderSettings,
    SEMANTIC_MAX_ERROR_RATE: String(maxErrorRate),
    SEMANTIC_UPPER: String(upper),
    // Between the two thresholds a verifier decides; without one they are the same.
    SEMANTIC_LOWER: String(hasVerifier && lower !== undefined ? Math.min(lower, upper) : upper),
    SEMANTIC_GUARDS: guards.length === 0 ? 'none' : guards.join(','),
    SEMANTIC_GATES: gates.length === 0 ? 'none' : gates.join(','),
  };
}
