/**
 * The meaning of each request header to identity and to the call upstream. A header that neither this table nor the
 * protocol names counts, so a forgotten header costs hits and never mixes answers.
 */

import { infrastructureHeaders } from './infrastructure-headers.ts';

/**
 * - `counts`: part of the fingerprint, and sent upstream.
 * - `credential`: part of the credential, and so of the partition (as a keyed digest only), and sent upstream.
 * - `ignored`: sent upstream, does not change the answer.
 * - `stripped`: never sent upstream; read by askonce alone.
 */
export type HeaderRule = 'counts' | 'credential' | 'ignored' | 'stripped';

/** Rules by header name in lower case; a name that ends in `*` matches all names with that prefix. */
export type HeaderTable = Readonly<Record<string, HeaderRule>>;

/** Request fields that concern one connection, not the message (RFC 9110, section 7.6.1). */
const hopByHop = {
  connection: 'stripped',
  'http2-settings': 'stripped',
  'keep-alive': 'stripped',
  'proxy-authorization': 'stripped',
  'proxy-connection': 'stripped',
  te: 'stripped',
  trailer: 'stripped',
  'transfer-encoding': 'stripped',
  upgrade: 'stripped',
} as const satisfies HeaderTable;

/** The names of all request and response fields that an intermediary does not forward (RFC 9110, sections 7.6.1 and 11.7). */
export const hopByHopHeaders: ReadonlySet<string> = new Set([
  ...Object.keys(hopByHop),
  'proxy-authenticate',
  'proxy-authentication-info',
]);

export const commonHeaders: HeaderTable = {
  authorization: 'credential',
  'x-api-key': 'credential',
  'api-key': 'credential',
  cookie: 'credential',
  'x-goog-api-key': 'credential',
  'x-auth-token': 'credential',
  'ocp-apim-subscription-key': 'credential',
  'cf-aig-authorization': 'credential',
  'x-portkey-api-key': 'credential',
  'helicone-auth': 'credential',
  'openai-organization': 'credential',
  'openai-project': 'credential',

  accept: 'ignored',
  'accept-language': 'ignored',
  'content-type': 'ignored',
  date: 'ignored',
  from: 'ignored',
  origin: 'ignored',
  priority: 'ignored',
  referer: 'ignored',

  'askonce-*': 'stripped',
  'cache-control': 'stripped',
  pragma: 'stripped',
  'last-event-id': 'stripped',
  'accept-encoding': 'stripped',
  host: 'stripped',
  'content-length': 'stripped',
  expect: 'stripped',
  via: 'stripped',
  forwarded: 'stripped',
  'x-forwarded-*': 'stripped',
  'x-real-ip': 'stripped',
  ...hopByHop,
  ...infrastructureHeaders,
};

/** Bounds on the names that are remembered: a header's name comes from outside. */
const maxKnownNames = 1024;
const maxKnownNameLength = 128;

/** Remembers what `make` returns for the name of a header. */
export function byHeaderName<Value extends NonNullable<unknown>>(
  make: (name: string) => Value,
): (name: string) => Value {
  const known = new Map<string, Value>();
  return (name) => {
    const seen = known.get(name);
    if (seen !== undefined) return seen;
    const made = make(name);
    if (known.size < maxKnownNames && name.length <= maxKnownNameLength) known.set(name, made);
    return made;
  };
}

/**
 * Looks up the rule of a header by its name in lower case. Earlier tables take precedence, then whole names over
 * prefixes, then longer prefixes over shorter ones. A header that no table names counts.
 */
export function headerRules(...tables: readonly HeaderTable[]): (name: string) => HeaderRule {
  const exact = new Map<string, HeaderRule>();
  const prefixes = new Map<string, HeaderRule>();
  for (const table of tables.toReversed()) {
    for (const [name, rule] of Object.entries(table)) {
      if (name.endsWith('*')) prefixes.set(name.slice(0, -1), rule);
      else exact.set(name, rule);
    }
  }
  const longestFirst = [...prefixes].sort(([one], [other]) => other.length - one.length);
  const byPrefix = byHeaderName(
    (name): HeaderRule => longestFirst.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 'counts',
  );
  return (name) => exact.get(name) ?? byPrefix(name);
}
