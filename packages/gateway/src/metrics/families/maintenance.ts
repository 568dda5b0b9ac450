/**
 * Maintenance: how its runs ended, and what they removed. Runs of other gateways that share the store count there.
 */
import { counterBy, type Family, gauge } from '../family.ts';

export const maintenanceFamilies: readonly Family[] = [
  counterBy(
    'maintenance_runs',
    'Runs of maintenance that this gateway made, by how they ended.',
    'outcome',
    ({ figures }) => figures.maintenanceRuns.counts,
  ),
  counterBy(
    'maintenance_removed',
    'Entries that maintenance has removed, by kind.',
    'kind',
    ({ figures }) => figures.maintained.counts,
  ),
  counterBy(
    'maintenance_freed_bytes',
    'Bytes that maintenance has freed, by kind; an estimate where a store frees by pages or allocations.',
    'kind',
    ({ figures }) => figures.maintenanceBytes.counts,
  ),
  gauge(
    'maintenance_last_success_timestamp_seconds',
    'When a run of this gateway last completed, in seconds since the epoch.',
    ({ figures: { lastMaintenance } }) =>
      lastMaintenance.at === undefined ? undefined : lastMaintenance.at / 1000,
  ),
];
