/**
 * The health of a tier, from its own figures.
 */
import { AskonceError, type Clock, type Store, type StoreStatistics } from 'askonce';

/** The health of one component; further fields are the component's own. */
export interface ComponentHealth {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly [detail: string]: unknown;
}

/** Time limit for a tier's figures, in ms. */
const patienceMs = 1000;

const late = Symbol('late');

/** `ping` measures the latency of a server, if there is one; else the latency is the time that the figures took. */
export async function tierHealth(
  store: Store,
  clock: Clock,
  ping?: () => Promise<{ readonly latencyMs: number }>,
): Promise<ComponentHealth> {
  const began = clock.monotonic();
  try {
    const answer = await inTime(clock, Promise.all([store.statistics(), ping?.()]));
    if (answer === late) return { status: 'down', reason: `no answer within ${patienceMs} ms` };
    const [{ entries, entriesEstimated, bytes, maxBytes, evictions }, pinged] = answer;
    const latencyMs = pinged?.latencyMs ?? clock.monotonic() - began;
    const figures = {
      entries,
      ...(entriesEstimated && { entriesEstimated }),
      bytes,
      ...(maxBytes !== undefined && { maxBytes }),
      evictions,
    };
    return { status: 'ok', latencyMs: roundedMs(latencyMs), ...figures };
  } catch (error) {
    return { status: 'down', reason: AskonceError.isInstance(error) ? error.message : 'it failed' };
  }
}

/** A latency as a report shows it: in hundredths of a millisecond. */
export function roundedMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** A tier's figures, or its last ones if it does not answer in time. */
export function statisticsInTime(store: Store, clock: Clock): () => Promise<StoreStatistics> {
  const nothing = { hits: 0, misses: 0, evictions: 0, unreadable: 0, refused: {} };
  let last: StoreStatistics = { name: store.name, entries: 0, bytes: 0, ...nothing };
  return async () => {
    const figures = await inTime(clock, Promise.resolve(store.statistics()));
    if (figures !== late) last = figures;
    return last;
  };
}

/** Resolves as `pending` does, or with {@link late} if that takes too long. */
function inTime<T>(clock: Clock, pending: Promise<T>): Promise<T | typeof late> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(() => resolve(late), patienceMs);
    pending.then(resolve, reject).finally(cancel);
  });
}
