/**
 * A pool of several simulated processes that share its record, in which each sees the labels of the others some requests late.
 */
import { gridOf } from '../../packages/askonce/src/semantic/policies/grid.ts';
import { createPool, type LearningPool } from '../../packages/askonce/src/semantic/policies/pool.ts';
import type { Prior } from '../../packages/askonce/src/semantic/policies/prior.ts';
import {
  counted,
  type Label,
  newRecord,
  type PoolRecord,
} from '../../packages/askonce/src/semantic/policies/record.ts';

export interface SimulatedPoolOptions {
  readonly prior: Prior;
  readonly rate: number;
  /** Uniform from 0 to just below 1. */
  readonly random: () => number;
  readonly processes: number;
  /** Requests until a label is known to the other processes, at most; at least half of them. */
  readonly delay: number;
}

interface Simulated {
  readonly pool: LearningPool;
  /** Its labels that the adopted record lacks, each with its place among all labels. */
  own: { readonly place: number; readonly label: Label }[];
  adopted: number;
  /** The request at which it reads the record again. */
  readsAt: number;
}

/** The pool of the process that gets a request; requests are numbered from 0. */
export function simulatedPool(
  options: SimulatedPoolOptions,
): (request: number, process: number) => LearningPool {
  const { prior, rate, random, processes, delay } = options;
  /** The last record, and those that not all processes have yet: each with the number of its labels and its request. */
  let last: { readonly at: number; readonly place: number; readonly record: PoolRecord } | undefined;
  let history: (typeof last & {})[] = [];
  let now = 0;

  function made(): Simulated {
    const pool = createPool({
      id: 'simulated',
      parts: { embedder: 'simulated', tenant: 't' },
      prior,
      grid: gridOf(prior, false),
      maxErrorRate: rate,
      auditShare: 0.03,
      judge: 'answers',
      random,
      onLabel(label) {
        if (processes === 1) return;
        const record = counted(last?.record ?? newRecord(pool.rules), label, pool.rules);
        last = { at: now, place: 1 + (last?.place ?? 0), record };
        history.push(last);
        one.own.push({ place: last.place, label });
      },
    });
    const one: Simulated = { pool, own: [], adopted: 0, readsAt: 0 };
    return one;
  }
  const all = Array.from({ length: processes }, made);

  function adopt(one: Simulated): void {
    if (now < one.readsAt) return;
    one.readsAt = now + delay / 2;
    const known = history.findLast(({ at }) => at + delay / 2 <= now);
    if (known === undefined || known.place <= one.adopted) return;
    one.adopted = known.place;
    one.own = one.own.filter(({ place }) => place > known.place);
    one.pool.adopt(one.own.reduce((so, { label }) => counted(so, label, one.pool.rules), known.record));
    history = history.filter(({ at, place }) => at + delay / 2 > now || place >= known.place);
  }

  return (request, process) => {
    const one = all[process];
    if (one === undefined) throw new RangeError(`there are only ${processes} processes`);
    now = request;
    if (processes > 1) adopt(one);
    return one.pool;
  };
}
