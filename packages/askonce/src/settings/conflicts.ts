/**
 * Refuses settings of the cache that are valid alone and wrong together.
 */
import { type SettingSource, wrongSetting } from './source.ts';
import type { Settings } from './table.ts';

const maxGzipLevel = 9;

/** @throws AskonceError `invalid_settings`, naming the setting as its source does. */
export function refuseCacheConflicts(
  { compression, compressLevel }: Pick<Settings, 'compression' | 'compressLevel'>,
  sourceOf: (name: 'compressLevel') => SettingSource,
): void {
  if (compression === 'gzip' && compressLevel > maxGzipLevel)
    throw wrongSetting(
      sourceOf('compressLevel'),
      `must be at most ${maxGzipLevel} with gzip; lower it, or compress with zstd`,
    );
}
