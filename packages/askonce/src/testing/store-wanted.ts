/** The contract suite's requirements of a test runner and of the function that creates a store. */
import type { SharedServices } from '../store/shared.ts';
import type { FakeClock } from './fake-clock.ts';

/** A part of a store that not every store has. */
export type StoreCapability =
  | 'tags'
  | 'scan'
  | 'browse'
  | 'vectors'
  | 'removals'
  | 'leased-looks'
  | keyof SharedServices;

/** The part of a test runner that the suite uses; Vitest, Jest and Bun fit. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
  expect(
    value: unknown,
    message?: string,
  ): { toBe(expected: unknown): void; toEqual(expected: unknown): void };
}

/** The properties that a case requires of its store. */
export interface StoreWanted {
  readonly clock: FakeClock;
  /** First part of the keys of entries, another one for each case (see `cachePrefix`). */
  readonly prefix: string;
  /** Bound on the whole store, in bytes. */
  readonly maxBytes: number;
  /** Largest entry, in bytes. */
  readonly maxValueBytes: number;
}
