/**
 * The headers of a run of a handler: which of the client's the handler sees, and which of its answer are the route's own.
 */
import type { ProviderAnswer } from '../../flight/provider.ts';
import type { HandlerCall } from './contract.ts';

/** Fields by which a client asks for less than the answer: the cache needs all of it, and checks conditions itself. */
export const conditionalHeaders: ReadonlySet<string> = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]);

/** Headers that are set on a response, as frameworks hold them: names in lower case, each value as text. */
export function textFields(headers: Readonly<Record<string, unknown>>): ProviderAnswer['headers'] {
  const fields: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined)
      fields[name.toLowerCase()] = Array.isArray(value) ? value.map(String) : String(value);
  return fields;
}

/** The client's headers as the handler sees them: without its conditions, and with those of the cache. */
export function runHeaders<Value>(
  headers: Readonly<Record<string, Value>>,
  conditions: HandlerCall['conditions'] = {},
): Record<string, Value | string> {
  const seen = Object.entries(headers).filter(([name]) => !conditionalHeaders.has(name));
  return { ...Object.fromEntries(seen), ...conditions };
}

/** Fields that say how an answer may be stored, or what its body is: they count, wherever they were set. */
const counting: ReadonlySet<string> = new Set([
  'age',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-location',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'location',
  'pragma',
  'vary',
]);

/**
 * The answer's headers without those that had the same value `before` the handler ran, unless the cache must see them.
 * Hooks and middleware set them for each client anew (CORS, the state of a rate limit, request ids), so that they belong to
 * no stored answer.
 */
export function ownHeaders(
  headers: ProviderAnswer['headers'],
  before: Readonly<Record<string, unknown>>,
): ProviderAnswer['headers'] {
  const own: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (counting.has(name) || !isSame(value, before[name])) own[name] = value;
  }
  return own;
}

function isSame(value: string | readonly string[], before: unknown): boolean {
  return before !== undefined && String(value) === String(before);
}
