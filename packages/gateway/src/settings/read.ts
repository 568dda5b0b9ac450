/**
 * A gateway's settings from options, the environment and the settings file, in that order of weight.
 */
import { AskonceError, readSettings, type SettingsInput, settingsTable } from 'askonce';
import { readSettingsFile, stageOf } from './file.ts';
import { refuseOwnAddress } from './own-address.ts';
import { refuseMixedRedis } from './redis.ts';
import { type GatewaySettings, gatewayTable } from './table.ts';

export interface GatewaySettingSources {
  /** Values by setting name. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** The settings file; goes before `ASKONCE_CONFIG`. */
  readonly config?: string | undefined;
  /** Where a settings file is looked for if none is named. Default: the process's own. */
  readonly workingDirectory?: string | undefined;
}

/** @throws AskonceError `invalid_settings`, one line that names the wrong setting as its source calls it. */
export function readGatewaySettings(sources: GatewaySettingSources): GatewaySettings {
  const environment = sources.environment ?? {};
  const file = readSettingsFile({
    path: sources.config ?? (environment['ASKONCE_CONFIG'] || undefined),
    stage: stageOf(environment),
    workingDirectory: sources.workingDirectory ?? process.cwd(),
  });
  const settings = readSettings(gatewayTable, { options: sources.options, environment, file });
  refuseDoubleModels(settings);
  refuseOwnAddress(settings);
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

// Two providers for one model would make the order of a file decide where a prompt goes.
function refuseDoubleModels(settings: GatewaySettings): void {
  const seen = new Map<string, string>();
  for (const { name, protocol, models } of settings.providers) {
    for (const rule of models) {
      const what = 'prefix' in rule ? `prefix ${rule.prefix}` : `model ${rule.name}`;
      const other = seen.get(`${protocol} ${what}`);
      if (other !== undefined)
        throw new AskonceError(
          'invalid_settings',
          `providers: ${what} is given to both ${other} and ${name}`,
        );
      seen.set(`${protocol} ${what}`, name);
    }
  }
}
