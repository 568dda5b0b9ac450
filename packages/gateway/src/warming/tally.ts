/**
 * What warming has done so far.
 */
import type { Usage } from 'askonce';

/** Why a question was not warmed, how often, and where the first of these are: line numbers, or places in a list from 0. */
interface WarmFailures {
  readonly reason: string;
  readonly count: number;
  readonly at: readonly number[];
}

export interface WarmFigures {
  /** Questions that are done with: those skipped, created, absent and failed together. */
  readonly processed: number;
  /** Questions whose fresh answer was there already, or was just stored by another request. */
  readonly skipped: number;
  /** Questions that were asked, and whose answer is stored now. */
  readonly created: number;
  readonly failed: number;
  /** In a dry run: questions that would be asked. */
  readonly absent: number;
  readonly failures: readonly WarmFailures[];
  /** Of all calls, those for failed questions included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars, by the ledger's prices; `costEstimated`: a part is an estimate. */
  readonly cost: number;
  readonly costEstimated: boolean;
}

export type WarmOutcome = 'skipped' | 'created' | 'failed' | 'absent';

export interface WarmTally {
  add(outcome: Exclude<WarmOutcome, 'failed'>): void;
  fail(reason: string, at: number): void;
  spend(usage: Usage | undefined, cost: { readonly nano: number; readonly estimated: boolean }): void;
  figures(): WarmFigures;
}

/** Reasons that are counted apart, and places that each has. */
const maxReasons = 20;
const maxPlaces = 5;

export function warmTally(): WarmTally {
  const counts = { skipped: 0, created: 0, failed: 0, absent: 0 };
  const failures = new Map<string, { count: number; readonly at: number[] }>();
  let inputTokens = 0;
  let outputTokens = 0;
  let nano = 0;
  let estimated = false;
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
    spend(usage, cost) {
      inputTokens += usage?.inputTokens ?? 0;
      outputTokens += usage?.outputTokens ?? 0;
      nano += cost.nano;
      estimated ||= cost.estimated;
    },
    figures: () => ({
      processed: counts.skipped + counts.created + counts.failed + counts.absent,
      ...counts,
      failures: Array.from(failures, ([reason, { count, at }]) => ({ reason, count, at: [...at] })),
      inputTokens,
      outputTokens,
      cost: nano / 1e9,
      costEstimated: estimated,
    }),
  };
}
