/** The options of the SQLite tier and their defaults. */
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../clock.ts';
import { type CompressionSettings, compressionDefaults } from '../../entry/compression.ts';
import type { KeyRing } from '../../entry/key-ring.ts';
import { AskonceError } from '../../errors.ts';
import type { OnTrouble } from '../../observe/report.ts';
import { type PreparableThread, type SharedThread, sharedThread } from '../../threads/shared-thread.ts';

export interface SqliteStoreOptions {
  /** The database file. It and its folders are created if missing. Either this or `folder`. */
  readonly file?: string | undefined;
  /** The folder of the file `askonce.db`. */
  readonly folder?: string | undefined;
  /** Bound on the file's pages in use, in bytes; the coldest entries are evicted first. Default 2 147 483 648 (2 GB). */
  readonly maxBytes?: number | undefined;
  /** Largest entry, encoded and compressed, in bytes. Default 1 048 576; at most half of `maxBytes`. */
  readonly maxValueBytes?: number | undefined;
  /** Default: zstd, level 3, above 65 536 bytes. */
  readonly compression?: Partial<CompressionSettings> | undefined;
  /**
   * Encrypts entries (`keyRing(settings.encryptionKeys)`), except their keys and instants. Older entries, in the clear or
   * under another key, are misses and are removed when they are next looked up. Default: not encrypted.
   */
  readonly encryption?: KeyRing | undefined;
  /** Bound on the writes that wait for the writer, in bytes. Default 33 554 432 (32 MB). */
  readonly maxQueueBytes?: number | undefined;
  /** Bound on the number of writes that wait. Default 10 000. */
  readonly maxQueueLength?: number | undefined;
  /** How long each of three attempts waits for another process's lock before a batch is dropped, in ms. Default 2 000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Pause before an unusable file is opened again, in ms. Default 30 000. */
  readonly retryMs?: number | undefined;
  /** The thread that writes the file (`fileThread()`). Default: one of its own. */
  readonly thread?: SharedThread | undefined;
  readonly clock?: Clock | undefined;
  readonly onTrouble?: OnTrouble | undefined;
}

export const sqliteStoreDefaults = {
  maxBytes: 2_147_483_648,
  maxValueBytes: 1_048_576,
  maxQueueBytes: 33_554_432,
  maxQueueLength: 10_000,
  busyTimeoutMs: 2_000,
  retryMs: 30_000,
} as const;

/** What the thread creates for a batch goes with it. */
const maxYoungGenerationSizeMb = 8;

/**
 * A thread that writes files: of a store and of a ledger, say, which then take no thread each. Begins with the first of them,
 * or with `prepare()`, and ends with the last.
 */
export function fileThread(): PreparableThread {
  return sharedThread('askonce-files', { maxYoungGenerationSizeMb });
}

/** Smallest `maxBytes`: less leaves no room besides the tables themselves. */
const smallestBound = 262_144;

/** @throws AskonceError `invalid_settings` */
export function checkedOptions(options: SqliteStoreOptions) {
  const number = (name: keyof typeof sqliteStoreDefaults, least = 1): number => {
    const value = options[name] ?? sqliteStoreDefaults[name];
    if (Number.isSafeInteger(value) && value >= least) return value;
    const message = `${name} of the SQLite store must be a whole number of at least ${least}.`;
    throw new AskonceError('invalid_settings', message);
  };
  const maxBytes = number('maxBytes', smallestBound);
  return {
    maxBytes,
    maxValueBytes: Math.min(number('maxValueBytes'), Math.floor(maxBytes / 2)),
    maxQueueBytes: number('maxQueueBytes'),
    maxQueueLength: number('maxQueueLength'),
    busyTimeoutMs: number('busyTimeoutMs'),
    retryMs: number('retryMs'),
    file: fileOf(options),
    encoding: {
      ...compressionDefaults,
      ...options.compression,
      keys: options.encryption,
      vectorApart: true,
    },
    thread: options.thread ?? fileThread(),
    clock: options.clock ?? systemClock,
    onTrouble: options.onTrouble,
  };
}

function fileOf({ file, folder }: SqliteStoreOptions): string {
  if (file !== undefined && folder === undefined && file !== '') return resolve(file);
  if (folder !== undefined && file === undefined && folder !== '') return resolve(join(folder, 'askonce.db'));
  throw new AskonceError('invalid_settings', 'The SQLite store needs either `file` or `folder`.');
}
