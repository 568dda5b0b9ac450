/** Admin calls that read the stored entries. */
import type { AdminRoute } from '../route.ts';
import { listRoute } from './list.ts';
import { oneRoute } from './one.ts';

export const entryRoutes: readonly AdminRoute[] = [listRoute, oneRoute];
