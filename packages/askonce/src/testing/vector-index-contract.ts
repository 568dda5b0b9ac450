/**
 * The contract of vector indexes as a suite that any test runner can run, for authors of indexes.
 *
 * @example
 * describeVectorIndexContract({ name: 'mine', runner: { describe, it, expect }, createIndex: (dimension) => mine(dimension) });
 */
import type { Awaitable } from '../clock.ts';
import type { VectorIndex } from '../semantic/contract.ts';
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
  const { describe, it, expect } = runner;
  describe(`the ${name} vector index`, () => {
    for (const { title, dimension, run } of vectorIndexCases) {
      const reason = deviations[title];
      const check = async () => {
        const index = await options.createIndex(dimension);
        try {
          await run({ index, dimension, expect, settled: () => settled(index) });
        } finally {
          index.close();
        }
      };
      if (reason === undefined) it(title, check);
      else {
        it(`deviates: ${title} (${reason})`, async () => {
          const passes = await check().then(
            () => true,
            () => false,
          );
          expect(passes, 'the case passes, so it is not a deviation').toBe(false);
        });
      }
    }
    it('deviates only from cases that exist', async () => {
      const titles = new Set(vectorIndexCases.map(({ title }) => title));
      expect(Object.keys(deviations).filter((title) => !titles.has(title))).toEqual([]);
    });
  });
}
