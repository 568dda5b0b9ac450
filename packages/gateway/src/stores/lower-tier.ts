/**
 * The tier below memory: what it offers, and the options that open it.
 */
import { type Clock, keyRing, type Observer, type Store } from 'askonce';
import type { Flags } from 'askonce/gateway-kit';
import type { SharedThread } from 'askonce/sqlite';
import type { GatewayLog } from '../log/log.ts';
import type { SourceOf } from '../settings/read.ts';
import type { GatewaySettings } from '../settings/table.ts';
import type { ComponentHealth } from './tier-health.ts';

export interface GatewayStoreOptions {
  readonly settings: GatewaySettings;
  readonly sourceOf: SourceOf;
  readonly folder: string;
  /** Opens the store only to see whether it is well: nothing is claimed in a shared store. Default false. */
  readonly isCheck?: boolean | undefined;
  readonly secret: string;
  /** Writes the file; default: the store has a thread of its own. */
  readonly thread?: SharedThread | undefined;
  readonly flags: Flags;
  readonly clock: Clock;
  readonly log: GatewayLog;
  readonly observe: Observer;
  /** Wraps a tier so that its calls are timed. Default: they are not. */
  readonly timed?: ((store: Store) => Store) | undefined;
}

/** A store that is not timed. */
export const asItIs = (store: Store): Store => store;

/** The tier below memory. */
export interface LowerTier {
  readonly store: Store;
  health(): Promise<ComponentHealth>;
}

/** How the tier below memory encodes entries. */
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
