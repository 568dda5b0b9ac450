/**
 * Reads a gateway's settings from options, the environment and the settings file, in that order of precedence.
 */
import type { SettingsInput } from 'askonce';
import { readSourcedSettings, type SettingSource, settingsTable } from 'askonce/gateway-kit';
import { accessWarnings } from './access.ts';
import { refuseConflicts } from './conflicts.ts';
import { readSettingsFile, stageOf } from './file.ts';
import { ledgerWarnings } from './ledger.ts';
import { refuseMixedRedis } from './redis.ts';
import { refuseMixedSemantic, semanticWarnings } from './semantic.ts';
import { type GatewaySettings, gatewayTable } from './table.ts';
import { checkVariables, type Environment, withoutServices, withoutTelemetry } from './variables.ts';

export interface GatewaySettingSources {
  /** Values by setting name. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly environment?: Environment | undefined;
  /** Path of the settings file; overrides `ASKONCE_CONFIG`. */
  readonly config?: string | undefined;
  /** Folder that is searched for a settings file if none is named. Default: the process's own. */
  readonly workingDirectory?: string | undefined;
}

/** Where a setting's value is from. The name of a default is the setting's, with its environment variable. */
export type SourceOf = (name: keyof GatewaySettings) => SettingSource;

export interface GatewayConfiguration {
  readonly settings: GatewaySettings;
  readonly sourceOf: SourceOf;
  /** What the gateway ignores, and the operator should know; each one line. */
  readonly warnings: readonly string[];
}

/** @throws AskonceError `invalid_settings`, one line that names the wrong setting as its source spells it. */
export function readGatewaySettings(sources: GatewaySettingSources): GatewaySettings {
  return readConfiguration(sources).settings;
}

/** As {@link readGatewaySettings}, with the source of each value. @throws AskonceError `invalid_settings` */
export function readConfiguration(sources: GatewaySettingSources): GatewayConfiguration {
  const everything = withoutServices(sources.environment ?? {});
  const warnings = checkVariables(everything);
  const { values, fileOf } = readSettingsFile({
    path: sources.config ?? (everything['ASKONCE_CONFIG'] || undefined),
    stage: stageOf(everything),
    workingDirectory: sources.workingDirectory ?? process.cwd(),
  });
  const traces = sources.options?.['traces'] ?? (everything['ASKONCE_TRACES'] || values['traces']);
  const environment = traces === 'otlp' ? everything : withoutTelemetry(everything);
  const read = readSourcedSettings(gatewayTable, {
    options: sources.options,
    environment,
    file: values,
    fileOf,
  });
  const { settings } = read;
  const sourceOf: SourceOf = (name) => {
    const source = read.sourceOf(name);
    return source.kind === 'default' ? { ...source, name: `${name} (${gatewayTable[name].env[0]})` } : source;
  };
  refuseConflicts(settings, sourceOf);
  refuseMixedRedis(settings, sourceOf);
  refuseMixedSemantic(settings, sourceOf);
  return {
    settings,
    sourceOf,
    warnings: [
      ...warnings,
      ...accessWarnings(settings),
      ...semanticWarnings(settings),
      ...ledgerWarnings(settings),
    ],
  };
}

/** The part of the settings that the library knows. */
export function libraryPart(settings: GatewaySettings): SettingsInput {
  const part: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (Object.hasOwn(settingsTable, name)) part[name] = value;
  }
  return part;
}
