/**
 * The path of a request as the log has it: what is known of it. A query string may hold a key (`?key=`), the path of an
 * admin call the name of a user, and a mistaken path anything.
 */

/** First parts of paths that the gateway serves or passes on. */
const known = new Set(['v1', 'openai', 'cache', 'healthz', 'readyz', 'metrics']);

/** What follows `/cache/` in the path of an admin call. */
export const adminParts: ReadonlySet<string> = new Set([
  'analytics',
  'entries',
  'events',
  'explain',
  'feedback',
  'flags',
  'health',
  'invalidate',
  'maintenance',
  'metrics',
  'openapi.json',
  'performance',
  'semantic',
  'statistics',
  'stats',
  'stream',
  'top-queries',
  'users',
  'warm',
]);

/** The path without its query and without parts that are not known, which are an ellipsis. */
export function loggedPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  const [, first = '', second] = path.split('/', 3);
  if (path === '/') return path;
  if (!path.startsWith('/') || !known.has(first)) return '/…';
  if (first !== 'cache' || second === undefined) return path;
  if (!adminParts.has(second)) return second === '' ? path : '/cache/…';
  const end = `/cache/${second}`;
  return path.length > end.length ? `${end}/…` : end;
}
