/**
 * The table of admin calls, and the search in it.
 */
import { z } from 'zod';
import { documentRoute } from './document.ts';
import { entryRoutes } from './entries/routes.ts';
import { erasureRoutes } from './erasure.ts';
import { eventRoute } from './events/routes.ts';
import { explainRoutes } from './explain.ts';
import { flagRoutes } from './flags.ts';
import { invalidationRoutes } from './invalidation.ts';
import { ledgerRoutes } from './ledger/routes.ts';
import { maintenanceRoutes } from './maintenance.ts';
import { metricsRoutes } from './metrics.ts';
import { type AdminRoute, adminRoute, anyQuery, noBody, viewing } from './route.ts';
import { semanticRoutes, semanticState } from './semantic.ts';
import { visibleHealth } from './visible.ts';
import { warmingRoutes } from './warming.ts';

const figure = z.number().nonnegative();
const storeStatistics = z.strictObject({
  name: z.string(),
  since: figure.optional(),
  entries: figure,
  entriesEstimated: z.boolean().optional(),
  bytes: figure,
  maxBytes: figure.optional(),
  hits: figure,
  misses: figure,
  evictions: figure,
  unreadable: figure,
  refused: z.record(z.string(), figure.optional()),
  get tiers() {
    return z.array(storeStatistics).readonly().optional();
  },
});
z.globalRegistry.add(storeStatistics, { id: 'StoreStatistics' });

const storeStatisticsCall = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/stats',
  summary: 'Count the entries, hits and flights of each store.',
  invalid: 'invalid_request',
  query: anyQuery,
  body: noBody,
  answer: z.strictObject({
    store: storeStatistics,
    flights: figure,
    logIsCurrent: z.boolean(),
    refused: z.record(z.string(), figure),
    semantic: semanticState,
  }),
  run: ({ cache }) => cache.statistics(),
});

export const healthCall = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/health',
  summary: 'Report the health of every component.',
  invalid: 'invalid_request',
  query: anyQuery,
  body: noBody,
  answer: z.strictObject({
    status: z.enum(['ok', 'degraded']),
    components: z.record(z.string(), z.looseObject({ status: z.enum(['ok', 'degraded', 'down']) })),
    semantic: semanticState,
  }),
  run: async ({ health }, { caller }) => visibleHealth(await health(), caller.role),
});

export const adminRoutes: readonly AdminRoute[] = [
  ...invalidationRoutes,
  ...erasureRoutes,
  storeStatisticsCall,
  healthCall,
  ...ledgerRoutes,
  ...flagRoutes,
  ...semanticRoutes,
  ...explainRoutes,
  ...maintenanceRoutes,
  ...entryRoutes,
  eventRoute,
  ...metricsRoutes,
  ...warmingRoutes,
  documentRoute(() => adminRoutes),
];

export interface FoundRoutes {
  /** The routes of the path, one for each method. */
  readonly routes: readonly AdminRoute[];
  /** The path's parameter by its name, still percent-encoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The routes that match a path, or undefined if there are none. */
export function findRoutes(table: readonly AdminRoute[], path: string): FoundRoutes | undefined {
  const matching = (pattern: string) => table.filter((route) => route.path === pattern);
  const routes = path.includes('{') ? [] : matching(path);
  if (routes.length > 0) return { routes, parameters: {} };
  const [, parent, last = ''] = /^(.*)\/([^/]+)$/s.exec(path) ?? [];
  for (const route of table) {
    const [, before, name = ''] = /^(.*)\/\{(\w+)\}$/.exec(route.path) ?? [];
    if (before !== undefined && before === parent)
      return { routes: matching(route.path), parameters: { [name]: last } };
  }
  return undefined;
}
