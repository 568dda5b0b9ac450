/** Runs of maintenance, as the ledger lists them. */
import { maintenanceKinds } from '../../maintenance/kinds.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import type { MaintenanceRun } from '../contract.ts';

type MaintenanceEvent = Extract<ObservedEvent, { readonly type: 'maintenance' }>;

/** The run that an event reports. */
export function runOf({ removed, freedBytes, ...event }: MaintenanceEvent): MaintenanceRun {
  const { startedAt, durationMs, outcome, looked } = event;
  const kinds = maintenanceKinds.flatMap((kind) => {
    const bytes = freedBytes[kind];
    return bytes === undefined ? [] : [[kind, { count: removed[kind] ?? 0, bytes }] as const];
  });
  return { startedAt, durationMs, outcome, looked, kinds: Object.fromEntries(kinds) };
}
