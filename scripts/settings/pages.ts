/** Generates `.env.example` and the reference of settings from the tables of settings. */
import { type Setting, settingsTable } from 'askonce/gateway-kit';
import { gatewayTable } from '../../packages/gateway/src/settings/table.ts';
import { valuesOf } from './values.ts';

type Table = Readonly<Record<string, Setting<unknown>>>;

interface Chapter {
  readonly title: string;
  readonly about: string;
  readonly table: Table;
}

const rowsOf = (table: Table, isWanted: (name: string) => boolean): Table =>
  Object.fromEntries(Object.entries(table).filter(([name]) => isWanted(name)));

const chapters: readonly Chapter[] = [
  {
    title: 'Library and gateway',
    about:
      'The options of `createCache({ settings })`; the gateway reads them from its environment and its file.',
    table: rowsOf(settingsTable, (name) => Object.hasOwn(gatewayTable, name)),
  },
  {
    title: 'Gateway alone',
    about: 'Where the gateway listens, which providers it asks, and what it allows.',
    table: rowsOf(gatewayTable, (name) => !Object.hasOwn(settingsTable, name)),
  },
];

/** Not offered by the gateway, and so without environment variables. */
const libraryAlone: Chapter = {
  title: 'Library alone',
  about: 'Options of `createCache({ settings })` for cached functions; the gateway has none.',
  table: Object.fromEntries(
    Object.entries(rowsOf(settingsTable, (name) => !Object.hasOwn(gatewayTable, name))).map(([name, row]) => [
      name,
      { ...row, env: [] },
    ]),
  ),
};

const origin = 'Generated from the tables of settings by `npm run settings-reference`; edit the tables.';

/** Every variable at its default, so that an unedited copy changes nothing. */
export function environmentExample(): string {
  const parts = chapters.map(({ title, table }) =>
    [`# == ${title} ==`, ...Object.values(table).map(variable)].join('\n\n'),
  );
  const head = `# ${origin}\n# An empty value is the same as none. Options take precedence over the environment, the environment over the settings file.`;
  return `${[head, ...parts, files].join('\n\n')}\n`;
}

const files = `# == Settings file ==

# YAML or JSON with settings by their names. Empty: askonce.config.yaml, .yml or .json in the working directory, if it exists.
ASKONCE_CONFIG=

# development, staging or production: a file of that name beside the settings file takes precedence (gateway.production.yaml).
# Empty: NODE_ENV, if it is one of these.
ASKONCE_ENV=`;

function variable({ env, default: fallback, schema, about }: Setting<unknown>): string {
  const [name, ...others] = env;
  const also = others.length === 0 ? '' : ` ${others.join(', ')} is read if this is empty.`;
  return `# ${about}${also}\n# ${sentence(valuesOf(schema)).replaceAll('`', '')}\n${name}=${asText(fallback)}`;
}

/** The value as an environment variable holds it. */
function asText(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function settingsPage(): string {
  return `# Settings

<!-- ${origin} -->

A setting is given as an option, in the environment or in the settings file, in that order of precedence. In options
and files it has its own name and type; in the environment it is a text: switches are \`true\`, \`1\`, \`on\` or
\`yes\` and \`false\`, \`0\`, \`off\` or \`no\`, lists are separated by commas, and objects are JSON. An empty text is the same
as none. An invalid value, or values that contradict each other, stop the start with one line that names the setting as
its source does.

An environment variable \`ASKONCE_…\` that is probably a misspelt setting stops the start, too, and the line suggests the
right one. Any other unknown one is logged. Those that Kubernetes sets for a service named \`askonce\` or \`askonce-…\`
are ignored.

The gateway's file is the one that \`--config\` or \`ASKONCE_CONFIG\` names, or else \`askonce.config.yaml\`, \`.yml\` or
\`.json\` in the working directory. A file for each stage beside it (\`askonce.config.production.yaml\`) takes precedence;
\`ASKONCE_ENV\`, or else \`NODE_ENV\`, names the stage: \`development\`, \`staging\` or \`production\`.

\`.env.example\` in the repository's root holds every variable at its default.
${[...chapters, libraryAlone].map(chapterPage).join('')}`;
}

function chapterPage({ title, about, table }: Chapter): string {
  const head = '| setting | environment | default | values | meaning |\n|---|---|---|---|---|';
  const rows = Object.entries(table).map(([name, { env, default: fallback, schema, about: meaning }]) => {
    const text = asText(fallback);
    return [
      `\`${name}\``,
      env.map((one) => `\`${one}\``).join(', ') || 'none',
      text === '' ? 'none' : `\`${text}\``,
      valuesOf(schema),
      meaning,
    ];
  });
  const lines = rows.map((cells) => `| ${cells.map(cell).join(' | ')} |`);
  return `\n## ${title}\n\n${about}\n\n${[head, ...lines].join('\n')}\n`;
}

/** Escapes bars everywhere, and other Markdown outside of code only. */
function cell(text: string): string {
  const pieces = text
    .split('`')
    .map((piece, index) => (index % 2 === 0 ? piece.replace(/[*<[\]]/g, '\\$&') : piece));
  return pieces.join('`').replaceAll('|', '\\|');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
