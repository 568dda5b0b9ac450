/**
 * Conditional requests: whether the client has the answer already (RFC 9110, section 13; RFC 9111, section 4.3.2).
 */
import type { HeaderFields } from '../../identity/request.ts';
import { httpDate } from '../../protocol/endpoint/http-date.ts';
import { headerText } from './question.ts';

type ReplyFields = Readonly<Record<string, string | readonly string[]>>;

/** An entity tag in a list; what is between two of them does not matter. */
const entityTag = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** Whether the answer is one that the client's conditions say that it has. */
export function isNotModified(request: HeaderFields, answer: ReplyFields): boolean {
  const wanted = headerText(request, 'if-none-match');
  if (wanted !== '') {
    const etag = String(answer['etag'] ?? '');
    if (wanted.trim() === '*') return true;
    // Weak comparison: only the opaque part counts.
    const own = etag.replace(/^W\//, '');
    return own !== '' && [...wanted.matchAll(entityTag)].some(([, opaque]) => opaque === own);
  }
  if (request['if-modified-since'] === undefined) return false;
  // The year of a date with two digits is one near to the answer's.
  const now = httpDate(String(answer['date'] ?? ''), 0) ?? 0;
  const since = httpDate(headerText(request, 'if-modified-since'), now);
  const modified = httpDate(String(answer['last-modified'] ?? ''), now);
  return since !== undefined && modified !== undefined && modified <= since;
}

/** What describes a body that is not sent. */
const ofBody: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'content-range',
  'transfer-encoding',
]);

export function notModifiedHeaders(headers: ReplyFields): ReplyFields {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofBody.has(name)));
}
