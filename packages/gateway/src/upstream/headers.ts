/**
 * Which headers go to the provider, and which of its headers come back.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type HeaderFields, type HeaderRule, hopByHopHeaders } from 'askonce';

/** What this gateway can undo itself. */
const decodable = 'gzip, deflate, br, zstd';

/** Further fields that a request which passes through leaves behind: they are the gateway's own, or its client's. */
const leftBehind: ReadonlySet<string> = new Set(['host', 'expect', 'via', 'forwarded', 'x-real-ip']);

/** A cached route's headers for the provider: those that no rule strips, and our own `accept-encoding`. */
export function cachedRequestHeaders(
  headers: HeaderFields,
  rule: (name: string) => HeaderRule,
): Record<string, string | string[]> {
  const named = namedByConnection(headers['connection']);
  const kept: Record<string, string | string[]> = { 'accept-encoding': decodable };
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || rule(name) === 'stripped' || named.has(name)) continue;
    kept[name] = typeof value === 'string' ? value : [...value];
  }
  return kept;
}

/** The headers of a request that passes through: as they came, names and order too, less what is one hop's. */
export function passedRequestHeaders(rawHeaders: readonly string[], headers: IncomingHttpHeaders): string[] {
  const named = namedByConnection(headers.connection);
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const field = name.toLowerCase();
    if (hopByHopHeaders.has(field) || leftBehind.has(field) || named.has(field)) continue;
    if (field.startsWith('askonce-') || field.startsWith('x-forwarded-')) continue;
    kept.push(name, rawHeaders[at + 1] ?? '');
  }
  return kept;
}

/**
 * The provider's headers less what is one hop's, and less CORS: a provider that lets any page read its answers
 * must not thereby let any page read the gateway's.
 */
export function answerHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string | readonly string[]> {
  const named = namedByConnection(headers['connection']);
  const kept: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHopHeaders.has(name) || named.has(name)) continue;
    if (name.startsWith('access-control-') || name.startsWith('askonce-')) continue;
    if (typeof value === 'string' ? writable.test(value) : value.every((one) => writable.test(one)))
      kept[name] = value;
  }
  return kept;
}

/** What node:http writes as a field's value; it throws at anything else. */
const writable = /^[\t\x20-\x7e\x80-\xff]*$/;

function namedByConnection(value: string | readonly string[] | undefined): ReadonlySet<string> {
  if (value === undefined || value === 'keep-alive') return none;
  const text = typeof value === 'string' ? value : value.join(',');
  return new Set(text.split(',').map((name) => name.trim().toLowerCase()));
}

const none: ReadonlySet<string> = new Set();
