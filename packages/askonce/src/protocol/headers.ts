/**
 * What each request header means to identity and to the way upstream. One table, so that a header is never
 * unknown by accident: what is not named here or by the protocol counts.
 */

/**
 * - `counts`: part of the fingerprint, and sent upstream.
 * - `parts`: part of the credential, hence of the partition (as a keyed digest only), and sent upstream.
 * - `ignored`: sent upstream, does not change the answer.
 * - `stripped`: never sent upstream, and read by nobody but askonce.
 */
export type HeaderRule = 'counts' | 'parts' | 'ignored' | 'stripped';

/** Rules by header name in lower case; a name that ends in `*` stands for all names that begin so. */
export type HeaderTable = Readonly<Record<string, HeaderRule>>;

/** Fields of a request that mean one connection and not the message (RFC 9110, section 7.6.1). */
const hopByHop = {
  connection: 'stripped',
  'keep-alive': 'stripped',
  'proxy-authorization': 'stripped',
  'proxy-connection': 'stripped',
  te: 'stripped',
  trailer: 'stripped',
  'transfer-encoding': 'stripped',
  upgrade: 'stripped',
} as const satisfies HeaderTable;

/** The names of all fields, of requests and answers, that no hop hands on. */
export const hopByHopHeaders: ReadonlySet<string> = new Set([...Object.keys(hopByHop), 'proxy-authenticate']);

export const commonHeaders = {
  authorization: 'parts',
  'x-api-key': 'parts',
  'api-key': 'parts',
  cookie: 'parts',
  'x-goog-api-key': 'parts',
  'x-auth-token': 'parts',
  'ocp-apim-subscription-key': 'parts',
  'cf-aig-authorization': 'parts',
  'x-portkey-api-key': 'parts',
  'helicone-auth': 'parts',
  'openai-organization': 'parts',
  'openai-project': 'parts',

  accept: 'ignored',
  'accept-language': 'ignored',
  'user-agent': 'ignored',
  'content-type': 'ignored',
  'idempotency-key': 'ignored',
  date: 'ignored',
  dnt: 'ignored',
  from: 'ignored',
  origin: 'ignored',
  priority: 'ignored',
  referer: 'ignored',
  'sec-*': 'ignored',
  'x-stainless-*': 'ignored',
  'x-request-id': 'ignored',
  'x-client-request-id': 'ignored',
  'x-correlation-id': 'ignored',
  traceparent: 'ignored',
  tracestate: 'ignored',
  baggage: 'ignored',
  'x-b3-*': 'ignored',
  b3: 'ignored',
  'sentry-trace': 'ignored',

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
} as const satisfies HeaderTable;

/**
 * Looks up the rule of a header, its name in lower case. A table goes before those behind it, a whole name before
 * a beginning, a longer beginning before a shorter one; what no table names counts.
 */
export function headerRules(...tables: readonly HeaderTable[]): (name: string) => HeaderRule {
  const exact = new Map<string, HeaderRule>();
  const beginnings = new Map<string, HeaderRule>();
  for (const table of tables.toReversed()) {
    for (const [name, rule] of Object.entries(table)) {
      if (name.endsWith('*')) beginnings.set(name.slice(0, -1), rule);
      else exact.set(name, rule);
    }
  }
  const longestFirst = [...beginnings].sort(([one], [other]) => other.length - one.length);
  return (name) =>
    exact.get(name) ?? longestFirst.find(([beginning]) => name.startsWith(beginning))?.[1] ?? 'counts';
}
