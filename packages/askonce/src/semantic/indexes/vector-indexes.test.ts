import { describe, expect, it } from 'vitest';
import { describeVectorIndexesContract } from '../../testing/vector-indexes-contract.ts';
import { openVectorIndexes } from './indexes.ts';

const runner = { describe, it, expect };

describeVectorIndexesContract({ name: 'in-process', runner, createOpener: () => openVectorIndexes });
describeVectorIndexesContract({
  name: 'in-process, without usearch',
  runner,
  createOpener: () => (options) =>
    openVectorIndexes({ ...options, usearch: () => Promise.reject(new Error('not installed')) }),
});
