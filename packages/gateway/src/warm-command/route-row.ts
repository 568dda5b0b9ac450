/**
 * A row that warms a route of an application: its schema, with limits, and the request that it stands for. A credential is
 * taken from the environment, so that it is in no file and on no command line.
 */
import { firstFault, nearest, plainWords } from 'askonce/gateway-kit';
import { z } from 'zod';

const headerName = /^[!#$%&'*+\-.^_`|~\w]{1,128}$/;
const headerValue = /^[\t -~]{0,8192}$/;
const credentials = /authorization|api-?key|cookie|token|secret/i;
/** `${WARM_HEADER_TOKEN}`: no other variable can be read by a file. */
const variable = /\$\{(WARM_HEADER_[A-Z0-9_]+)\}/g;

const fields = {
  /** Path and query, or an absolute URL of the application. */
  url: z.string().trim().min(1, 'is empty').max(8192, 'is over 8192 characters'),
  method: z
    .string()
    .trim()
    .toUpperCase()
    .pipe(z.enum(['GET', 'HEAD'], 'must be GET or HEAD: others are not cached'))
    .default('GET'),
  headers: z
    .record(z.string().toLowerCase(), z.string())
    .refine((all) => Object.keys(all).length <= 32, 'has more than 32 headers')
    .refine(
      (all) => Object.keys(all).every((name) => headerName.test(name)),
      'has a name that no header may have',
    )
    .refine(
      (all) => Object.entries(all).every(([name, value]) => !credentials.test(name) || value.match(variable)),
      `must hold no credential: name a variable in its place, such as Bearer \${WARM_HEADER_TOKEN}`,
    )
    .default({}),
} as const;

const row = z.looseObject(fields, 'must be an object');
const names = Object.keys(fields);

/** A request, or what is wrong with the row; and the fields that are none, which are left out. */
export type ReadRoute =
  | { readonly request: Request; readonly unknown: readonly string[] }
  | { readonly fault: string };

export interface RoutePlace {
  /** Origin of the application, and the path below which its routes are, without a slash at the end. */
  readonly base: string;
  /** Default: callers use the application's own address. */
  readonly callers?: Callers | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How callers reach the application by another name. */
export interface Callers {
  /** The `Host` that they send. */
  readonly host: string;
  /** Their scheme and host, where a proxy passes the scheme on as `X-Forwarded-Proto`. */
  readonly origin?: string | undefined;
}

export function readRoute(value: unknown, { base, callers, environment }: RoutePlace): ReadRoute {
  const checked = row.safeParse(value, { error: plainWords });
  if (!checked.success) {
    const { path, message } = firstFault(checked.error);
    return { fault: path.length === 0 ? `it ${message}` : `${path.join('.')}: ${message}` };
  }
  const unknown = Object.keys(checked.data).filter((name) => !names.includes(name));
  for (const name of unknown) {
    const meant = nearest(name, names);
    if (meant !== undefined) return { fault: `${name.slice(0, 64)}: is unknown; did you mean ${meant}?` };
  }
  const { url, method } = checked.data;
  const place = placeOf(url, base, callers?.origin);
  if (typeof place === 'string') return { fault: place };
  const headers: Record<string, string> = headersOf(callers);
  for (const [name, given] of Object.entries(checked.data.headers)) {
    const missing = [...given.matchAll(variable)].find(([, one = '']) => environment[one] === undefined);
    if (missing !== undefined) return { fault: `headers.${name}: the variable ${missing[1]} is not set` };
    const value = given.replace(variable, (_, one: string) => environment[one] ?? '');
    if (!headerValue.test(value)) return { fault: `headers.${name}: has a value that no header may have` };
    headers[name] = value;
  }
  return {
    request: new Request(place, { method, headers, redirect: 'manual' }),
    unknown: unknown.map((name) => name.slice(0, 64)),
  };
}

/** What a proxy would send that ends the callers' connections. */
function headersOf(callers: Callers | undefined): Record<string, string> {
  if (callers === undefined) return {};
  const { host, origin } = callers;
  return {
    host,
    ...(origin !== undefined && { 'x-forwarded-proto': new URL(origin).protocol.slice(0, -1) }),
  };
}

/** A row names a place of the application, perhaps as its callers do, and no other: its credentials go there. */
function placeOf(url: string, base: string, callersOrigin: string | undefined): URL | string {
  const { origin } = new URL(base);
  const isPath = /^\/(?![/\\])/.test(url);
  if (!isPath && !/^https?:\/\//i.test(url))
    return 'url: must be a path that begins with one slash, or a URL';
  const text = isPath ? `${base}${url}` : url;
  if (!URL.canParse(text)) return 'url: is no URL';
  const place = new URL(text);
  const isThere = place.origin === origin || place.origin === callersOrigin;
  if (!isThere || place.username !== '' || place.password !== '')
    return `url: is not at ${[origin, ...(callersOrigin === undefined ? [] : [callersOrigin])].join(' or ')}, the application that --application names`;
  return new URL(`${origin}${place.pathname}${place.search}`);
}
