/**
 * The durable tier of a gateway on its own: one SQLite file in the data folder.
 */

import { sqliteStore } from 'askonce/sqlite';
import type { OnTrouble } from 'askonce/store';
import { encodingOf, type KeptStoreOptions, type LowerTier } from './lower-tier.ts';
import { tierHealth } from './tier-health.ts';

export async function openFileTier(
  { settings, folder, clock }: KeptStoreOptions,
  onTrouble: OnTrouble,
): Promise<LowerTier> {
  const store = await sqliteStore({
    ...encodingOf(settings),
    folder,
    maxBytes: settings.sqliteMaxBytes,
    clock,
    onTrouble,
  });
  return { store, health: () => tierHealth(store, clock) };
}
