/**
 * Waiting: for a while that ends early with its signal, and for how long before the next attempt.
 */
import type { Clock } from '../clock.ts';

/** Resolves after `ms`. Rejects with the signal's reason as soon as it aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.schedule(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Milliseconds before attempt `attempt` (the first is 0): at least `least`, growing twofold up to `most`, and
 * scattered, so that those who began to wait at once do not come back at once.
 */
export function backOff(attempt: number, least: number, most: number): number {
  const longest = Math.min(most, least * 2 ** Math.min(attempt + 1, 30));
  return least + Math.random() * Math.max(0, longest - least);
}
