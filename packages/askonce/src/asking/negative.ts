/**
 * Negative caching: errors that the provider is bound to give again are remembered, and given again without asking.
 */
import type { Landing } from '../flight/flight.ts';
import type { Reply } from '../reply.ts';
import type { Awaitable } from '../store/contract.ts';
import type { Ask, House } from './ask.ts';

/** The remembered error for this request as a reply, or undefined where there is none. Asked for after a miss. Never rejects. */
export function rememberedError(_house: House, _ask: Ask): Awaitable<Reply | undefined> {
  return undefined;
}

/** Remembers an error that a provider call of this request came to, if it is of a kind to be remembered. Never rejects. */
export function rememberError(_house: House, _ask: Ask, _landing: Landing): Promise<void> {
  return Promise.resolve();
}

/** Forgets that this credential is held back, once the provider has answered it well. Never throws. */
export function forgetError(_house: House, _ask: Ask): void {}
