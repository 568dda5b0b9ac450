/**
 * Warms the cache with questions: the run, and what its calls use and cost.
 */
import type { Clock } from 'askonce';
import {
  type WarmCounts,
  type WarmEnd,
  type WarmOutcome,
  type WarmRow,
  type WarmTarget,
  warmRun,
} from 'askonce/gateway-kit';
import type { Asker } from './asker.ts';
import type { CostOf } from './cost.ts';
import { failureOf } from './failure.ts';
import type { WarmRequest } from './request.ts';
import { spending, type WarmSpending } from './spending.ts';

export interface WarmOptions {
  readonly rows: AsyncIterable<WarmRow<WarmRequest>> | Iterable<WarmRow<WarmRequest>>;
  readonly asker: Asker;
  readonly clock: Clock;
  readonly concurrency: number;
  /** Provider calls a second. */
  readonly perSecond: number;
  /** Looks only, and calls no provider. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Once it aborts, no further question is begun; those that are asked are waited for. */
  readonly signal: AbortSignal;
  readonly costOf: CostOf;
  /** Called after each question. */
  readonly onProgress?: ((outcome: WarmOutcome, figures: () => WarmFigures) => void) | undefined;
}

/** What has been done and spent so far. */
export interface WarmFigures extends WarmCounts, WarmSpending {}

export const noFigures: WarmFigures = {
  ...{ processed: 0, skipped: 0, created: 0, failed: 0, absent: 0, failures: [] },
  ...spending().figures(),
};

export interface QuestionsRun {
  /** Resolves when the work has ended. Rejects if rows cannot be read, or nothing can be asked at all. */
  readonly ended: Promise<WarmEnd>;
  figures(): WarmFigures;
}

export function warm({ asker, costOf, onProgress, ...options }: WarmOptions): QuestionsRun {
  const spent = spending();
  const target: WarmTarget<WarmRequest> = {
    async look(request) {
      return (await asker.send(request, 'look')).status < 400;
    },
    async ask(request, calls) {
      const answer = await asker.send(request, 'ask');
      const cacheStatus = textOf(answer.headers['cache-status']);
      const isHit = /; hit/.test(cacheStatus);
      const isOwn = !isHit && !/; collapsed/.test(cacheStatus);
      if (answer.status >= 400) {
        const attempt = Math.max(isHit ? calls : calls + 1, 1);
        return { ...failureOf(request, answer, options.clock, attempt), isCall: !isHit };
      }
      if (isOwn) {
        const { usage, cost } = await costOf(request, asker.providerOf(request), answer);
        spent.add(usage, cost);
      }
      return { isOwn };
    },
    whyNotStored: asker.whyNotStored,
  };
  const figures = (): WarmFigures => ({ ...run.counts(), ...spent.figures() });
  const run = warmRun({
    ...options,
    target,
    noun: 'questions',
    onProgress: (outcome) => onProgress?.(outcome, figures),
  });
  return { ended: run.ended, figures };
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.join(', ') ?? '');
}
