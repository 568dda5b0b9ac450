/**
 * The folder that holds the gateway's entries and its secret.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AskonceError } from 'askonce';
import { type SettingSource, wrongSetting } from 'askonce/gateway-kit';
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
  // The specification says to ignore a relative path in XDG_DATA_HOME.
  if (xdg && isAbsolute(xdg)) return join(xdg, 'askonce');
  return join(home, '.local', 'share', 'askonce');
}

/**
 * Creates the folder, readable by its owner only, if it is missing.
 * @throws AskonceError `invalid_settings` if that fails, naming the setting as its `source` spells it.
 */
export function openDataFolder(
  path: string,
  source: SettingSource = { kind: 'default', name: 'dataDir' },
): string {
  const folder = resolve(path);
  try {
    makePrivateFolder(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw wrongSetting(source, `${reason}; choose a folder that this user may write`, { cause: error });
  }
  return folder;
}

/**
 * The folder of a command that works where no gateway answers: one that is missing is not created.
 * @throws AskonceError `invalid_settings`
 */
export function openExistingFolder(path: string, source?: SettingSource): string {
  if (existsSync(path)) return openDataFolder(path, source);
  throw new AskonceError(
    'invalid_settings',
    `dataDir: there is no ${path}, and no gateway that answers admin calls; start one, or set ASKONCE_DATA_DIR to its folder`,
  );
}
