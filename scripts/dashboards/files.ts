/**
 * The dashboards as files.
 */
import { cacheDashboard } from './cache.ts';
import { costDashboard } from './cost.ts';

/** The text of each file, by its path below the repository's root. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries({ cache: cacheDashboard(), cost: costDashboard() }).map(([name, made]) => [
      `deploy/grafana/${name}.json`,
      `${JSON.stringify(made, null, 2)}\n`,
    ]),
  );
}
