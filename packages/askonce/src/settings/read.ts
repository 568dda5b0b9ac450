/**
 * Settings from options, the environment and a file, in that order of weight, checked by one schema.
 */
import { z } from 'zod';
import { firstFault, plainWords } from '../faults.ts';
import { refuseCacheConflicts } from './conflicts.ts';
import { nearest } from './nearest.ts';
import { type SettingSource, wrongSetting } from './source.ts';
import type { Setting, Settings, SettingsInput } from './table.ts';
import { settingsTable } from './table.ts';
import { fromText, isBrokenJson } from './text.ts';

type AnyTable = Readonly<Record<string, Setting<unknown>>>;
type Values<T extends AnyTable> = { readonly [Name in keyof T]: z.output<T[Name]['schema']> };

export interface SettingSources {
  /** Values by setting name; undefined counts as not given. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Values by environment variable; an empty string counts as not given. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Values by setting name, from a file. */
  readonly file?: Readonly<Record<string, unknown>> | undefined;
  /** The path of the file that a setting's value in `file` is from, for messages. */
  readonly fileOf?: ((name: string) => string | undefined) | undefined;
}

export interface SourcedSettings<Values> {
  readonly settings: Values;
  sourceOf(name: keyof Values & string): SettingSource;
}

/**
 * Reads every setting of `table`.
 * @throws AskonceError `invalid_settings`, one line that names the wrong setting as its source calls it.
 */
export function readSettings<T extends AnyTable>(table: T, sources: SettingSources): Values<T> {
  return readSourcedSettings(table, sources).settings;
}

/** As {@link readSettings}, with the source of each value. @throws AskonceError `invalid_settings` */
export function readSourcedSettings<T extends AnyTable>(
  table: T,
  sources: SettingSources,
): SourcedSettings<Values<T>> {
  refuseUnknown(table, sources.options, 'option');
  refuseUnknown(table, sources.file, 'file setting', sources.fileOf);
  const shape: Record<string, z.ZodType> = {};
  const found: Record<string, unknown> = {};
  const sourceOf = new Map<string, SettingSource>();
  for (const [name, setting] of Object.entries(table)) {
    const given = find(name, setting, sources);
    shape[name] = setting.schema;
    found[name] = given === undefined ? structuredClone(setting.default) : given.value;
    sourceOf.set(name, given?.source ?? { kind: 'default', name });
  }
  const checked = z.object(shape).safeParse(found, { error: plainWords });
  if (checked.success && holdsAll(table, checked.data))
    return {
      settings: Object.freeze(checked.data),
      sourceOf: (name) => sourceOf.get(name) ?? { kind: 'default', name },
    };
  const { path, message, unknownField } = firstFault(checked.error ?? { issues: [] });
  const [name = '', ...inside] = path.map(String);
  const source: SettingSource = sourceOf.get(name) ?? { kind: 'default', name };
  const text = source.kind === 'environment' ? sources.environment?.[source.name] : undefined;
  const isBroken = inside.length === 0 && text !== undefined && isBrokenJson(text);
  const fault = unknownField === undefined ? message : `there is no field ${unknownField}`;
  throw wrongSetting(source, isBroken ? `${fault}; the text is not valid JSON` : fault, { inside });
}

/** The library reads no environment but this: a lifetime that operators give to an application of others. */
const libraryVariable = 'API_CACHE_TTL';

/**
 * The library's own settings: the options, and `API_CACHE_TTL` of the process.
 * @throws AskonceError `invalid_settings`
 */
export function librarySettings(options: SettingsInput = {}): Settings {
  const environment = { [libraryVariable]: process.env[libraryVariable] };
  const { settings, sourceOf } = readSourcedSettings(settingsTable, { options, environment });
  refuseCacheConflicts(settings, sourceOf);
  return settings;
}

// Each value has just been parsed by the table's own schema, so that all names being there proves the type.
function holdsAll<T extends AnyTable>(table: T, values: unknown): values is Values<T> {
  return typeof values === 'object' && values !== null && Object.keys(table).every((name) => name in values);
}

function refuseUnknown(
  table: AnyTable,
  values: Readonly<Record<string, unknown>> | undefined,
  kind: string,
  fileOf?: (name: string) => string | undefined,
): void {
  const unknown = Object.keys(values ?? {}).find((name) => !Object.hasOwn(table, name));
  if (unknown === undefined) return;
  const alike = nearest(unknown, Object.keys(table));
  const hint = alike === undefined ? '' : `; did you mean ${alike}?`;
  const source: SettingSource = { kind: 'option', name: unknown, file: fileOf?.(unknown) };
  throw wrongSetting(source, `there is no such ${kind}${hint}`);
}

function find(
  name: string,
  setting: Setting<unknown>,
  sources: SettingSources,
): { value: unknown; source: SettingSource } | undefined {
  const option = sources.options?.[name];
  if (option !== undefined) return { value: option, source: { kind: 'option', name } };
  for (const variable of setting.env) {
    const text = sources.environment?.[variable];
    if (text !== undefined && text !== '')
      return { value: fromText(text, setting.schema), source: { kind: 'environment', name: variable } };
  }
  const inFile = sources.file?.[name];
  if (inFile === undefined) return undefined;
  return { value: inFile, source: { kind: 'file', name, file: sources.fileOf?.(name) } };
}
