/**
 * The environment variables that begin with `ASKONCE_`: which are settings, which a platform sets by itself, and which
 * are probably misspelt.
 */
import { AskonceError } from 'askonce';
import { nearest, settingsTable } from 'askonce/gateway-kit';
import { gatewayTable } from './table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that choose the settings file, and so are no settings themselves. */
const fileVariables = ['ASKONCE_CONFIG', 'ASKONCE_ENV'];

const prefix = 'ASKONCE_';

/**
 * The variables that Kubernetes sets in every pod for a service named `askonce` or `askonce-…`, as Docker's links did:
 * `ASKONCE_SERVICE_HOST`, `ASKONCE_SERVICE_PORT_HTTP`, `ASKONCE_PORT_8787_TCP_ADDR` …
 */
const serviceVariable =
  /^ASKONCE(?:_[A-Z0-9_]+)?_(?:SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
/** `ASKONCE_PORT=tcp://10.0.0.1:8787` is one of them, too, and has the name of a setting. */
const serviceAddress = /^(?:tcp|udp|sctp):\/\/\S+:\d+$/;

function isOfService(name: string, text: string): boolean {
  return (
    serviceVariable.test(name) || (/^ASKONCE(?:_[A-Z0-9_]+)?_PORT$/.test(name) && serviceAddress.test(text))
  );
}

/** The environment without what Kubernetes sets for a service. */
export function withoutServices(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name, text = '']) => !isOfService(name, text)),
  );
}

/**
 * The environment without OpenTelemetry's variables: where the gateway makes no traces they are meant for other programs,
 * in forms that it need not understand.
 */
export function withoutTelemetry(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('OTEL_')));
}

/** Every variable by the names that a person may give it: without the prefix, or by the setting's own name. */
const variableOf: ReadonlyMap<string, string> = new Map(
  [
    ...Object.entries(gatewayTable).flatMap(([name, { env }]) => [
      ...env.map((variable) => [withoutPrefix(variable), variable] as const),
      [name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(), env[0] ?? name] as const,
    ]),
    ...fileVariables.map((variable) => [withoutPrefix(variable), variable] as const),
  ].toReversed(),
);

const known: ReadonlySet<string> = new Set([
  ...Object.values(gatewayTable).flatMap(({ env }): readonly string[] => env),
  ...fileVariables,
]);

const libraryAlone: ReadonlySet<string> = new Set(
  Object.entries(settingsTable)
    .filter(([name]) => !Object.hasOwn(gatewayTable, name))
    .flatMap(([, { env }]): readonly string[] => env),
);

function withoutPrefix(variable: string): string {
  return variable.startsWith(prefix) ? variable.slice(prefix.length) : variable;
}

/**
 * Checks the variables that begin with `ASKONCE_` and are no settings. Returns a warning for each.
 * @throws AskonceError `invalid_settings` for one that is probably a misspelt setting: it would be ignored otherwise.
 */
export function checkVariables(environment: Environment): readonly string[] {
  return Object.entries(environment).flatMap(([name, text = '']) => {
    if (text === '' || !name.toUpperCase().startsWith(prefix) || known.has(name)) return [];
    if (libraryAlone.has(name))
      return [`${name}: is a setting of the library alone, for cached functions; the gateway ignores it`];
    const meant = variableOf.get(nearest(name.slice(prefix.length), [...variableOf.keys()]) ?? '');
    if (meant === undefined)
      return [`${name}: there is no such environment variable; it is ignored, remove it`];
    throw new AskonceError(
      'invalid_settings',
      `${name}: there is no such environment variable; did you mean ${meant}?`,
    );
  });
}
