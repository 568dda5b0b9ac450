/**
 * Where the labels of pools are counted.
 *
 * A store counts a label with one id once, however often it comes, and applies labels one after another: `counted` on the record
 * that it has. It never holds raw labels for longer than it takes to count them.
 */
import type { Awaitable } from '../../clock.ts';
import { counted, type Label, newRecord, type PoolRecord, type Rules } from './record.ts';

export interface LabelStore {
  /** The record of a pool; a new one if there is none. Rejects if it cannot be read. */
  load(pool: string, rules: Rules): Awaitable<PoolRecord>;
  /** Counts labels and returns the record after them, with those of other processes. Rejects if it may not have counted them all. */
  append(pool: string, labels: readonly Label[], rules: Rules): Awaitable<PoolRecord>;
}

/** Labels in memory, of the pools that were used last. */
export function memoryLabels(mostPools = 1_024): LabelStore {
  const records = new Map<string, PoolRecord>();

  function set(pool: string, record: PoolRecord): PoolRecord {
    records.delete(pool);
    records.set(pool, record);
    const [oldest] = records.keys();
    if (records.size > mostPools && oldest !== undefined) records.delete(oldest);
    return record;
  }

  const load = (pool: string, rules: Rules) => set(pool, records.get(pool) ?? newRecord(rules));
  return {
    load,
    append: (pool, labels, rules) =>
      set(
        pool,
        labels.reduce((record, label) => counted(record, label, rules), load(pool, rules)),
      ),
  };
}
