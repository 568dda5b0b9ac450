/** What the SQLite tier can be told, and what holds where it is told nothing. */
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../clock.ts';
import { type CompressionSettings, compressionDefaults } from '../../entry/compression.ts';
import type { KeyRing } from '../../entry/key-ring.ts';
import { AskonceError } from '../../errors.ts';
import type { OnTrouble } from '../../observe/report.ts';

export interface SqliteStoreOptions {
  /** The database file; made with its folders where it is missing. Either this or `folder`. */
  readonly file?: string | undefined;
  /** A folder in which the file is `askonce.db`. */
  readonly folder?: string | undefined;
  /** Bound in bytes on the file's pages in use; the coldest entries go first. Default 2 147 483 648 (2 GB). */
  readonly maxBytes?: number | undefined;
  /** Encoded and compressed entries of more bytes are not kept. Default 1 048 576; never above half of `maxBytes`. */
  readonly maxValueBytes?: number | undefined;
  /** Default: zstd, level 3, above 65 536 bytes. */
  readonly compression?: Partial<CompressionSettings> | undefined;
  /**
   * Entries are encrypted (`keyRing(settings.encryptionKeys)`), all but their keys and instants. What the file holds
   * from before, in the clear or under another key, is a miss and goes when it is next asked for. Default: not encrypted.
   */
  readonly encryption?: KeyRing | undefined;
  /** Writes that wait for the writer: at most so many bytes. Default 33 554 432 (32 MB). */
  readonly maxQueueBytes?: number | undefined;
  /** … and at most so many. Default 10 000. */
  readonly maxQueueLength?: number | undefined;
  /** How long the writer waits for another process's lock, in ms, three times over, before it drops a batch. Default 2 000. */
  readonly busyTimeoutMs?: number | undefined;
  /** How long until a file that cannot be used is tried again, in ms. Default 30 000. */
  readonly retryMs?: number | undefined;
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

/** Less than this leaves no room beside the tables themselves. */
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
    encoding: { ...compressionDefaults, ...options.compression, keys: options.encryption },
    clock: options.clock ?? systemClock,
    onTrouble: options.onTrouble,
  };
}

function fileOf({ file, folder }: SqliteStoreOptions): string {
  if (file !== undefined && folder === undefined && file !== '') return resolve(file);
  if (folder !== undefined && file === undefined && folder !== '') return resolve(join(folder, 'askonce.db'));
  throw new AskonceError('invalid_settings', 'The SQLite store needs either `file` or `folder`.');
}
