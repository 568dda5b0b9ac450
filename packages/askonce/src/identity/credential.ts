/**
 * The credential: whoever's key, organisation and project a request comes with, known only by a keyed digest.
 */
import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { HeaderRule } from '../protocol/headers.ts';
import type { HeaderFields } from './request.ts';

/** What the headers of a request are to identity. */
export interface HeaderReading {
  /** Keyed digest of all headers that part; also of none. */
  readonly credential: string;
  /** The headers that count, as canonical text; '' where none does. */
  readonly counted: string;
}

export type HeaderReader = (headers: HeaderFields) => HeaderReading;

/**
 * Reads headers by a rule. Raw credentials stay in this closure (the last 1 024, as the keys of a memo) and
 * nowhere else.
 */
export function headerReader(ruleOf: (name: string) => HeaderRule, secret: string): HeaderReader {
  const rules = new LRUCache<string, HeaderRule>({ max: 1024 });
  const digests = new LRUCache<string, string>({ max: 1024 });
  const rule = (name: string): HeaderRule => {
    const known = rules.get(name);
    if (known !== undefined) return known;
    const found = ruleOf(name);
    rules.set(name, found);
    return found;
  };
  const digest = (credential: string): string => {
    const known = digests.get(credential);
    if (known !== undefined) return known;
    const made = createHmac('sha256', secret)
      .update('credential\n')
      .update(credential)
      .digest('hex')
      .slice(0, 32);
    digests.set(credential, made);
    return made;
  };
  return (headers) => {
    let credential = '';
    let counted = '';
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) continue;
      const what = rule(name);
      if (what === 'parts') credential += written(name, value);
      else if (what === 'counts') counted += written(name, value);
    }
    return { credential: digest(inOrder(credential)), counted: inOrder(counted) };
  };
}

function written(name: string, value: string | readonly string[]): string {
  return `${JSON.stringify([name, value])}\n`;
}

// The order in which a client sends its headers means nothing (RFC 9110, section 5.3).
function inOrder(lines: string): string {
  return lines === '' || lines.indexOf('\n') === lines.length - 1
    ? lines
    : lines.split('\n').sort().join('\n');
}
