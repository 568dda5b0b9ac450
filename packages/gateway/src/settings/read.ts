/**
 * Reads a gateway's settings from options, the environment and the settings file, in that order of precedence.
 */
import type { SettingsInput } from 'askonce';
import { readSettings, settingsTable } from 'askonce/gateway-kit';
import { refuseConflicts } from './conflicts.ts';
import { readSettingsFile, stageOf } from './file.ts';
import { refuseMixedRedis } from './redis.ts';
import { type GatewaySettings, gatewayTable } from './table.ts';

export interface GatewaySettingSources {
  /** Values by setting name. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Path of the settings file; overrides `ASKONCE_CONFIG`. */
  readonly config?: string | undefined;
  /** Folder that is searched for a settings file if none is named. Default: the process's own. */
  readonly workingDirectory?: string | undefined;
}

/** @throws AskonceError `invalid_settings`, one line that names the wrong setting as its source spells it. */
export function readGatewaySettings(sources: GatewaySettingSources): GatewaySettings {
  const environment = sources.environment ?? {};
  const file = readSettingsFile({
    path: sources.config ?? (environment['ASKONCE_CONFIG'] || undefined),
    stage: stageOf(environment),
    workingDirectory: sources.workingDirectory ?? process.cwd(),
  });
  const settings = readSettings(gatewayTable, { options: sources.options, environment, file });
  refuseConflicts(settings);
  refuseMixedRedis(settings);
  return settings;
}

/** The part of the settings that the library knows. */
export function libraryPart(settings: GatewaySettings): SettingsInput {
  const part: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (Object.hasOwn(settingsTable, name)) part[name] = value;
  }
  return part;
}
