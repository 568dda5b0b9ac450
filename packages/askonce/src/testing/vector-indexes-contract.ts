/**
 * The contract of the vector indexes of a cache as a suite that any test runner can run, for authors of a
 * `SemanticOptions.index`.
 *
 * @example
 * describeVectorIndexesContract({ name: 'mine', runner: { describe, it, expect }, createOpener: () => mine(newDatabase()) });
 */

import type { Awaitable } from '../clock.ts';
import type { VectorIndexesOpener } from '../semantic/indexes/contract.ts';
import { addCases } from './contract-cases.ts';
import type { TestRunner } from './store-wanted.ts';
import { vectorIndexesCases } from './vector-indexes-cases.ts';
import { indexedCache } from './vector-indexes-set-up.ts';

export interface VectorIndexesContractOptions {
  readonly name: string;
  readonly runner: TestRunner;
  /** What opens new and empty indexes, for each case. A case opens them several times, as a process does that starts again. */
  createOpener(): Awaitable<VectorIndexesOpener>;
  /** Share of many entries that searches by their own vectors must find, for approximate indexes. Default 1. */
  readonly recall?: number | undefined;
  /** Cases from which the indexes deviate, by title, each with its reason. Such a case must fail. */
  readonly deviations?: Readonly<Record<string, string>> | undefined;
}

export function describeVectorIndexesContract(options: VectorIndexesContractOptions): void {
  const { name, runner, recall = 1, deviations = {} } = options;
  const { describe, expect } = runner;
  describe(`the ${name} vector indexes`, () => {
    addCases({
      runner,
      cases: vectorIndexesCases,
      deviations,
      async run({ run }) {
        const cache = indexedCache(await options.createOpener());
        try {
          await run({ ...cache, recall, expect });
        } finally {
          await cache.close();
        }
      },
    });
  });
}
