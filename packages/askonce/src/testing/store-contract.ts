/**
 * The contract of stores as a suite that any test runner can run, for authors of stores.
 *
 * @example
 * describeStoreContract({ name: 'mine', runner: { describe, it, expect }, createStore, capabilities: [] });
 */

import { randomBytes } from 'node:crypto';
import type { Awaitable } from '../clock.ts';
import { entryKey } from '../identity/key.ts';
import type { Store } from '../store/contract.ts';
import { addCases } from './contract-cases.ts';
import { fakeClock } from './fake-clock.ts';
import type { StoreCase, StoreCaseContext } from './store-case.ts';
import { capabilityOf } from './store-cases/capable.ts';
import { storeCases } from './store-cases.ts';
import type { StoreCapability, StoreWanted, TestRunner } from './store-wanted.ts';

export type { StoreCapability, StoreWanted, TestRunner } from './store-wanted.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** Another handle on the same data; absent if there can be none. */
  readonly again?: (() => Awaitable<Store>) | undefined;
  /** Called after each case, once every handle is closed. */
  readonly release?: (() => Awaitable<void>) | undefined;
}

export interface StoreContractOptions {
  readonly name: string;
  readonly runner: TestRunner;
  /** A new and empty store, for each case. */
  createStore(wanted: StoreWanted): Awaitable<StoreUnderTest>;
  /** What the store has besides entries. What is missing here must be absent. */
  readonly capabilities: readonly StoreCapability[];
  /** Cases from which the store deviates, by title, each with its reason. Such a case must fail. */
  readonly deviations?: Readonly<Record<string, string>> | undefined;
}

const allCapabilities = [
  'marks',
  'notices',
  'log',
  'feed',
  'tags',
  'scan',
  'browse',
  'vectors',
  'removals',
  'leases',
  'leased-looks',
  'following',
] as const satisfies readonly StoreCapability[];

export function describeStoreContract(options: StoreContractOptions): void {
  const { name, runner, capabilities, deviations = {} } = options;
  const { describe, it, expect } = runner;

  /** Runs one case with a store of its own, which is closed whatever happens. */
  async function run(wantedCase: StoreCase): Promise<void> {
    const clock = fakeClock();
    const prefix = `t${randomBytes(6).toString('hex')}`;
    const wanted = { clock, prefix, maxBytes: 8_388_608, maxValueBytes: 1_310_720, ...wantedCase.wants };
    const { store, again, release } = await options.createStore(wanted);
    const handles = [store];
    const context: StoreCaseContext = {
      ...wanted,
      store,
      expect,
      keyOf: (fingerprint) => entryKey({ prefix, partition: 'partition', language: 'en', fingerprint }),
      async another() {
        const handle = await again?.();
        if (handle !== undefined) handles.push(handle);
        return handle;
      },
    };
    try {
      await wantedCase.run(context);
    } finally {
      for (const handle of handles) await handle.close();
      await release?.();
    }
  }

  const isWanted = ({ capability }: StoreCase) =>
    capability === undefined || capabilities.includes(capability);

  describe(`the ${name} store`, () => {
    addCases({ runner, cases: storeCases.filter(isWanted), known: storeCases, deviations, run });
    for (const capability of allCapabilities.filter((each) => !capabilities.includes(each))) {
      it(`does not have the capability ${capability}`, () =>
        run({
          title: capability,
          async run({ store }) {
            expect(capabilityOf(store, capability)).toBe(undefined);
          },
        }));
    }
  });
}
