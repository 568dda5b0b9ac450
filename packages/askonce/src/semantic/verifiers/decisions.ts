/**
 * Decisions of a verifier or judge, within limits: a time that the caller waits, a budget of calls and money, a breaker, a
 * memo of verdicts, and one call for identical questions in flight. A decision never rejects.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Awaitable, type Clock, tooSlow, within } from '../../clock.ts';
import type { Usage } from '../../entry/entry.ts';
import { Circuit, type CircuitState } from '../../store/breaker/circuit.ts';
import type { PricedVerdict, Verdict } from '../contract.ts';
import type { CallBudget, Expense } from './budget.ts';

/** A verdict, or why there is none. */
export type Decision =
  | Verdict
  /** The verdict did not come in time. It is remembered once it comes. */
  | 'late'
  /** The verifier failed. */
  | 'failed'
  /** No call, minute or dollar is left, or too many calls are in flight. */
  | 'over-budget'
  /** The verifier has failed several times in a row and is not called for now. */
  | 'open';

interface DecisionCounts {
  /** Calls that were made. */
  readonly calls: number;
  /** Verdicts of these calls. */
  readonly same: number;
  readonly different: number;
  readonly unsure: number;
  /** Calls that gave no verdict. */
  readonly failures: number;
  /** Calls whose caller no longer waited for the verdict. */
  readonly late: number;
  readonly overBudget: number;
  /** Refused by the breaker. */
  readonly refused: number;
  /** Answered from the memo, or by a call that was in flight for the same texts. */
  readonly remembered: number;
  readonly circuit: CircuitState;
}

export interface DecisionOptions<Pair> {
  ask(pair: Pair, signal: AbortSignal): Awaitable<Verdict | PricedVerdict>;
  /** All texts that the verdict depends on. */
  textsOf(pair: Pair): readonly string[];
  /** See `Verifier.usdAtMost`. */
  readonly usdAtMost?: ((characters: number) => number) | undefined;
  readonly budget: CallBudget;
  readonly clock: Clock;
  /** How long a caller waits, in ms. */
  readonly waitMs: number;
  /** Called when the breaker opens. */
  readonly onOpen?: (() => void) | undefined;
  /** Called with each call that was answered, or that was given up and may have cost all that it could. */
  readonly onBilled?: ((billed: Billed) => void) | undefined;
}

/** What one call cost. */
export interface Billed {
  readonly requestId?: string | undefined;
  readonly durationMs: number;
  readonly usd: number;
  readonly usage?: Usage | undefined;
  /** Whether it gave a verdict; else `usd` is the most that it can have cost. */
  readonly isAnswered: boolean;
}

export interface Decisions<Pair> {
  /**
   * @param partition verdicts are never shared between two of these
   * @param requestId the request that it is for, as reported
   */
  decide(pair: Pair, partition: string, requestId?: string): Awaitable<Decision>;
  counts(): DecisionCounts;
  /** Whether the breaker is open: nothing but a trial is asked. */
  readonly isOpen: boolean;
  /** Whether a call can be made now: the breaker lets it, and there is budget for it. */
  readonly isReady: boolean;
  /** Whether the verdict on a pair is remembered, or on its way: it needs no call. */
  knows(pair: Pair, partition: string): boolean;
  /** Ends the calls in flight. */
  close(): void;
}

/** A call that takes longer is aborted, in ms, and so is one that takes longer than its caller waits, if that is more. */
const callMs = 30_000;
const maxInFlight = 64;
/** Verdicts are remembered for so long, in so many bytes. */
const memo = { ttl: 86_400_000, maxSize: 1_048_576, entryBytes: 256 } as const;
const circuitTerms = { failures: 5, openMs: 60_000 } as const;
const verdicts: ReadonlySet<unknown> = new Set(['same', 'different', 'unsure'] satisfies Verdict[]);

/** The verdict that a decision is; undefined if there is none. */
export function verdictIn(decision: Decision): Verdict | undefined {
  return decision === 'same' || decision === 'different' || decision === 'unsure' ? decision : undefined;
}

