/** Rewrites Grafana's dashboards in `deploy/grafana` from their tables of panels. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardFiles } from './dashboards/files.ts';

for (const [path, text] of dashboardFiles()) {
  writeFileSync(join(import.meta.dirname, '..', path), text);
  console.log(`wrote ${path}`);
}
