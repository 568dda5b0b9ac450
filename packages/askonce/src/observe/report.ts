/**
 * Reporting: how listeners are called, and the one way in which trouble with a store reaches them.
 */
import { AskonceError } from '../errors.ts';
import type { StoreOperation } from './causes.ts';
import type { Observer } from './events.ts';

/** Calls a listener. An error that it throws, or rejects with, is dropped: a listener must never cost an answer. */
export function notify<Event>(listener: (event: Event) => unknown, event: Event): void {
  try {
    const result = listener(event);
    // An async function is a valid listener; a rejection without a handler would end the process.
    if (result instanceof Promise) result.catch(ignore);
  } catch {
    // Dropped, as documented.
  }
}

function ignore(): void {}

/** The message of a thrown value, which may be anything. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}

/** Trouble that a store survives. Never carries a key, a prompt or an answer. */
export interface StoreTrouble {
  /** Name of the tier. */
  readonly store: string;
  readonly operation: 'open' | StoreOperation;
  /** One sentence for the operator. */
  readonly message: string;
  /** The driver's own error, if there is one. */
  readonly cause?: unknown;
}

/** Called once for each occurrence. An error that it throws or rejects with is dropped. */
export type OnTrouble = (trouble: StoreTrouble) => void;

/** Reports trouble from within a store to the listener that its options name. */
export function reportTrouble(onTrouble: OnTrouble | undefined, trouble: StoreTrouble): void {
  if (onTrouble !== undefined) notify(onTrouble, trouble);
}

/** The error of a store that has reported its trouble already. The caller that catches it must not report it again. */
export class ReportedError extends AskonceError {
  constructor(message: string) {
    super('store_failed', message);
  }
}

/** Where a cache reports: its observer, and the store that the report names. */
export interface TroubleReporter {
  readonly store: { readonly name: string };
  readonly observe: Observer;
}

/** Reports a failed call to the cache's store as an event; says nothing if the store has reported it already. */
export function observeTrouble(
  { store, observe }: TroubleReporter,
  operation: StoreOperation,
  error: unknown,
): void {
  if (error instanceof ReportedError) return;
  observe({ type: 'store-trouble', store: store.name, operation, message: messageOf(error) });
}
