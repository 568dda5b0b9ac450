/**
 * The name under which a process remembers a route.
 */
import { hash } from 'node:crypto';

/** Longest route, in characters, that is remembered by name. A longer one may hold a client's values; its digest is stored. */
const longestName = 256;

/** No route begins as a digest does. */
export function routeName(route: string): string {
  return route.length > longestName ? `#${hash('sha256', route, 'base64')}` : route;
}
