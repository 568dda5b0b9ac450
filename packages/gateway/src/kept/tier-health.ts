/**
 * How a tier is, as far as its own figures tell.
 */
import type { Clock, Store } from 'askonce';
import type { ComponentHealth } from '../admin/health.ts';

/** Milliseconds that a tier gets to answer when it is asked for its health. */
const patienceMs = 1000;

const late = Symbol('late');

export async function tierHealth(store: Store, clock: Clock): Promise<ComponentHealth> {
  const began = clock.monotonic();
  try {
    const figures = await inTime(clock, Promise.resolve(store.statistics()));
    if (figures === late) return { status: 'down', reason: `no answer within ${patienceMs} ms` };
    const { entries, bytes, evictions } = figures;
    return { status: 'ok', latencyMs: rounded(clock.monotonic() - began), entries, bytes, evictions };
  } catch {
    return { status: 'down', reason: 'it failed' };
  }
}

/** What `pending` becomes, or {@link late} where that takes too long. */
function inTime<T>(clock: Clock, pending: Promise<T>): Promise<T | typeof late> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(() => resolve(late), patienceMs);
    pending.then(resolve, reject).finally(cancel);
  });
}

export function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
