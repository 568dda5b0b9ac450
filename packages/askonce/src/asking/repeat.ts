/**
 * The same caller asking the same again at once: one who did not like the answer (`repeatMs`).
 */
import type { Awaitable } from '../store/contract.ts';
import type { Ask, House } from './ask.ts';

/** Whether this caller was given an answer to this question within the last `repeatMs`, and so is to get another. Never rejects. */
export function isRepeat(_house: House, _ask: Ask): Awaitable<boolean> {
  return false;
}

/** Notes that the caller has been given an answer. Never throws. */
export function noteAnswered(_house: House, _ask: Ask): void {}
