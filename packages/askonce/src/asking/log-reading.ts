/**
 * Reading the invalidation log before an answer is looked up or made: it may take as long as the store.
 */
import { tooSlow, within } from '../store/within.ts';
import type { House } from './ask.ts';

/** A reading where the log has not been read for too long; undefined where it has been, or can't be. */
export function readUp(house: House): Promise<boolean> | undefined {
  const { log } = house;
  return log.isCurrent || log.isInTrouble ? undefined : readOn(house);
}

/** Reads what is new. False where that took too long. */
export async function readOn({ log, clock, settings }: House): Promise<boolean> {
  return (await within(clock, settings.storeBudgetMs, log.catchUp())) !== tooSlow;
}
