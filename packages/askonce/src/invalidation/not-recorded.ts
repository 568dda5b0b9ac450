/**
 * The failure of whoever takes something back where the log can't say that it keeps the row.
 */
import { AskonceError } from '../errors.ts';

export function notRecorded(cause: unknown): AskonceError {
  const message = 'what was to be taken back could not be recorded: the store is out of reach. Try again.';
  return new AskonceError('invalidation_failed', message, { cause });
}
