/**
 * Paths as frameworks route them: one route has many spellings, and which of them a framework takes for the same is its own
 * affair. What is invalidated, or kept out of the cache, is so in every spelling: too much costs hits, too little is wrong.
 */
import { nfc } from './language/nfc.ts';

/** A parameter of a pattern: `:id`, `:id(\d+)`, `:id?`, `{id}`. */
export const pathParameter = /:[A-Za-z_]\w*(?:\([^)]*\))?\??|\{[^}/]*\}/g;

/** The pattern without the names of its parameters, so that `/users/:id` equals `/users/{user}`. */
export function anonymousPattern(pattern: string): string {
  return pattern.replace(pathParameter, ':');
}

/** One spelling for all of a path: decoded, in lower case, with single slashes and none at the end. */
export function plainPath(path: string): string {
  const decoded = path.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
  const single = nfc(decoded)
    .toLowerCase()
    .replace(/\/{2,}/g, '/');
  return single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single;
}
