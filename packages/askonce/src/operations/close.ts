/**
 * Closing a cache: flights end first, then what listens to entries, then the store and the ledger.
 */
import type { Engine } from '../engine/engine.ts';
import { AskonceError } from '../errors.ts';

/** Parts of a cache that are closed between its flights and its store, in this order. */
interface Closable {
  readonly refresh: { close(): Promise<unknown> };
  readonly maintenance: { close(): Promise<unknown> };
  readonly distributed: { close(): Promise<unknown> };
  readonly semantic: { close(): Promise<unknown> };
  readonly flags: { close(): void };
  readonly ledger: { close(): Promise<void> } | undefined;
}

/** Makes the function that closes the cache; flights have `graceMs` to end. */
export function closing(
  { clock, flights, access, log, store }: Engine,
  { refresh, maintenance, distributed, semantic, flags, ledger }: Closable,
): (graceMs: number) => Promise<void> {
  return async (graceMs) => {
    let stopWaiting = () => {};
    const grace = new Promise<void>((resolve) => {
      stopWaiting = clock.schedule(resolve, graceMs);
    });
    const refreshed = refresh.close();
    await Promise.race([flights.settle(), grace]);
    stopWaiting();
    flights.cancelAll(new AskonceError('shutting_down', 'The process is shutting down; ask again later.'));
    await flights.settle();
    await Promise.all([refreshed, maintenance.close()]);
    await distributed.close();
    await semantic.close();
    flags.close();
    access.close();
    log.close();
    try {
      await store.close();
    } finally {
      await ledger?.close();
    }
  };
}
