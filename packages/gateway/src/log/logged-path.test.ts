import { expect, it } from 'vitest';
import { adminRoutes } from '../admin/routes.ts';
import { adminParts, loggedPath } from './logged-path.ts';

it.each([
  ['/v1/chat/completions?key=secret', '/v1/chat/completions'],
  ['/', '/'],
  ['/cache/', '/cache/'],
  ['/cache', '/cache'],
  ['/healthz', '/healthz'],
  ['/metrics?x', '/metrics'],
  ['/cache/stats?any', '/cache/stats'],
  ['/cache/users/ada', '/cache/users/…'],
  ['/cache/stats/the-key', '/cache/stats/…'],
  ['/cache/the-key', '/cache/…'],
  ['/cache/the-key/stats', '/cache/…'],
  ['/the-key', '/…'],
  ['/the-key/cache/stats', '/…'],
  ['the-key', '/…'],
  ['', '/…'],
])('of the path %j the log has %j', (url, logged) => {
  expect(loggedPath(url)).toBe(logged);
});

it('the log names every admin call, and no other part of a path below /cache/', () => {
  const parts = adminRoutes.map(({ path }) => path.split('/')[2] ?? '');
  expect([...adminParts].toSorted()).toEqual([...new Set([...parts, 'feedback', 'stream'])].toSorted());
});
