/** Calls to a tier that may fail, lie or never come back. */
import type { Clock } from '../clock.ts';
import type { Awaitable } from './contract.ts';

/** Whether a value is still to come. */
export function isPending<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise || (typeof value === 'object' && value !== null && 'then' in value);
}

export const tooSlow = Symbol('too slow');

/**
 * What `pending` becomes, or {@link tooSlow} once the budget is spent. What comes later is dropped, a failure too.
 */
export function within<T>(clock: Clock, budgetMs: number, pending: Promise<T>): Promise<T | typeof tooSlow> {
  return new Promise((resolve, reject) => {
    // A turn of the event loop later: where this process was too busy to look, what has come meanwhile still counts.
    const cancel = clock.schedule(() => setImmediate(() => resolve(tooSlow)), budgetMs);
    pending.then(resolve, reject).finally(cancel);
  });
}

/** `next` applied now where the value is at hand, else when it comes. */
export function andThen<A, B>(value: Awaitable<A>, next: (value: A) => Awaitable<B>): Awaitable<B> {
  return isPending(value) ? value.then(next) : next(value);
}
