/**
 * Where a gateway keeps answers: memory above one SQLite file in the data folder.
 */
import {
  type Clock,
  holdsClasses,
  memoryStore,
  type Observer,
  type OnTrouble,
  type Store,
  tieredStore,
} from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import type { GatewayLog } from './log/log.ts';
import type { GatewaySettings } from './settings/table.ts';

export interface KeptStoreOptions {
  readonly settings: GatewaySettings;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: GatewayLog;
  readonly observe: Observer;
}

export async function openStore({ settings, folder, clock, log, observe }: KeptStoreOptions): Promise<Store> {
  const onTrouble: OnTrouble = ({ store, operation, message }) => {
    if (operation !== 'open') return observe({ type: 'store-trouble', store, operation, message });
    log.warnSeldom(`store ${store} open`, message, { store });
  };
  const lower = await sqliteStore({
    folder,
    maxBytes: settings.sqliteMaxBytes,
    maxValueBytes: settings.maxValueBytes,
    compression: {
      compression: settings.compression,
      threshold: settings.compressThreshold,
      level: settings.compressLevel,
    },
    clock,
    onTrouble,
  });
  return tieredStore({
    upper: memoryStore({ maxBytes: settings.memoryCacheSize, clock }),
    lower,
    upperHolds: holdsClasses(settings.memoryHolds),
    budgetMs: settings.storeBudgetMs,
    clock,
    onTrouble,
  });
}
