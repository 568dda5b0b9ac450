/**
 * Validators of our own, for answers that have none: by content, and distinguishable from the origin's, which alone can be asked
 * to confirm them.
 */
import { hash } from 'node:crypto';

const own = /^"~[\w-]{27}(?:\.\w*)?"$/;

/** A strong validator: equal for equal bytes in one encoding (RFC 9110, section 8.8.3). */
export function ownEtag(body: Uint8Array, encoding = ''): string {
  const digest = hash('sha256', body, 'base64url').slice(0, 27);
  return `"~${digest}${encoding === '' ? '' : `.${encoding.replace(/\W/g, '')}`}"`;
}

export function isOwnEtag(etag: string): boolean {
  return own.test(etag);
}
