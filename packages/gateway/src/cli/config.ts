/**
 * `askonce config`: prints the settings in force and where each is from.
 */
import { type ArgsDef, defineCommand } from 'citty';
import { readConfiguration } from '../settings/read.ts';
import { type GatewaySettings, gatewayTable } from '../settings/table.ts';

export const configArguments = {
  config: { type: 'string', valueHint: 'FILE', description: 'Settings file, YAML or JSON (ASKONCE_CONFIG)' },
  json: { type: 'boolean', description: 'Print JSON' },
} as const satisfies ArgsDef;

/** A setting in force. */
interface SettingInForce {
  readonly name: keyof GatewaySettings;
  /** Undefined if it has none; `…` for a secret. */
  readonly value: unknown;
  readonly source: 'option' | 'environment' | 'file' | 'default';
  /** The variable or the file. */
  readonly from?: string | undefined;
}

export const config = defineCommand({
  meta: { name: 'askonce config', description: 'Print the settings in force, and where each is from.' },
  args: configArguments,
  run({ args }) {
    const { settings, warnings } = settingsInForce(args.config, process.env);
    if (args.json) return write(JSON.stringify({ settings: byName(settings), warnings }, undefined, 2));
    const width = Math.max(...settings.map(({ name }) => name.length));
    write(settings.map((one) => `${one.name.padEnd(width)}  ${lineOf(one)}`).join('\n'));
    if (warnings.length > 0) process.stderr.write(`${warnings.join('\n')}\n`);
  },
});

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @throws AskonceError `invalid_settings` */
function settingsInForce(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly settings: readonly SettingInForce[]; readonly warnings: readonly string[] } {
  const { settings, sourceOf, warnings } = readConfiguration({ config: file, environment });
  const names = Object.keys(gatewayTable).filter((name) => isName(name));
  return {
    warnings,
    settings: names.map((name) => {
      const { kind, name: spelt, file: path } = sourceOf(name);
      const from = kind === 'environment' ? spelt : path;
      return { name, value: shown(name, settings[name]), source: kind, from };
    }),
  };
}

function isName(name: string): name is keyof GatewaySettings {
  return Object.hasOwn(gatewayTable, name);
}

const redacted = '…';

/** A secret is redacted, but not whether there is one. */
function shown(name: keyof GatewaySettings, value: unknown): unknown {
  const row: { readonly secret?: boolean } = gatewayTable[name];
  if (row.secret !== true || value === undefined) return value;
  return Array.isArray(value) ? value.map(() => redacted) : redacted;
}

function lineOf({ value, source, from }: SettingInForce): string {
  const text = value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
  return `${text}  (${from === undefined ? source : `${source}: ${from}`})`;
}

function byName(settings: readonly SettingInForce[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(settings.map(({ name, value = null, ...where }) => [name, { value, ...where }]));
}
