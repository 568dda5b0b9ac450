/**
 * Figures that may come late: a scrape gets the last known instead of waiting.
 */
import type { Clock } from 'askonce';

/** How long a scrape waits, in ms. Prometheus gives up after 10 s by default, and after 250 ms in a tight setting. */
const patienceMs = 100;

/** Asks, but only once at a time; resolves with the answer, or with the last one if this is late or fails. */
export function lastKnown<T>(ask: () => Promise<T>, clock: Clock): () => Promise<T | undefined> {
  let last: T | undefined;
  let asking: Promise<void> | undefined;

  async function askOnce(): Promise<void> {
    try {
      last = await ask();
    } catch {
      // The store reports why.
    } finally {
      asking = undefined;
    }
  }

  return async () => {
    asking ??= askOnce();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = clock.schedule(resolve, patienceMs);
    await Promise.race([asking, late]);
    cancel();
    return last;
  };
}
