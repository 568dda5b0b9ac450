/**
 * Refuses settings of the cache that are valid alone and wrong together.
 */
import { type SettingSource, wrongSetting } from './source.ts';
import type { Settings } from './table.ts';

const maxGzipLevel = 9;

/** @throws AskonceError `invalid_settings`, naming the setting as its source does. */
export function refuseCacheConflicts(
  settings: Pick<Settings, 'compression' | 'compressLevel' | 'semanticUpper' | 'semanticLower'>,
  sourceOf: (name: 'compressLevel' | 'semanticLower') => SettingSource,
): void {
  const { compression, compressLevel, semanticUpper: upper, semanticLower: lower } = settings;
  if (compression === 'gzip' && compressLevel > maxGzipLevel)
    throw wrongSetting(
      sourceOf('compressLevel'),
      `must be at most ${maxGzipLevel} with gzip; lower it, or compress with zstd`,
    );
  if (lower !== undefined && upper !== undefined && lower > upper)
    throw wrongSetting(
      sourceOf('semanticLower'),
      `must be at most the upper threshold (\`semanticUpper\`), which is ${upper}`,
    );
}
