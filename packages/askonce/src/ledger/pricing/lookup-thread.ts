/** Looks up prices in a thread, so that reading the price list does not hold the event loop. */
import type { Port } from '../../threads/messages.ts';
import { type Catalogue, type Listing, loadCatalogue, type ModelQuery } from './catalogue.ts';

/** The program of the thread: answers one look-up. */
export function run(queries: readonly ModelQuery[], port: Port<never, readonly Listing[]>): void {
  const catalogue = loadCatalogue();
  port.send(queries.map((query) => listingOf(catalogue, query)));
  port.close();
}

/** A price list that fails at one model must not withhold all others. */
function listingOf(catalogue: Catalogue, query: ModelQuery): Listing {
  try {
    return catalogue.find(query);
  } catch {
    return { seller: undefined, listed: undefined };
  }
}
