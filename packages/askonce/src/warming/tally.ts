/**
 * What a run of warming has done so far.
 */

/** Why a request was not warmed, how often, and where the first of these are: line numbers, or places in a list from 0. */
interface WarmFailures {
  readonly reason: string;
  readonly count: number;
  readonly at: readonly number[];
}

export interface WarmCounts {
  /** Requests that are done with: those skipped, created, absent and failed together. */
  readonly processed: number;
  /** Requests whose fresh answer was there already, or was just stored by another request. */
  readonly skipped: number;
  /** Requests that were made, and whose answer is stored now. */
  readonly created: number;
  readonly failed: number;
  /** In a dry run: requests that would be made. */
  readonly absent: number;
  readonly failures: readonly WarmFailures[];
}

export type WarmOutcome = 'skipped' | 'created' | 'failed' | 'absent';

interface WarmTally {
  add(outcome: Exclude<WarmOutcome, 'failed'>): void;
  fail(reason: string, at: number): void;
  counts(): WarmCounts;
}

/** Reasons that are counted apart, and places that each has. */
const maxReasons = 20;
const maxPlaces = 5;

export function warmTally(): WarmTally {
  const counts = { skipped: 0, created: 0, failed: 0, absent: 0 };
  const failures = new Map<string, { count: number; readonly at: number[] }>();
  return {
    add(outcome) {
      counts[outcome] += 1;
    },
    fail(given, at) {
      counts.failed += 1;
      const reason = failures.has(given) || failures.size < maxReasons ? given : 'other reasons';
      const known = failures.get(reason) ?? { count: 0, at: [] };
      failures.set(reason, known);
      known.count += 1;
      if (known.at.length < maxPlaces) known.at.push(at);
    },
    counts: () => ({
      processed: counts.skipped + counts.created + counts.failed + counts.absent,
      ...counts,
      failures: Array.from(failures, ([reason, { count, at }]) => ({ reason, count, at: [...at] })),
    }),
  };
}
