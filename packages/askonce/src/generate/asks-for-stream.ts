/**
 * Whether a request that nothing has read asks for a stream.
 */
import type { CacheRequest } from '../identity/request.ts';

/** A field of JSON that is not within a text, where its quotation marks would be escaped. */
const streamField = /(?<!\\)"stream"\s*:\s*true\b/;

/**
 * By the text of its body, which is not parsed for this. A field of that name anywhere in the body counts.
 */
export function asksForStream({ body }: Pick<CacheRequest, 'body'>): boolean {
  if (typeof body === 'string') return streamField.test(body);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.includes('"stream"') && streamField.test(bytes.toString('utf8'));
}
