/**
 * The folder in which the gateway keeps its entries and its secret.
 */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AskonceError } from 'askonce';
import { makePrivateFolder } from 'askonce/sqlite';

/** The user's own data folder, by the XDG base directory specification (0.8). */
export function defaultDataFolder(
  environment: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
  home: string = homedir(),
): string {
  const local = environment['LOCALAPPDATA'];
  if (platform === 'win32' && local) return join(local, 'askonce');
  const xdg = environment['XDG_DATA_HOME'];
  // A relative path in XDG_DATA_HOME is invalid, and to be ignored.
  if (xdg && isAbsolute(xdg)) return join(xdg, 'askonce');
  return join(home, '.local', 'share', 'askonce');
}

/**
 * Makes the folder, readable by its owner only, where it is missing.
 * @throws AskonceError `invalid_settings` where that cannot be done.
 */
export function openDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    makePrivateFolder(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AskonceError('invalid_settings', `dataDir: ${reason}`, { cause: error });
  }
  return folder;
}
