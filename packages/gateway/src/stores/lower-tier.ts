/**
 * What is below the memory tier, and what opening it takes.
 */
import { type Clock, keyRing, type Observer, type Store } from 'askonce';
import type { Flags } from 'askonce/gateway-kit';
import type { GatewayLog } from '../log/log.ts';
import type { GatewaySettings } from '../settings/table.ts';
import type { ComponentHealth } from './tier-health.ts';

export interface KeptStoreOptions {
  readonly settings: GatewaySettings;
  readonly folder: string;
  readonly secret: string;
  readonly flags: Flags;
  readonly clock: Clock;
  readonly log: GatewayLog;
  readonly observe: Observer;
}

/** What is below the memory tier. */
export interface LowerTier {
  readonly store: Store;
  health(): Promise<ComponentHealth>;
}

/** How entries are written below the memory tier. */
export function encodingOf(settings: GatewaySettings) {
  return {
    maxValueBytes: settings.maxValueBytes,
    compression: {
      compression: settings.compression,
      threshold: settings.compressThreshold,
      level: settings.compressLevel,
    },
    encryption: keyRing(settings.encryptionKeys),
  };
}
