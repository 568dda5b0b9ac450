/**
 * Checks that a request target is a plain path below the configured upstream. It reads the raw text, before anything
 * decodes or normalises it: a path that gateway and provider read differently is an escape.
 */

/** The targets of nearly all requests, which need no further check. */
const plainTarget = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$/;

const visibleAscii = /^[\x21-\x7e]*$/;

/** Maximum number of nested percent-encodings: no client means more, and decoding thousands takes seconds. */
const maxEncodings = 8;

/**
 * Why the request target (`/v1/models?limit=3`) is refused; undefined if it is accepted.
 * Absolute and authority forms, `*`, empty and dot segments, backslashes, control characters and fragments
 * are refused, also percent-encoded; so is a path with more nested encodings than are decoded.
 */
export function refusedTarget(target: string): string | undefined {
  if (plainTarget.test(target)) return undefined;
  if (!target.startsWith('/')) return 'must begin with a slash';
  if (!visibleAscii.test(target)) return 'must be printable ASCII';
  if (target.includes('#')) return 'must not have a fragment';
  const queryAt = target.indexOf('?');
  return refusedPath(queryAt === -1 ? target : target.slice(0, queryAt));
}

function refusedPath(path: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(path)) return 'has a malformed percent-encoding';
  let decoded = path;
  for (let round = 0; round <= maxEncodings; round += 1) {
    if (decoded.includes('\\')) return 'must not have a backslash';
    if (hasControl(decoded)) return 'must not have control characters';
    if (decoded.includes('//')) return 'must not have empty segments';
    if (decoded.split('/').some((segment) => segment === '.' || segment === '..' || /^\.\.?;/.test(segment)))
      return 'must not have dot segments';
    const next = decodeOnce(decoded);
    if (next === decoded) return undefined;
    decoded = next;
  }
  return 'is percent-encoded too often';
}

function decodeOnce(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
