/**
 * The credential of a request (key, organisation, project), known only by a keyed digest; and the headers that count.
 */
import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { byHeaderName, type HeaderRule } from '../protocol/headers.ts';
import type { HeaderFields } from './request.ts';

/** The headers of a request as identity needs them. */
interface HeaderReading {
  /** Keyed digest of the headers that separate callers, even if there are none. 128 bits of HMAC-SHA-256 (RFC 2104), in hex. */
  readonly credential: string;
  /** The headers that count, as text that is unique to them; '' if none counts. */
  readonly counted: string;
}

export type HeaderReader = (headers: HeaderFields) => HeaderReading;

const credentialMemoBytes = 1024 * 1024;

/**
 * Reads headers by a rule; names in any case. Raw credentials stay in this closure only (the latest ones, 1 MB at most,
 * as the keys of a memo).
 */
export function headerReader(ruleOf: (name: string) => HeaderRule, secret: string): HeaderReader {
  const known = byHeaderName((spelled) => {
    const name = spelled.toLowerCase();
    return { name, rule: ruleOf(name) };
  });
  const digests = new LRUCache<string, string>({
    maxSize: credentialMemoBytes,
    sizeCalculation: (_digest, credential) => 2 * credential.length + 256,
  });

  let last: { readonly credential: string | undefined; readonly digest: string } = {
    credential: undefined,
    digest: '',
  };

  function digest(credential: string): string {
    // Consecutive requests often share a credential, and a comparison is cheaper than a lookup.
    if (credential === last.credential) return last.digest;
    const seen = digests.get(credential);
    if (seen !== undefined) {
      last = { credential, digest: seen };
      return seen;
    }
    // As JSON, since UTF-8 encodes every lone surrogate alike.
    const made = createHmac('sha256', secret)
      .update('credential\n')
      .update(JSON.stringify(credential))
      .digest('hex')
      .slice(0, 32);
    digests.set(credential, made);
    last = { credential, digest: made };
    return made;
  }

  return (headers) => {
    let parting: string[] | string = '';
    let counting: string[] | string = '';
    for (const spelled in headers) {
      const value = headers[spelled];
      if (value === undefined) continue;
      const { name, rule } = known(spelled);
      if (rule === 'credential') parting = withLine(parting, line(name, value));
      else if (rule === 'counts') counting = withLine(counting, line(name, value));
    }
    return { credential: digest(inOrder(parting)), counted: inOrder(counting) };
  };
}

// Lengths come before contents, so no part of a value can be read as another header.
function line(name: string, value: string | readonly string[]): string {
  if (typeof value === 'string') return `${name.length}:${value.length}:${name}${value}`;
  return `${name.length}:${value.length}*${name}${value.map((one) => `${one.length}:${one}`).join('')}`;
}

function withLine(lines: string[] | string, next: string): string[] | string {
  if (typeof lines !== 'string') lines.push(next);
  else if (lines !== '') return [lines, next];
  else return next;
  return lines;
}

// The order of headers has no meaning (RFC 9110, section 5.3).
function inOrder(lines: string[] | string): string {
  return typeof lines === 'string' ? lines : lines.sort().join('');
}
