/**
 * One thing that was checked.
 */
import { AskonceError } from 'askonce';

export interface Check {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly what: string;
  /** What was found and, unless it is well, what to do. */
  readonly message: string;
}

/** What an error says to an operator. */
export function messageOf(error: unknown): string {
  return AskonceError.isInstance(error) ? error.message : 'it failed for an unknown reason; see the log';
}
