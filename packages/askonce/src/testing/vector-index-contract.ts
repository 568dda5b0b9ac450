/**
 * The contract of vector indexes as a suite that any test runner can run, for authors of indexes.
 *
 * @example
 * describeVectorIndexContract({ name: 'mine', runner: { describe, it, expect }, createIndex: (dimension) => mine(dimension) });
 */

import type { Awaitable } from '../clock.ts';
import type { VectorIndex } from '../semantic/contract.ts';
import { addCases } from './contract-cases.ts';
import type { TestRunner } from './store-wanted.ts';
import { vectorIndexCases } from './vector-index-cases.ts';

export interface VectorIndexContractOptions {
  readonly name: string;
  readonly runner: TestRunner;
  /** A new and empty index of vectors with so many components, for each case. */
  createIndex(dimension: number): Awaitable<VectorIndex>;
  /** Awaited after many vectors were added: an index may arrange them in the background. */
  readonly settled?: ((index: VectorIndex) => Promise<void>) | undefined;
  /** Cases from which the index deviates, by title, each with its reason. Such a case must fail. */
  readonly deviations?: Readonly<Record<string, string>> | undefined;
}

export function describeVectorIndexContract(options: VectorIndexContractOptions): void {
  const { name, runner, deviations = {}, settled = () => Promise.resolve() } = options;
  const { describe, expect } = runner;
  describe(`the ${name} vector index`, () => {
    addCases({
      runner,
      cases: vectorIndexCases,
      deviations,
      async run({ dimension, run }) {
        const index = await options.createIndex(dimension);
        try {
          await run({ index, dimension, expect, settled: () => settled(index) });
        } finally {
          index.close();
        }
      },
    });
  });
}
