/**
 * The folder in which the gateway keeps its entries and its secret.
 */
import { mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { AskonceError } from 'askonce';

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
    makeFolder(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AskonceError('invalid_settings', `dataDir: ${reason}`, { cause: error });
  }
  return folder;
}

/** Step by step: where a file system has no room for folders (/proc), Node's recursive mkdir never returns. */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another gateway that starts at the same time may have made it.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
