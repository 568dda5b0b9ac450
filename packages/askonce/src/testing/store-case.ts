/** A case of the contract suite, and the context that it runs in. */
import type { Store } from '../store/contract.ts';
import type { StoreCapability, StoreWanted, TestRunner } from './store-wanted.ts';

export interface StoreCaseContext extends StoreWanted {
  readonly store: Store;
  readonly expect: TestRunner['expect'];
  /** Another handle on the same data, or undefined if the store can have none. */
  another(): Promise<Store | undefined>;
  /** A key as entries have them: after the prefix, and with `name` in the braces. */
  keyOf(name: string): string;
}

export interface StoreCase {
  readonly title: string;
  /** Only for stores that declare it. */
  readonly capability?: StoreCapability;
  readonly wants?: Partial<Pick<StoreWanted, 'maxBytes' | 'maxValueBytes'>>;
  run(context: StoreCaseContext): Promise<void>;
}
