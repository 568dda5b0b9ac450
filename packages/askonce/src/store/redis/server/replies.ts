/** Parses replies of the server: texts, whole numbers and lists. A reply of another type is an error. */
import { AskonceError } from '../../../errors.ts';
import type { Reply } from './client.ts';

/** @throws AskonceError `store_failed` */
export function textOf(reply: Reply): string {
  if (typeof reply === 'string') return reply;
  return Buffer.isBuffer(reply) ? reply.toString('utf8') : unforeseen();
}

/** A whole number, as a number or as text. @throws AskonceError `store_failed` */
export function wholeOf(reply: Reply): number {
  const number = typeof reply === 'number' ? reply : Number(textOf(reply));
  return Number.isSafeInteger(number) ? number : unforeseen();
}

/** @throws AskonceError `store_failed` */
export function listOf(reply: Reply): readonly Reply[] {
  return Array.isArray(reply) ? reply : unforeseen();
}

/** @throws AskonceError `store_failed` */
export function unforeseen(): never {
  throw new AskonceError(
    'store_failed',
    'The server of the Redis tier sent a reply that Redis never sends; check that REDIS_URL names a Redis.',
  );
}
