/**
 * The contract of a ledger's stores as a suite that any test runner can run, for authors of such stores.
 *
 * @example
 * describeLedgerContract({ name: 'mine', runner: { describe, it, expect }, createStore, capabilities: ['another'] });
 */

import type { Awaitable } from '../clock.ts';
import type { LedgerRow, LedgerStore } from '../ledger/contract.ts';
import { addCases } from './contract-cases.ts';
import type { LedgerCapability, LedgerCase, LedgerCaseContext } from './ledger-case.ts';
import { ledgerCases } from './ledger-cases.ts';
import { sampleBatch } from './sample-batch.ts';
import type { TestRunner } from './store-wanted.ts';

export type { LedgerCapability } from './ledger-case.ts';

export interface LedgerUnderTest {
  readonly store: LedgerStore;
  /** Another handle on the same data. */
  readonly another?: (() => Awaitable<LedgerStore>) | undefined;
  /** Reads the rows as they are stored, in the order of their instants: the contract has no query for them. */
  readonly rows?: (() => Awaitable<readonly LedgerRow[]>) | undefined;
  /** Called after each case, once every handle is closed. */
  readonly release?: (() => Awaitable<void>) | undefined;
}

export interface LedgerContractOptions {
  readonly name: string;
  readonly runner: TestRunner;
  /** A new and empty store, for each case. */
  createStore(): Awaitable<LedgerUnderTest>;
  /** Which of the optional members `createStore` returns; cases that need others are left out. */
  readonly capabilities: readonly LedgerCapability[];
  /** Cases from which the store deviates, by title, each with its reason. Such a case must fail. */
  readonly deviations?: Readonly<Record<string, string>> | undefined;
}

const allCapabilities = ['another', 'rows'] as const satisfies readonly LedgerCapability[];

export function describeLedgerContract(options: LedgerContractOptions): void {
  const { name, runner, capabilities, deviations = {} } = options;
  const { describe, it, expect } = runner;

  /** Runs one case with a store of its own, which is closed whatever happens. */
  async function run(check: (context: LedgerCaseContext, made: LedgerUnderTest) => Promise<void>) {
    const made = await options.createStore();
    const handles = [made.store];
    let sequence = 0;
    const context: LedgerCaseContext = {
      store: made.store,
      expect,
      write: (parts) => made.store.write(sampleBatch({ writer: 'suite', sequence: ++sequence, ...parts })),
      async another() {
        if (made.another === undefined) throw new Error('createStore returns no `another`.');
        const handle = await made.another();
        handles.push(handle);
        return handle;
      },
      async rows() {
        if (made.rows === undefined) throw new Error('createStore returns no `rows`.');
        return made.rows();
      },
    };
    try {
      await check(context, made);
    } finally {
      for (const handle of handles) await handle.close();
      await made.release?.();
    }
  }

  const isWanted = ({ needs }: LedgerCase) => needs === undefined || capabilities.includes(needs);

  describe(`the ${name} ledger`, () => {
    addCases({
      runner,
      cases: ledgerCases.filter(isWanted),
      known: ledgerCases,
      deviations,
      run: (one) => run(one.run),
    });
    for (const capability of allCapabilities.filter((each) => !capabilities.includes(each))) {
      it(`does not have the capability ${capability}`, () =>
        run(async (_context, made) => expect(made[capability]).toBe(undefined)));
    }
  });
}
