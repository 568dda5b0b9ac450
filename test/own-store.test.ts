/** Runs the contract suite on the example of a store of your own. */
import { describeStoreContract } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { mapStore } from '../examples/own-store/map-store.ts';

const ownEntries = 'each has its own entries, and they end with the process';

describeStoreContract({
  name: 'map',
  runner: { describe, it, expect },
  capabilities: [],
  createStore: ({ maxBytes, clock }) => ({ store: mapStore({ maxBytes, clock }) }),
  deviations: {
    "shows one handle another handle's writes and deletions, once they are durable": ownEntries,
    'still has its entries when it is opened again': ownEntries,
  },
});
