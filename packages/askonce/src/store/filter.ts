/** Decides which entries a filter selects: by key, by partition, by a glob over keys, and by digests of tags. */
import type { EntryFilter } from './contract.ts';

/** Most keys in a batch. */
export const keysAtOnce = 1_000;

/** Whether a key fits the filter's keys, partitions and pattern. */
export function keyTest({ keys, partitions, pattern }: EntryFilter): (key: string) => boolean {
  const named = keys && new Set(keys);
  const within = partitions && new Set(partitions);
  const matches = pattern === undefined ? undefined : patternTest(pattern);
  return (key) =>
    (named?.has(key) ?? true) && (within?.has(partitionOf(key)) ?? true) && (matches?.(key) ?? true);
}

/** Whether a key matches a glob after its prefix and version; that of an endpoint's answer after its prefix: `api:/users/*`. */
export function patternTest(pattern: string): (key: string) => boolean {
  return (key) => matchesGlob(pattern, key, afterVersion(key));
}

/** The partition that a key names; '' if it names none. */
export function partitionOf(key: string): string {
  // The key of an endpoint's answer names its route instead.
  if (key.startsWith(routed, key.indexOf(':'))) return '';
  const from = afterVersion(key);
  const to = key.indexOf(':', from);
  return to < 0 ? '' : key.slice(from, to);
}

const routed = ':api:';

/** The index in a key at which its partition begins: after the second colon; of an endpoint's answer, after the first. */
function afterVersion(key: string): number {
  const first = key.indexOf(':');
  return key.startsWith(routed, first) ? first + 1 : key.indexOf(':', first + 1) + 1;
}

/**
 * Whether the pattern matches `text` from index `start` to its end: `*` any characters, `?` one.
 *
 * Backtracks to the last star only, so that the cost is at most the product of both lengths; a regular expression with
 * many stars costs far more.
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

/** How an entry fits: by its own tags, or only by tags that were added to it. */
export type Fit = 'own' | 'added' | undefined;

/** Whether every clause has a digest of `own`, or else of `added`. */
export function fitOf(
  clauses: readonly ReadonlySet<string>[],
  own: readonly string[],
  added: readonly string[],
): Fit {
  let fit: Fit = 'own';
  for (const clause of clauses) {
    if (own.some((digest) => clause.has(digest))) continue;
    if (!added.some((digest) => clause.has(digest))) return undefined;
    fit = 'added';
  }
  return fit;
}

/** Resolves in the next turn of the event loop: between the pages of a long walk. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
