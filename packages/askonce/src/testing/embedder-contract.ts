/**
 * The contract of embedders as a suite that any test runner can run, for authors of embedders.
 *
 * @example
 * describeEmbedderContract({ name: 'mine', kind: 'in-process', runner: { describe, it, expect }, createEmbedder });
 */

import type { Awaitable } from '../clock.ts';
import type { Embedder } from '../semantic/contract.ts';
import { addCases } from './contract-cases.ts';
import { type EmbedderCase, embedderCases } from './embedder-cases.ts';
import type { TestRunner } from './store-wanted.ts';

export interface EmbedderUnderTest {
  readonly embedder: Embedder;
  /** Called after each case, once the embedder is closed. */
  readonly release?: (() => Awaitable<void>) | undefined;
}

export interface EmbedderWanted {
  /** Answers must not come: what the embedder waits for is silent. Only of embedders of the kind `remote`. */
  readonly isStalled: boolean;
}

export interface EmbedderContractOptions {
  readonly name: string;
  readonly runner: TestRunner;
  /** Whether the embedder answers by itself, or waits for something outside the process. */
  readonly kind: 'in-process' | 'remote';
  /** A new embedder, for each case. */
  createEmbedder(wanted: EmbedderWanted): Awaitable<EmbedderUnderTest>;
  /** A text that it does not know; absent if it knows every text. */
  readonly unknownText?: string | undefined;
  /** Cases from which the embedder deviates, by title, each with its reason. Such a case must fail. */
  readonly deviations?: Readonly<Record<string, string>> | undefined;
}

export function describeEmbedderContract(options: EmbedderContractOptions): void {
  const { name, runner, kind, unknownText, deviations = {} } = options;
  const { describe, expect } = runner;
  const cases = embedderCases.filter((each) => each.kind === undefined || each.kind === kind);

  /** Runs one case with an embedder of its own, which is closed whatever happens. */
  async function run({ isStalled = false, run: check }: EmbedderCase): Promise<void> {
    const { embedder, release } = await options.createEmbedder({ isStalled });
    try {
      await check({ embedder, expect, unknownText });
    } finally {
      await embedder.close?.();
      await release?.();
    }
  }

  describe(`the ${name} embedder`, () => {
    addCases({ runner, cases, deviations, run });
  });
}
