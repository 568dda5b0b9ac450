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

/**
 * Fields that say what an answer is, and how it may be stored: they are part of it, wherever they were set. Every other field that
 * was set before the handler ran, such as a request id, belongs to the one reply.
 */
export const answerFields: ReadonlySet<string> = new Set([
  // How old the answer is when it comes: the cache goes on counting from there (RFC 9111, section 4.2.3).
  'age',
  'cache-control',
  // `Cache-Control` for caches of one kind (RFC 9213).
  'cdn-cache-control',
  // What a client does with the body (RFC 6266).
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  // Which part of the representation the body is (RFC 9110, section 14.4).
  'content-range',
  'content-type',
  // When the answer was made: its age and `Expires` are reckoned from there (RFC 9110, section 6.6.1).
  'date',
  'etag',
  'expires',
  'last-modified',
  // What the status refers to (RFC 9110, section 10.2.2).
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
    if (answerFields.has(name) || !isSame(value, before[name])) own[name] = value;
  }
  return own;
}

function isSame(value: string | readonly string[], before: unknown): boolean {
  return before !== undefined && String(value) === String(before);
}
