/**
 * Bodies that differ by key, that no compression shortens, and that a reader can make again to compare.
 */
import { createHash } from 'node:crypto';

export function bodyOf(key: string, bytes: number): Buffer {
  return createHash('shake256', { outputLength: Math.max(1, bytes) })
    .update(key)
    .digest();
}
