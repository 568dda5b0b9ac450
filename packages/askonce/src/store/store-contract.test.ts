import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeStoreContract, type StoreUnderTest, type StoreWanted } from '../testing/store-contract.ts';
import { memoryStore } from './memory/store.ts';
import { sqliteStore } from './sqlite/store.ts';
import { tieredStore } from './stack/tiered.ts';

const runner = { describe, it, expect };
const veryBuffer = 'memory hands out the very buffer that goes on the wire; recordings are never modified';
const ownMemory = 'each memory store is its own';

describeStoreContract({
  name: 'memory',
  runner,
  capabilities: ['log', 'tags', 'scan', 'browse', 'removals'],
  createStore: ({ clock, maxBytes }) => ({ store: memoryStore({ clock, maxBytes }) }),
  deviations: {
    'returns a copy: changes to a returned entry have no effect': veryBuffer,
    "shows one handle another handle's writes and deletions, once they are durable": ownMemory,
    'still has its entries when it is opened again': ownMemory,
  },
});

async function sqliteUnderTest(wanted: StoreWanted): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-store-'));
  const again = () => sqliteStore({ folder, ...wanted });
  return { store: await again(), again, release: () => rmSync(folder, { recursive: true }) };
}

describeStoreContract({
  name: 'SQLite',
  runner,
  capabilities: ['marks', 'notices', 'log', 'feed', 'tags', 'scan', 'browse', 'vectors', 'removals'],
  createStore: sqliteUnderTest,
});

describeStoreContract({
  name: 'tiered',
  runner,
  capabilities: ['marks', 'notices', 'log', 'feed', 'tags', 'scan', 'browse', 'vectors', 'removals'],
  async createStore(wanted) {
    const { clock } = wanted;
    const upperHolds = (bytes: number) => bytes < 4_096;
    const lower = await sqliteUnderTest(wanted);
    const stacked = (store: StoreUnderTest['store']) =>
      tieredStore({ upper: memoryStore({ clock, maxBytes: 65_536 }), lower: store, clock, upperHolds });
    return {
      ...lower,
      store: stacked(lower.store),
      again: async () => stacked((await lower.again?.()) ?? lower.store),
    };
  },
  deviations: {
    'returns a copy: changes to a returned entry have no effect': veryBuffer,
    "shows one handle another handle's writes and deletions, once they are durable":
      'the memory above does not hear of others; the invalidation log is there for that',
  },
});
