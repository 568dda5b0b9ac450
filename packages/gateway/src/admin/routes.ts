/**
 * The table of admin calls.
 */
import type { AdminHandler } from './call.ts';
import { showHealth, showStatistics } from './figures.ts';
import { changeFlags, showFlags } from './flags.ts';
import { eraseUser, invalidate, invalidateByQuery, tellEvent } from './taking-back.ts';

export interface AdminMethod {
  readonly run: AdminHandler;
  /** Whether the call has a JSON body: it must, it may, or what it sends is not read. */
  readonly body: 'must' | 'may' | 'none';
}

interface AdminRoute {
  readonly path: string;
  /** Whether one more segment may stand behind the path. */
  readonly hasRest: boolean;
  readonly methods: Readonly<Record<string, AdminMethod>>;
}

const get = (run: AdminHandler): AdminMethod => ({ run, body: 'none' });

const adminRoutes: readonly AdminRoute[] = [
  {
    path: '/cache/invalidate',
    hasRest: false,
    methods: {
      POST: { run: invalidate, body: 'must' },
      DELETE: { run: invalidateByQuery, body: 'none' },
    },
  },
  { path: '/cache/events', hasRest: false, methods: { POST: { run: tellEvent, body: 'must' } } },
  { path: '/cache/users', hasRest: true, methods: { DELETE: { run: eraseUser, body: 'may' } } },
  { path: '/cache/stats', hasRest: false, methods: { GET: get(showStatistics) } },
  { path: '/cache/health', hasRest: false, methods: { GET: get(showHealth) } },
  {
    path: '/cache/flags',
    hasRest: false,
    methods: { GET: get(showFlags), PUT: { run: changeFlags, body: 'must' } },
  },
];

interface FoundRoute {
  readonly methods: AdminRoute['methods'];
  /** Still percent-encoded. */
  readonly rest: string | undefined;
}

/** The route of a path, or undefined where there is none. */
export function findRoute(path: string): FoundRoute | undefined {
  for (const { path: own, hasRest, methods } of adminRoutes) {
    if (path === own) return { methods, rest: undefined };
    if (!hasRest || !path.startsWith(`${own}/`)) continue;
    const rest = path.slice(own.length + 1);
    if (rest !== '' && !rest.includes('/')) return { methods, rest };
  }
  return undefined;
}
