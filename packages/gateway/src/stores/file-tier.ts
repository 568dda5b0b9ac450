/**
 * The durable tier of a single gateway: one SQLite file in the data folder.
 */
import { sqliteStore } from 'askonce/sqlite';
import type { OnTrouble } from 'askonce/store';
import { asItIs, encodingOf, type GatewayStoreOptions, type LowerTier } from './lower-tier.ts';
import { tierHealth } from './tier-health.ts';

export async function openFileTier(
  { settings, folder, thread, clock, timed = asItIs }: GatewayStoreOptions,
  onTrouble: OnTrouble,
): Promise<LowerTier> {
  const store = await sqliteStore({
    ...encodingOf(settings),
    folder,
    maxBytes: settings.sqliteMaxBytes,
    thread,
    clock,
    onTrouble,
  });
  return { store: timed(store), health: () => tierHealth(store, clock) };
}
