/**
 * Settings from options, the environment and a file, in that order of weight, checked by one schema.
 */
import { z } from 'zod';
import { AskonceError } from '../errors.ts';
import { tryParseJson } from '../json.ts';
import type { Setting, Settings, SettingsInput } from './table.ts';
import { settingsTable } from './table.ts';

type AnyTable = Readonly<Record<string, Setting<unknown>>>;
type Values<T extends AnyTable> = { readonly [Name in keyof T]: z.output<T[Name]['schema']> };

export interface SettingSources {
  /** Values by setting name; undefined counts as not given. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Values by environment variable; an empty string counts as not given. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Values by setting name, from a file. */
  readonly file?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads every setting of `table`.
 * @throws AskonceError `invalid_settings`, one line that names the wrong setting as its source calls it.
 */
export function readSettings<T extends AnyTable>(table: T, sources: SettingSources): Values<T> {
  refuseUnknown(table, sources.options, 'option');
  refuseUnknown(table, sources.file, 'file setting');
  const shape: Record<string, z.ZodType> = {};
  const found: Record<string, unknown> = {};
  const calledBy: Record<string, string> = {};
  for (const [name, setting] of Object.entries(table)) {
    const given = find(name, setting, sources);
    shape[name] = setting.schema;
    found[name] = given === undefined ? structuredClone(setting.default) : given.value;
    calledBy[name] = given?.source ?? name;
  }
  const checked = z.object(shape).safeParse(found);
  if (checked.success && holdsAll(table, checked.data)) return Object.freeze(checked.data);
  const issue = checked.error?.issues[0];
  const name = String(issue?.path[0]);
  const inside = issue && issue.path.length > 1 ? ` at ${issue.path.slice(1).join('.')}` : '';
  throw new AskonceError(
    'invalid_settings',
    `${calledBy[name] ?? name}${inside}: ${issue?.message ?? 'is wrong'}`,
  );
}

/** The library's own settings. */
export function librarySettings(options: SettingsInput = {}): Settings {
  return readSettings(settingsTable, { options });
}

// Each value has just been parsed by the table's own schema, so that all names being there proves the type.
function holdsAll<T extends AnyTable>(table: T, values: unknown): values is Values<T> {
  return typeof values === 'object' && values !== null && Object.keys(table).every((name) => name in values);
}

function refuseUnknown(
  table: AnyTable,
  values: Readonly<Record<string, unknown>> | undefined,
  kind: string,
): void {
  const unknown = Object.keys(values ?? {}).find((name) => !Object.hasOwn(table, name));
  if (unknown !== undefined)
    throw new AskonceError('invalid_settings', `${unknown}: there is no such ${kind}`);
}

function find(
  name: string,
  setting: Setting<unknown>,
  sources: SettingSources,
): { value: unknown; source: string } | undefined {
  const option = sources.options?.[name];
  if (option !== undefined) return { value: option, source: name };
  for (const variable of setting.env) {
    const text = sources.environment?.[variable];
    if (text !== undefined && text !== '') return { value: fromText(text, setting.schema), source: variable };
  }
  const inFile = sources.file?.[name];
  return inFile === undefined ? undefined : { value: inFile, source: name };
}

/**
 * What a text in the environment means for a schema: the text itself if that is valid, else a switch word,
 * a number, JSON, or a list by commas; the first that the schema takes. If it takes none, the first of the
 * kind that it wants, so that the message names the fault (`65 536: too big`, not `expected a number`).
 */
function fromText(text: string, schema: z.ZodType): unknown {
  const readings = [text, switchWord(text), toNumber(text), toJson(text), toList(text)];
  let closest: unknown;
  for (const reading of readings) {
    if (reading === undefined) continue;
    const checked = schema.safeParse(reading);
    if (checked.success) return reading;
    if (closest === undefined && isOfItsKind(checked.error)) closest = reading;
  }
  return closest ?? text;
}

/** Whether it is not the kind of the whole value that is wrong, but what it holds. */
function isOfItsKind({ issues }: z.ZodError): boolean {
  return !issues.some(
    (issue) => issue.path.length === 0 && issue.code === 'invalid_type' && issue.expected !== 'int',
  );
}

function switchWord(text: string): boolean | undefined {
  if (/^(true|1|on|yes)$/i.test(text)) return true;
  return /^(false|0|off|no)$/i.test(text) ? false : undefined;
}

function toNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : undefined;
}

function toJson(text: string): unknown {
  return looksLikeJson(text) ? tryParseJson(text) : undefined;
}

function toList(text: string): readonly string[] | undefined {
  if (looksLikeJson(text)) return undefined;
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

function looksLikeJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}
