/** One run over a store: page after page, with a chance to stop after each. */
import { isErrorName } from '../negative/entry.ts';
import type { RemovalCause } from '../observe/causes.ts';
import type { StoreMaintenance, SurveyedEntry, SurveyPage } from '../store/maintenance.ts';
import { type Judge, type MaintenanceKind, maintenanceKinds, type RemovalKind } from './kinds.ts';
import type { RunTally } from './report.ts';

export interface RunOptions {
  readonly store: { readonly name: string; readonly maintenance: StoreMaintenance };
  readonly kinds: readonly MaintenanceKind[];
  readonly judge: Judge;
  readonly dryRun: boolean;
  readonly mayBlock: boolean;
  readonly signal: AbortSignal;
  readonly tally: RunTally;
  /** Resolves once the run may go on. Rejects if it must end. */
  readonly mayGoOn: () => Promise<void>;
  /** Called with what is gone. */
  readonly onRemoved: (keys: readonly string[], cause: RemovalCause) => void;
}

/** Rejects as `mayGoOn` does, or if the store fails. */
export async function runOver(options: RunOptions): Promise<void> {
  const { store, kinds, dryRun, mayBlock, signal, tally, mayGoOn } = options;
  const { maintenance } = store;
  const removals = kinds.filter((kind) => kind !== 'defragment');
  if (removals.length > 0) await removeJudged(options);
  if (kinds.includes('expired')) {
    for await (const { count, bytes } of maintenance.remains?.({ dryRun, signal }) ?? []) {
      tally.remains(count, bytes);
      await mayGoOn();
    }
    if (!dryRun) await maintenance.dropExpired?.();
  }
  if (!kinds.includes('defragment')) return;
  if (maintenance.defragment === undefined)
    return tally.skipped('defragment', store.name, 'It has nothing to give back.');
  for await (const step of maintenance.defragment({ dryRun, mayBlock, signal })) {
    if (step !== undefined) tally.step(step);
    await mayGoOn();
  }
}

async function removeJudged(options: RunOptions): Promise<void> {
  const { store, kinds, judge, dryRun, tally, mayGoOn } = options;
  const { maintenance } = store;
  let areHitsKnown = true;
  for await (const page of maintenance.survey({ mayFit: judge.mayFit })) {
    await mayGoOn();
    tally.looked(page.looked);
    areHitsKnown &&= page.entries.every(({ key, hits }) => hits !== undefined || isErrorName(key));
    const byKind = Map.groupBy(page.entries, (entry) => judge.kindOf(entry));
    for (const kind of maintenanceKinds) {
      const entries = kind === 'defragment' ? undefined : byKind.get(kind);
      if (kind === 'defragment' || entries === undefined) continue;
      const gone = dryRun ? entries : await removed(options, page, kind, entries);
      tally.removed(kind, gone.length, bytesOf(gone));
    }
    const aside = dryRun ? undefined : maintenance.takeRemovedAside?.();
    if (aside !== undefined) tally.removed('expired', aside.count, aside.bytes);
  }
  // What follows removes as well.
  await mayGoOn();
  if (kinds.includes('low-value') && !areHitsKnown)
    tally.skipped('low-value', store.name, 'It does not count the hits of its entries.');
}

async function removed(
  { onRemoved }: RunOptions,
  page: SurveyPage,
  kind: RemovalKind,
  entries: readonly SurveyedEntry[],
): Promise<readonly SurveyedEntry[]> {
  const gone = await page.remove(entries, { unlessHit: kind === 'low-value' });
  const keys = gone.map(({ key }) => key);
  onRemoved(keys, kind === 'expired' ? 'expired' : 'maintained');
  return gone;
}

function bytesOf(entries: readonly SurveyedEntry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}
