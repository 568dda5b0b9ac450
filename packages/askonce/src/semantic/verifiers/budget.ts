/**
 * The budget of calls that cost money: how many may begin within a minute, and what they may cost in a day.
 *
 * The most that a call can cost is set aside before it begins, so that calls in flight together stay within the
 * budget as well. Both counts belong to one process, and begin anew with it.
 */
import type { Clock } from '../../clock.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

export interface BudgetLimits {
  /** Calls that may begin within any 60 seconds. */
  readonly callsPerMinute: number;
  /** US dollars from midnight to midnight, UTC. */
  readonly usdPerDay: number;
}

/** The right to one call. Either method is called once, when the call is over. */
export interface Expense {
  /** The call was made, and cost this much. */
  settle(usd: number): void;
  /** The call was not made: it does not count. */
  cancel(): void;
}

export interface CallBudget {
  /** The right to a call that costs at most `usd`; undefined if the budget does not allow it. */
  take(usd: number): Expense | undefined;
  /** Whether it allows a call that costs at most `usd`. */
  allows(usd: number): boolean;
  /** Spent since midnight (UTC), in US dollars, without calls in flight. */
  usdToday(): number;
}

export function callBudget(clock: Clock, { callsPerMinute, usdPerDay }: BudgetLimits): CallBudget {
  /** When calls began, on the monotonic clock, oldest first; at most `callsPerMinute`. */
  const begun: number[] = [];
  let day = dayOf(clock.now());
  let spent = 0;
  let setAside = 0;

  /** A wall clock that is set back does not begin the day anew. */
  function turnDay(): void {
    const today = dayOf(clock.now());
    if (today <= day) return;
    day = today;
    spent = 0;
  }

  function hasRoom(): boolean {
    if (callsPerMinute === Number.POSITIVE_INFINITY) return true;
    const since = clock.monotonic() - minuteMs;
    while (begun.length > 0 && (begun[0] ?? 0) <= since) begun.shift();
    return begun.length < callsPerMinute;
  }

  function allows(usd: number): boolean {
    turnDay();
    return hasRoom() && spent + setAside + usd <= usdPerDay;
  }

  return {
    allows,
    take(usd) {
      if (!allows(usd)) return undefined;
      const at = clock.monotonic();
      if (callsPerMinute !== Number.POSITIVE_INFINITY) begun.push(at);
      setAside += usd;
      return {
        settle(cost) {
          turnDay();
          setAside = Math.max(0, setAside - usd);
          spent += cost;
        },
        cancel() {
          setAside = Math.max(0, setAside - usd);
          const place = begun.lastIndexOf(at);
          if (place >= 0) begun.splice(place, 1);
        },
      };
    },
    usdToday() {
      turnDay();
      return spent;
    },
  };
}

function dayOf(now: number): number {
  return Math.floor(now / dayMs);
}
