/** Admin calls that only look: how the gateway is, and what its cache holds. */
import type { AdminHandler } from './call.ts';

/** `GET /cache/health` */
export const showHealth: AdminHandler = (context) => context.health();

/** `GET /cache/stats` */
export const showStatistics: AdminHandler = ({ cache }) => cache.statistics();
