/** A query for all counters, of which a case names the parts that it is about. */
import type { CounterQuery } from '../../ledger/contract.ts';

export function all(own: Partial<CounterQuery> = {}): CounterQuery {
  return { from: 0, to: Number.MAX_SAFE_INTEGER, where: {}, by: 'bucket', ...own };
}
