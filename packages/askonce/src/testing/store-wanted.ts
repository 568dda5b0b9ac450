/** What the contract of stores asks for: of a test runner, and of whoever makes the store. */
import type { SharedServices } from '../store/shared.ts';
import type { FakeClock } from './fake-clock.ts';

/** A part of a store that not every store has. */
export type StoreCapability = 'tags' | 'scan' | 'removals' | keyof SharedServices;

/** What of a test runner is used; Vitest's, Jest's and Bun's fit. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
  expect(
    value: unknown,
    message?: string,
  ): { toBe(expected: unknown): void; toEqual(expected: unknown): void };
}

/** What a case asks of the store that it is given. */
export interface StoreWanted {
  readonly clock: FakeClock;
  /** First part of the keys of entries, another one for each case (see `cachePrefix`). */
  readonly prefix: string;
  /** Bound in bytes on all that is kept. */
  readonly maxBytes: number;
  /** Entries that take more bytes are not kept. */
  readonly maxValueBytes: number;
}
