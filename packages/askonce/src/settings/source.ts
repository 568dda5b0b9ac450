/**
 * Where the value of a setting is from, so that a message names a wrong setting as its source spells it.
 */
import { AskonceError } from '../errors.ts';

/** Where the value of a setting is from, and its name there. */
export interface SettingSource {
  readonly kind: 'option' | 'environment' | 'file' | 'default';
  /** The setting's name as the source spells it. */
  readonly name: string;
  /** Path of the file. */
  readonly file?: string | undefined;
}

/**
 * The error for a wrong setting: its name as the source spells it, the place inside it, what is wrong, and the file.
 */
export function wrongSetting(
  { name, file }: SettingSource,
  message: string,
  { inside = [], cause }: { readonly inside?: readonly string[]; readonly cause?: unknown } = {},
): AskonceError {
  const at = inside.length === 0 ? '' : ` at ${inside.join('.')}`;
  const where = file === undefined ? '' : ` (in ${file})`;
  return new AskonceError('invalid_settings', `${name}${at}: ${message}${where}`, { cause });
}
