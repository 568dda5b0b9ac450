/** What a run of maintenance has done, or a dry run would do. */
import type { DefragmentStep } from '../store/maintenance.ts';
import { type MaintenanceKind, maintenanceKinds } from './kinds.ts';

interface MaintenanceFigures {
  /** Entries removed; 0 for `defragment`. */
  readonly count: number;
  /** Bytes freed, as the store counts them. */
  readonly bytes: number;
  /** True if the bytes are an estimate: the size of what was removed, where the store frees by pages or allocations. */
  readonly estimated: boolean;
  /** Rows and keys without an entry that were removed as well: index rows, vectors, marks. Of `expired` alone. */
  readonly remains?: number | undefined;
}

interface MaintenanceNote {
  readonly kind: MaintenanceKind;
  readonly store: string;
  /** The part that was refused or skipped (`memory-purge`, `active-defrag`, `vacuum`); absent if it is the whole kind. */
  readonly action?: string | undefined;
  readonly message: string;
}

/**
 * How a run ended. `lease-lost`: another process took over, since this one had been silent for too long, or the store has lost
 * the lease, as one that was emptied has.
 */
export type MaintenanceOutcome = 'complete' | 'aborted' | 'lease-lost' | 'failed';

export interface MaintenanceReport {
  readonly dryRun: boolean;
  readonly outcome: MaintenanceOutcome;
  /** Whether everything that was asked for was done. */
  readonly complete: boolean;
  /** When it began, in ms since the epoch, and how long it took, in ms. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Entries that were looked at. */
  readonly looked: number;
  /** Each kind that was asked for. */
  readonly kinds: Readonly<Partial<Record<MaintenanceKind, MaintenanceFigures>>>;
  /** What a server or a file does not allow. */
  readonly refused: readonly MaintenanceNote[];
  /** What could not be done, and why. */
  readonly skipped: readonly MaintenanceNote[];
  /** Why it broke off; absent if it did not. */
  readonly failure?: string | undefined;
}

/** The figures of a run so far. */
export interface RunTally {
  looked(entries: number): void;
  removed(kind: MaintenanceKind, count: number, bytes: number): void;
  remains(count: number, bytes: number): void;
  step(step: DefragmentStep): void;
  skipped(kind: MaintenanceKind, store: string, message: string): void;
  report(ending: Pick<MaintenanceReport, 'outcome' | 'durationMs' | 'failure'>): MaintenanceReport;
}

export function runTally(
  kinds: readonly MaintenanceKind[],
  begun: Pick<MaintenanceReport, 'dryRun' | 'startedAt'>,
  isEstimated: boolean,
): RunTally {
  let lookedAt = 0;
  let remaining = 0;
  const refused: MaintenanceNote[] = [];
  const skipped: MaintenanceNote[] = [];
  const asked = maintenanceKinds.filter((kind) => kinds.includes(kind));
  const figures = new Map(asked.map((kind) => [kind, { count: 0, bytes: 0 }]));

  function add(kind: MaintenanceKind, count: number, bytes: number): void {
    const sum = figures.get(kind);
    if (sum !== undefined) figures.set(kind, { count: sum.count + count, bytes: sum.bytes + bytes });
  }

  const figuresOf = (kind: MaintenanceKind): MaintenanceFigures => ({
    ...(figures.get(kind) ?? { count: 0, bytes: 0 }),
    estimated: isEstimated && kind !== 'defragment',
    ...(kind === 'expired' && { remains: remaining }),
  });

  return {
    looked: (entries) => {
      lookedAt += entries;
    },
    removed: add,
    remains(count, bytes) {
      remaining += count;
      add('expired', 0, bytes);
    },
    step({ store, action, outcome, bytes, message = '' }) {
      if (outcome === 'refused') refused.push({ kind: 'defragment', store, action, message });
      else add('defragment', 0, bytes);
    },
    skipped: (kind, store, message) => skipped.push({ kind, store, message }),
    report: ({ outcome, durationMs, failure }) => ({
      ...begun,
      outcome,
      complete: outcome === 'complete',
      durationMs,
      looked: lookedAt,
      kinds: Object.fromEntries(asked.map((kind) => [kind, figuresOf(kind)])),
      refused,
      skipped,
      ...(failure !== undefined && { failure }),
    }),
  };
}
