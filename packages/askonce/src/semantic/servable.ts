/**
 * Whether semantic hits may be served, as far as other processes have a say: one that may have missed a *wrong* serves
 * none.
 */
import { type Awaitable, type Clock, within } from '../clock.ts';
import type { Hit, Miss } from '../engine/outcome.ts';
import type { StoreBudget } from '../engine/store-budget.ts';
import type { MissReason } from '../observe/causes.ts';
import type { Blocked } from './blocked.ts';
import type { Feed } from './feed/contract.ts';

export interface Servable {
  /** Whether hits may be served now: at once, or once what others have reported was read, within the request's time for stores. */
  any(budget: StoreBudget): Awaitable<boolean>;
  /** Whether this hit may be served now. */
  one(hit: Hit): boolean;
}

export interface ServableTools {
  readonly feed: Pick<Feed, 'isCurrent' | 'catchUp'>;
  readonly blocked: Pick<Blocked, 'isLoaded' | 'isBlocked'>;
  readonly clock: Clock;
}

export function servable({ feed, blocked, clock }: ServableTools): Servable {
  const isKnown = () => feed.isCurrent && blocked.isLoaded() === true;

  async function catchUp(budget: StoreBudget): Promise<boolean> {
    const end = budget.begin();
    try {
      if (!feed.isCurrent && budget.leftMs > 0) await within(clock, budget.leftMs, feed.catchUp());
      // The first reading says that what is blocked has to be read as well.
      if (feed.isCurrent) await blocked.isLoaded();
    } finally {
      end();
    }
    return isKnown();
  }

  return {
    any: (budget) => isKnown() || catchUp(budget),
    one: (hit) => isKnown() && !blocked.isBlocked(hit),
  };
}

/** Misses that have no reason to give but that nothing was found. */
const plain: ReadonlySet<MissReason> = new Set(['absent', 'expired', 'invalidated']);

/** The miss of a request that no semantic hit may answer now. */
export function behind(missed: Miss): Miss {
  return plain.has(missed.reason) ? { ...missed, reason: 'feed-behind' } : missed;
}
