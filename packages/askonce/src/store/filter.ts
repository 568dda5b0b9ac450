/** Which entries a filter means: by their keys, their partitions, a glob over keys, and digests of their tags. */
import type { EntryFilter } from './contract.ts';

/** Keys are found in batches of at most so many. */
export const keysAtOnce = 1_000;

/** Whether a key fits the filter's keys, partitions and pattern. */
export function keyTest({ keys, partitions, pattern }: EntryFilter): (key: string) => boolean {
  const named = keys && new Set(keys);
  const within = partitions && new Set(partitions);
  const matches = pattern === undefined ? undefined : patternTest(pattern);
  return (key) =>
    (named?.has(key) ?? true) && (within?.has(partitionOf(key)) ?? true) && (matches?.(key) ?? true);
}

/** Whether a key matches a glob behind the prefix and the version of all keys. */
export function patternTest(pattern: string): (key: string) => boolean {
  return (key) => matchesGlob(pattern, key, behindVersion(key));
}

/** The partition that a key names. */
export function partitionOf(key: string): string {
  const from = behindVersion(key);
  const to = key.indexOf(':', from);
  return to < 0 ? '' : key.slice(from, to);
}

/** Where in a key its partition begins: behind the second colon. */
function behindVersion(key: string): number {
  return key.indexOf(':', key.indexOf(':') + 1) + 1;
}

/**
 * Whether `text` from index `start` on is matched from its first to its last character: `*` any characters, `?` one.
 *
 * Goes back to the last star only, so that no pattern takes more than its length times the text's; a regular
 * expression of many stars takes far more.
 */
function matchesGlob(pattern: string, text: string, start: number): boolean {
  let at = start;
  let next = 0;
  let star = -1;
  let resumeAt = start;
  while (at < text.length) {
    const wanted = pattern[next];
    if (wanted === '*') {
      star = next;
      next += 1;
      resumeAt = at;
    } else if (wanted === '?' || wanted === text[at]) {
      next += 1;
      at += 1;
    } else if (star >= 0) {
      next = star + 1;
      resumeAt += 1;
      at = resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[next] === '*') next += 1;
  return next === pattern.length;
}

/** How an entry fits: by its own tags, or only with those that were added to it. */
export type Fit = 'own' | 'added' | undefined;

/** Whether a digest of `own`, or else of `added`, is in every clause. */
export function fitOf(
  clauses: readonly ReadonlySet<string>[],
  own: readonly string[],
  added: Iterable<string>,
): Fit {
  let fit: Fit = 'own';
  for (const clause of clauses) {
    if (own.some((digest) => clause.has(digest))) continue;
    if (!hasAny(clause, added)) return undefined;
    fit = 'added';
  }
  return fit;
}

function hasAny(clause: ReadonlySet<string>, digests: Iterable<string>): boolean {
  for (const digest of digests) if (clause.has(digest)) return true;
  return false;
}

/** Lets the event loop go round once: between the pages of a long walk. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