export function decisions<Pair>(options: DecisionOptions<Pair>): Decisions<Pair> {
  const { ask, textsOf, usdAtMost, budget, clock, waitMs, onOpen, onBilled } = options;
  const count = { calls: 0, same: 0, different: 0, unsure: 0, failures: 0, late: 0 };
  const kept = { overBudget: 0, refused: 0, remembered: 0 };
  const remembered = new LRUCache<string, Verdict>({
    maxSize: memo.maxSize,
    sizeCalculation: () => memo.entryBytes,
    ttl: memo.ttl,
    ttlResolution: 0,
    // To this cache the instant 0 is no instant.
    perf: { now: () => 1 + clock.monotonic() },
  });
  const inFlight = new Map<string, Promise<Decision>>();
  const running = new Set<AbortController>();
  const circuit = new Circuit({
    ...circuitTerms,
    clock,
    onChange: (state) => {
      if (state === 'open') onOpen?.();
    },
  });

  /** The verdict of one call, and what it cost; undefined if the call failed. It is over once the signal aborts. */
  async function call(pair: Pair, signal: AbortSignal): Promise<PricedVerdict | undefined> {
    const aborted = new Promise<undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const asked = (async () => checked(await ask(pair, signal)))();
    return await Promise.race([asked, aborted]).catch(() => undefined);
  }

  /** Makes a call. What it comes to is noted whenever that is known, however long the caller waits. */
  function begin(
    pair: Pair,
    key: string,
    usd: number,
    expense: Expense,
    requestId: string | undefined,
  ): Promise<Decision> | undefined {
    const pass = circuit.enter();
    if (pass === undefined) return undefined;
    count.calls++;
    const began = clock.monotonic();
    const controller = new AbortController();
    running.add(controller);
    const cancel = clock.schedule(() => controller.abort(), Math.max(callMs, waitMs));
    let isLate = false;
    const done = call(pair, controller.signal).then((result): Decision => {
      cancel();
      running.delete(controller);
      inFlight.delete(key);
      // A call that was aborted may have cost all that it could.
      const cost = result?.usd ?? (controller.signal.aborted ? usd : 0);
      expense.settle(cost);
      const isAnswered = result !== undefined;
      const durationMs = clock.monotonic() - began;
      if (isAnswered || cost > 0)
        onBilled?.({ requestId, durationMs, usd: cost, usage: result?.usage, isAnswered });
      const isFailure = result === undefined || result.isGarbled === true;
      if (!isLate) circuit[isFailure ? 'failed' : 'succeeded'](pass);
      if (result === undefined) {
        count.failures++;
        return 'failed';
      }
      count[result.verdict]++;
      if (!isFailure) remembered.set(key, result.verdict);
      return result.verdict;
    });
    return within(clock, waitMs, done).then((decision) => {
      if (decision !== tooSlow) return decision;
      isLate = true;
      count.late++;
      circuit.failed(pass);
      return 'late';
    });
  }

  const keyOf = (texts: readonly string[], partition: string) =>
    hash('sha256', JSON.stringify([partition, ...texts]), 'base64url');

  return {
    knows(pair, partition) {
      const key = keyOf(textsOf(pair), partition);
      return remembered.has(key) || inFlight.has(key);
    },
    get isReady() {
      return circuit.mayEnter && running.size < maxInFlight && budget.allows(usdAtMost?.(0) ?? 0);
    },
    decide(pair, partition, requestId) {
      const texts = textsOf(pair);
      const key = keyOf(texts, partition);
      const known = remembered.get(key) ?? inFlight.get(key);
      if (known !== undefined) {
        kept.remembered++;
        return known;
      }
      const usd = usdAtMost?.(texts.reduce((sum, text) => sum + text.length, 0)) ?? 0;
      const expense = running.size < maxInFlight ? budget.take(usd) : undefined;
      if (expense === undefined) {
        kept.overBudget++;
        return 'over-budget';
      }
      const decision = begin(pair, key, usd, expense, requestId);
      if (decision === undefined) {
        expense.cancel();
        kept.refused++;
        return 'open';
      }
      inFlight.set(key, decision);
      return decision;
    },
    counts: () => ({ ...count, ...kept, circuit: circuit.state }),
    get isOpen() {
      return circuit.state !== 'closed';
    },
    close() {
      for (const controller of running) controller.abort();
    },
  };
}

/** A caller's own function may return anything. */
function checked(result: Verdict | PricedVerdict): PricedVerdict {
  const priced = typeof result === 'object' ? result : { verdict: result, usd: 0 };
  if (!verdicts.has(priced.verdict) || !(priced.usd >= 0)) throw new TypeError('no verdict');
  return priced;
}
