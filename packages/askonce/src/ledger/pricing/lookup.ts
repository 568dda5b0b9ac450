/** Prices that are looked up in a thread, so that reading the price list does not hold the event loop. */
import { type Clock, systemClock, tooSlow, within } from '../../clock.ts';
import { programBeside, type SharedThread } from '../../threads/shared-thread.ts';
import { type Listing, loadCatalogue, type ModelQuery } from './catalogue.ts';
import type { Pricing } from './contract.ts';
import { type PricingOptions, pricingBy } from './pricing.ts';

const program = programBeside(import.meta.url, 'lookup-thread');
/** How long a look-up may take, in ms. */
const patienceMs = 10_000;

export interface ThreadPricingOptions extends PricingOptions {
  /** Reads the price list, and holds it until it ends: some 6 MB. A thread for this alone would leave 10 MB behind each time. */
  readonly thread: SharedThread;
  readonly clock?: Clock | undefined;
}

/**
 * Prices that are looked up in a thread; in this one, if that fails.
 *
 * @throws AskonceError `invalid_settings` if `prices` do not fit their schema
 */
export function threadPricing({
  thread,
  clock = systemClock,
  ...options
}: ThreadPricingOptions): Required<Pricing> {
  return pricingBy(async (queries) => {
    const found = await within(clock, patienceMs, lookedUpIn(thread, queries));
    return found === undefined || found === tooSlow ? queries.map(loadCatalogue().find) : found;
  }, options);
}

/** Undefined if the thread could not start, or ended. */
function lookedUpIn(
  thread: SharedThread,
  queries: readonly ModelQuery[],
): Promise<readonly Listing[] | undefined> {
  return new Promise((resolve) => {
    thread.start<readonly Listing[], never>(program, queries, {
      onMessage: resolve,
      onEnd: () => resolve(undefined),
    });
  });
}
