/**
 * The one table of settings: name, environment variable, default, unit, bounds and meaning. Options, the
 * environment, `.env.example` and the reference page are all read off it.
 */
import type { z } from 'zod';
import { flightSettings } from './flight-settings.ts';
import { freshnessSettings } from './freshness-settings.ts';
import { identitySettings } from './identity-settings.ts';
import { maintenanceSettings } from './maintenance-settings.ts';
import { semanticSettings } from './semantic-settings.ts';
import { storageSettings } from './storage-settings.ts';
import { switchSettings } from './switch-settings.ts';

export type { Setting } from './setting.ts';

export const settingsTable = {
  ...switchSettings,
  ...identitySettings,
  ...freshnessSettings,
  ...storageSettings,
  ...flightSettings,
  ...maintenanceSettings,
  ...semanticSettings,
} as const;

type Table = typeof settingsTable;
type SettingName = keyof Table;

/** Checked settings, all of them present. */
export type Settings = { readonly [Name in SettingName]: z.output<Table[Name]['schema']> };

/** What a caller may give: any part of the settings. */
export type SettingsInput = { readonly [Name in SettingName]?: z.input<Table[Name]['schema']> | undefined };
