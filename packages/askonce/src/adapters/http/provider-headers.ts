/**
 * The headers on the way to the provider and back: which of the caller's are sent, which of the provider's return.
 */
import type { HeaderFields } from '../../identity/request.ts';
import type { ProtocolName } from '../../protocol/contract.ts';
import { commonHeaders, headerRules, hopByHopHeaders } from '../../protocol/headers.ts';
import { clientAddressHeaders } from '../../protocol/infrastructure-headers.ts';
import { protocols } from '../../protocol/protocols.ts';
import { isOwnHeader } from './request-controls.ts';

const rules = new Map(
  Object.values(protocols).map(({ name, headers }) => [name, headerRules(headers, commonHeaders)] as const),
);
const commonRule = headerRules(commonHeaders);
const addressRule = headerRules(clientAddressHeaders);

/** Further fields that a request which passes through leaves behind: they are the gateway's own, or its client's. */
const leftBehind: ReadonlySet<string> = new Set(['host', 'expect', 'via', 'forwarded', 'x-real-ip']);

/** A cached route's headers for the provider: those that no rule of its protocol strips. */
export function providerHeaders(
  protocol: ProtocolName,
  headers: HeaderFields,
): Record<string, string | string[]> {
  const rule = rules.get(protocol) ?? commonRule;
  const named = namedByConnection(headers['connection']);
  const sent: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || rule(name) === 'stripped' || named.has(name)) continue;
    sent[name] = typeof value === 'string' ? value : [...value];
  }
  return sent;
}

/**
 * The headers of a request that passes through, names and values in turn: as they came, in their order and spelling,
 * without those of one hop.
 */
export function passedHeaders(rawHeaders: readonly string[], headers: HeaderFields): string[] {
  const named = namedByConnection(headers['connection']);
  const sent: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const field = name.toLowerCase();
    if (hopByHopHeaders.has(field) || leftBehind.has(field) || named.has(field)) continue;
    if (isOwnHeader(field) || field.startsWith('x-forwarded-') || addressRule(field) === 'stripped') continue;
    sent.push(name, rawHeaders[at + 1] ?? '');
  }
  return sent;
}

/**
 * The provider's headers without those of one hop, and without CORS: a provider that lets any page read its answers
 * must not thereby let any page read a gateway's.
 */
export function answerHeaders(headers: HeaderFields): Record<string, string | readonly string[]> {
  const named = namedByConnection(headers['connection']);
  const returned: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHopHeaders.has(name) || named.has(name)) continue;
    if (name.startsWith('access-control-') || isOwnHeader(name)) continue;
    if (typeof value === 'string' ? writable.test(value) : value.every((one) => writable.test(one)))
      returned[name] = value;
  }
  return returned;
}

/** Field values that node:http writes; it throws at any other. */
const writable = /^[\t\x20-\x7e\x80-\xff]*$/;

function namedByConnection(value: string | readonly string[] | undefined): ReadonlySet<string> {
  if (value === undefined || value === 'keep-alive') return none;
  const text = typeof value === 'string' ? value : value.join(',');
  return new Set(text.split(',').map((name) => name.trim().toLowerCase()));
}

const none: ReadonlySet<string> = new Set();
