/** The contract of vector indexes, kept by a real pgvector: by comparing all vectors, and by its index. */
import { describe, expect, it, vi } from 'vitest';
import { startPglite } from '../../../../../test/support/pglite.ts';
import { systemClock } from '../../clock.ts';
import { describeVectorIndexesContract } from '../../testing/vector-indexes-contract.ts';
import type { VectorIndexesOpener } from '../indexes/contract.ts';
import { sharedIndexes } from './shared-indexes.ts';

// WebAssembly beside other tests: thousands of vectors take a while.
vi.setConfig({ testTimeout: 180_000 });

const pglite = await startPglite();
let schemas = 0;

/** The time of entries is the test's; the background work waits by that of the machine. */
function inRealTime(open: VectorIndexesOpener): VectorIndexesOpener {
  return (options) => open({ ...options, clock: { ...systemClock, now: () => options.clock.now() } });
}

for (const [name, mostScanned, recall] of [
  ['pgvector', 4_000, 1],
  // The levels of a graph are random: in some, a dozen vectors that are nearly equal cannot be reached.
  ['large pgvector', 1, 0.95],
] as const) {
  describeVectorIndexesContract({
    name,
    recall,
    runner: { describe, it, expect },
    createOpener() {
      schemas += 1;
      const url = pglite.url(`contract${schemas}`);
      return inRealTime(sharedIndexes({ url, poolSize: 1, budgetMs: 30_000, mostScanned }));
    },
  });
}
