/**
 * The configured keys of admin calls, and the comparison with what a caller sends.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { AdminKey } from '../settings/admin-keys.ts';
import type { Identified } from './caller.ts';

/** The caller that a key identifies; undefined for a wrong key. */
export type KeyRing = (given: string) => Identified | undefined;

export function keyRing(keys: readonly AdminKey[]): KeyRing {
  const known = keys.map(({ name, role, key }) => ({
    digest: digestOf(key),
    caller: { name, role, credential: 'key' } as const,
  }));
  return (given) => {
    const digest = digestOf(given);
    let found: Identified | undefined;
    // Digests have one length and every key is compared, so that the time reveals nothing about a key, not even its
    // length or its place in the list.
    for (const one of known) if (timingSafeEqual(digest, one.digest)) found = one.caller;
    return found;
  };
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
