/**
 * Reading the invalidation log before a request is decided: it may take as long as the store.
 */
import { tooSlow, within } from '../clock.ts';
import type { Settings } from '../settings/table.ts';
import type { Engine } from './engine.ts';
import type { StoreBudget } from './store-budget.ts';

type LogEngine = Pick<Engine, 'log' | 'clock'> & { readonly settings: Pick<Settings, 'storeBudgetMs'> };

/** Stands for a decision that only a reading of the log can make. */
export const needsLog = Symbol('needs the log');

/** Starts a reading if the log was last read too long ago; undefined if it is current, or can't be read. */
export function readLogIfDue(engine: LogEngine, budget?: StoreBudget): Promise<boolean> | undefined {
  const { log } = engine;
  return log.isCurrent || log.isInTrouble ? undefined : readLog(engine, budget);
}

/** Reads what is new. False if that took longer than is left of the request's time. */
export async function readLog({ log, clock, settings }: LogEngine, budget?: StoreBudget): Promise<boolean> {
  const budgetMs = budget?.leftMs ?? settings.storeBudgetMs;
  return budgetMs > 0 && (await within(clock, budgetMs, log.catchUp())) !== tooSlow;
}

/**
 * Decides, and decides again once the log has been read if {@link needsLog} asks for it: after the `reading` that is
 * in progress, then after one that follows.
 */
export async function decideWithLog<T>(
  engine: LogEngine,
  reading: Promise<boolean> | undefined,
  decide: () => T | typeof needsLog,
  budget?: StoreBudget,
): Promise<T | typeof needsLog> {
  const first = decide();
  if (first !== needsLog) return first;
  if (reading !== undefined) {
    if (!(await reading)) return decide();
    const second = decide();
    if (second !== needsLog) return second;
  }
  if (engine.log.isInTrouble) return needsLog;
  await readLog(engine, budget);
  return decide();
}
