import { AskonceError } from '../errors.ts';
import type { StoreOperation } from './events.ts';

/**
 * Tells a listener. What it throws, or rejects with, is its own to tell and costs nobody an answer.
 */
export function quietly<Told>(listener: (told: Told) => unknown, told: Told): void {
  try {
    const answer = listener(told);
    // An async function passes for a listener, too; a rejection that nobody handles would end the process.
    if (answer instanceof Promise) answer.catch(ignore);
  } catch {
    // As above.
  }
}

function ignore(): void {}

/** What went wrong in a store that goes on regardless. Never carries a key, a prompt or an answer. */
export interface StoreTrouble {
  /** Name of the tier. */
  readonly store: string;
  readonly operation: 'open' | StoreOperation;
  /** One sentence for whoever runs the program. */
  readonly message: string;
  /** The driver's own error, where there is one. */
  readonly cause?: unknown;
}

/** Told once for each occurrence; what it throws or rejects with is dropped. */
export type OnTrouble = (trouble: StoreTrouble) => void;

/** Tells whoever listens. */
export function tell(onTrouble: OnTrouble | undefined, trouble: StoreTrouble): void {
  if (onTrouble !== undefined) quietly(onTrouble, trouble);
}

/** Trouble that has been told already, or that is the answer to trouble: whoever catches it does not tell it again. */
export class ReportedError extends AskonceError {
  constructor(message: string) {
    super('store_failed', message);
  }
}
