/**
 * Starts a gateway: reads its settings, begins the thread that writes files, and loads the assembly meanwhile.
 */
import { fileThread } from 'askonce/sqlite';
import type { AssemblyOptions } from './assembly.ts';
import type { Gateway } from './server/serve.ts';
import { readConfiguration } from './settings/read.ts';
import { isShared } from './settings/redis.ts';
import type { GatewaySettingsInput } from './settings/table.ts';
import type { Environment } from './settings/variables.ts';

export interface GatewayOptions extends Pick<AssemblyOptions, 'clock' | 'observe' | 'logTo'> {
  /** Any part of the settings; they override the environment and the file. */
  readonly settings?: GatewaySettingsInput | undefined;
  /** Environment variables. Default: none; the command line passes the process's own. */
  readonly environment?: Environment | undefined;
  /** Path of a settings file; overrides `ASKONCE_CONFIG`. */
  readonly config?: string | undefined;
  /** Folder that is searched for a settings file if none is named. Default: the process's working directory. */
  readonly workingDirectory?: string | undefined;
}

/** @throws AskonceError `invalid_settings`, one line that names what is wrong. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const { settings: own, environment = {}, ...rest } = options;
  const configuration = readConfiguration({ ...rest, options: own, environment });
  // A store in Redis needs no thread; the ledger's file then has one of its own.
  const thread = isShared(configuration.settings) ? undefined : fileThread();
  // A thread takes a while to begin, in which the rest is loaded.
  const endUnused = thread?.prepare();
  try {
    const { assemble } = await import('./assembly.ts');
    return await assemble({ ...rest, ...configuration, environment, thread });
  } finally {
    endUnused?.();
  }
}
