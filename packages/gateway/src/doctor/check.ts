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

/** What an error says to an operator. The messages of other errors than our own may hold a secret, their codes do not. */
export function messageOf(error: unknown): string {
  if (AskonceError.isInstance(error)) return error.message;
  return `unexpected error (${kindOf(error)}); start the gateway, and report what it logs`;
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
