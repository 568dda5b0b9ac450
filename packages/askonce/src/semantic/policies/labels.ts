/**
 * Labels in memory, of the pools that were used last: for a store without notices.
 */
import { baseOf, type LabelStore, missingIn, withBatches } from './batches.ts';
import type { PoolRecord } from './record.ts';

export function memoryLabels(mostPools = 1_024): LabelStore {
  const records = new Map<string, PoolRecord>();

  return {
    update(pool, own, rules) {
      const stored = records.get(pool);
      const base = baseOf(stored, own, rules);
      const after = withBatches(base, own.writer, missingIn(base, own), rules);
      records.delete(pool);
      records.set(pool, after);
      const [oldest] = records.keys();
      if (records.size > mostPools && oldest !== undefined) records.delete(oldest);
      return { record: after, isWritten: after !== stored };
    },
  };
}
