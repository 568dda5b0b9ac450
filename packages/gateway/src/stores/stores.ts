/**
 * Opens a gateway's store: memory above one SQLite file in the data folder, or above a Redis that gateways share.
 */
import { memoryStore, type Store, tieredStore } from 'askonce';
import { holdsClasses } from 'askonce/gateway-kit';
import type { OnTrouble } from 'askonce/store';
import { isShared } from '../settings/redis.ts';
import { openFileTier } from './file-tier.ts';
import { asItIs, type GatewayStoreOptions } from './lower-tier.ts';
import { openRedisTier } from './redis-tier.ts';
import type { ComponentHealth } from './tier-health.ts';
import { tierHealth } from './tier-health.ts';

export interface GatewayStore {
  readonly store: Store;
  /** The health of each tier, by its name. */
  health(): Promise<Readonly<Record<string, ComponentHealth>>>;
}

export async function openStore(options: GatewayStoreOptions): Promise<GatewayStore> {
  const { settings, clock, log, observe, timed = asItIs } = options;
  const onTrouble: OnTrouble = ({ store, operation, message }) => {
    if (operation !== 'open') return observe({ type: 'store-trouble', store, operation, message });
    // Different causes keep a tier from opening, and each must be logged.
    log.warnSeldom(`store ${store} open ${message}`, message, { store });
  };
  const open = isShared(settings) ? openRedisTier : openFileTier;
  const lower = await open(options, onTrouble);
  const upper = memoryStore({ maxBytes: settings.memoryCacheSize, clock });
  const store = tieredStore({
    upper: timed(upper),
    lower: lower.store,
    upperHolds: holdsClasses(settings.memoryHolds),
    budgetMs: settings.storeBudgetMs,
    clock,
    onTrouble,
  });
  return {
    store,
    health: async () => ({
      [upper.name]: await tierHealth(upper, clock),
      [lower.store.name]: await lower.health(),
    }),
  };
}
