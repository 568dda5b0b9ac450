/**
 * Taking answers back: by selector, by domain event, and all of one user's.
 */
import { AskonceError } from '../errors.ts';
import type { House } from './ask.ts';

/** See `Cache.invalidate`. */
export function invalidate(
  _house: House,
  _selector: unknown,
  _options: { readonly dryRun?: boolean | undefined },
): Promise<number> {
  return Promise.reject(new AskonceError('internal', 'not there yet'));
}

/** See `Cache.tell`. */
export function tellEvent(_house: House, _event: unknown): Promise<number> {
  return Promise.reject(new AskonceError('internal', 'not there yet'));
}

/** See `Cache.erase`. */
export function erase(_house: House, _user: string): Promise<number> {
  return Promise.reject(new AskonceError('internal', 'not there yet'));
}
