/**
 * Maintenance: removes entries that are past their expiry, of low value or of low quality, and has the store give memory or
 * disk back. In the background, in small steps, by one process at a time among those that share the store.
 */
import type { Engine } from '../engine/engine.ts';
import { AskonceError } from '../errors.ts';
import { keyStart } from '../identity/key.ts';
import { messageOf } from '../observe/report.ts';
import { judgeOf, type MaintenanceKind, maintenanceKinds } from './kinds.ts';
import { type MaintenanceOutcome, type MaintenanceReport, type RunTally, runTally } from './report.ts';
import { type RunOptions, runOver } from './run.ts';
import { type Turn, turnOf } from './turn.ts';

export interface MaintenanceOptions {
  /** Default: all. */
  readonly kinds?: readonly MaintenanceKind[] | undefined;
  /** Counts, and changes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /**
   * Also what holds up writes for long: a file that cannot give pages back in steps is rebuilt. For a process that serves no
   * requests. Default false.
   */
  readonly mayBlock?: boolean | undefined;
  /** Ends the run after the step in progress; the report is of what was done by then. */
  readonly signal?: AbortSignal | undefined;
}

/** A run in progress at this process. */
interface MaintenanceInProgress {
  readonly startedAt: number;
  readonly kinds: readonly MaintenanceKind[];
  readonly dryRun: boolean;
}

export interface MaintenanceState {
  readonly running?: MaintenanceInProgress | undefined;
  /** The last run of this process that was not a dry one. */
  readonly last?: MaintenanceReport | undefined;
  /** When a run of this process last completed, in ms since the epoch. */
  readonly lastSuccessAt?: number | undefined;
}

export interface Maintaining {
  /** As the cache has them. */
  readonly calls: {
    maintain(options?: MaintenanceOptions): Promise<MaintenanceReport>;
    maintenance(): MaintenanceState;
  };
  /** Ends a run after its step in progress. */
  close(): Promise<void>;
}

/** What is asked of one run. */
type Wish = Pick<RunOptions, 'kinds' | 'dryRun' | 'mayBlock' | 'signal'>;

/** This process no longer has the turn. */
class LostTurn extends Error {}

const notHere = 'Maintenance is running already; ask again once it has ended (GET /cache/maintenance).';

export function maintaining(engine: Engine): Maintaining {
  const { clock, store, shared, settings, hooks, observe } = engine;
  const closing = new AbortController();
  const turn = turnOf(shared, clock, `${keyStart(settings.cachePrefix)}{maintenance}`);
  let running: (MaintenanceInProgress & { readonly done: Promise<unknown> }) | undefined;
  let last: MaintenanceReport | undefined;
  let lastSuccessAt: number | undefined;

  async function maintain(options: MaintenanceOptions = {}): Promise<MaintenanceReport> {
    const kinds = checkedKinds(options.kinds);
    if (closing.signal.aborted)
      throw new AskonceError('closed', 'The cache has been closed; create another one.');
    if (running !== undefined) throw new AskonceError('maintenance_running', notHere);
    const { dryRun = false, mayBlock = false } = options;
    const signal = AbortSignal.any([closing.signal, ...(options.signal ? [options.signal] : [])]);
    const wish = { kinds, dryRun, mayBlock, signal };
    const done = dryRun ? run(wish, undefined) : runInTurn(wish);
    running = { startedAt: clock.now(), kinds, dryRun, done: done.catch(() => {}) };
    try {
      return await done;
    } finally {
      running = undefined;
    }
  }

  async function runInTurn(wish: Wish): Promise<MaintenanceReport> {
    // What the store removes on the side from now on, by the write of the turn already, belongs to this run.
    store.maintenance?.takeRemovedAside?.();
    const began = begin(wish);
    const isTaken = await turn.take().catch((cause) => {
      // A run that never begins must be seen as one that fails half-way is.
      report(began.end('failed', messageOf(cause)));
      const message = 'Maintenance could not begin, since the store failed; try again.';
      throw new AskonceError('maintenance_failed', message, { cause });
    });
    if (!isTaken) throw new AskonceError('maintenance_running', notHere);
    try {
      return report(await run(wish, turn));
    } finally {
      await turn.end();
    }
  }

  function report(of: MaintenanceReport): MaintenanceReport {
    last = of;
    if (of.complete) lastSuccessAt = clock.now();
    observe({ type: 'maintenance', ...eventOf(of) });
    return of;
  }

  /** The figures of a run that begins now, and its report once it ends. */
  function begin({ kinds, dryRun }: Pick<Wish, 'kinds' | 'dryRun'>) {
    const began = clock.monotonic();
    const tally = runTally(
      kinds,
      { dryRun, startedAt: clock.now() },
      store.maintenance?.bytesEstimated ?? false,
    );
    const end = (outcome: MaintenanceOutcome, failure?: string) =>
      tally.report({ outcome, durationMs: clock.monotonic() - began, failure });
    return { tally, end };
  }

  /** A dry run has no turn. */
  async function run(wish: Wish, held: Turn | undefined): Promise<MaintenanceReport> {
    const { kinds, signal } = wish;
    const { maintenance: maintained } = store;
    const { tally, end } = begin(wish);
    if (maintained === undefined) {
      for (const kind of kinds) tally.skipped(kind, store.name, 'The store cannot be maintained.');
      return end('complete');
    }
    const mayGoOn = async () => {
      signal.throwIfAborted();
      if (held !== undefined && !(await held.holds())) throw new LostTurn();
    };
    try {
      const ownNow = clock.now();
      // Two clocks that differ: no entry counts as older, or as past its expiry, than it is by either.
      const now = Math.min(ownNow, (await maintained.now?.()) ?? ownNow);
      const judge = judgeOf(kinds, settings, now);
      const onRemoved = hooks.removed;
      await runOver({
        ...wish,
        store: { name: store.name, maintenance: maintained },
        ...{ judge, tally, mayGoOn, onRemoved },
      });
      return end(signal.aborted ? 'aborted' : 'complete');
    } catch (error) {
      return ended(error, signal, end);
    }
  }

  const maintenance = (): MaintenanceState => ({
    ...(running && {
      running: { startedAt: running.startedAt, kinds: running.kinds, dryRun: running.dryRun },
    }),
    ...(last && { last }),
    ...(lastSuccessAt !== undefined && { lastSuccessAt }),
  });

  return {
    calls: { maintain, maintenance },
    async close() {
      closing.abort();
      await running?.done;
    },
  };
}

function ended(
  error: unknown,
  signal: AbortSignal,
  end: (outcome: MaintenanceOutcome, failure?: string) => ReturnType<RunTally['report']>,
): MaintenanceReport {
  if (signal.aborted) return end('aborted');
  if (error instanceof LostTurn)
    return end(
      'lease-lost',
      'The turn was lost: another process has taken it, or the store no longer has it.',
    );
  return end('failed', messageOf(error));
}

/** @throws AskonceError `invalid_request` */
function checkedKinds(asked: readonly MaintenanceKind[] = maintenanceKinds): readonly MaintenanceKind[] {
  const unknown = asked.find((kind) => !maintenanceKinds.includes(kind));
  if (asked.length > 0 && unknown === undefined)
    return maintenanceKinds.filter((kind) => asked.includes(kind));
  const message = `Maintenance has the kinds ${maintenanceKinds.join(', ')}; name at least one of them.`;
  throw new AskonceError('invalid_request', message);
}

/** What an event says of a run: figures alone. */
function eventOf({ outcome, startedAt, durationMs, looked, kinds }: MaintenanceReport) {
  const removed: Record<string, number> = {};
  const freedBytes: Record<string, number> = {};
  for (const kind of maintenanceKinds) {
    const figures = kinds[kind];
    if (figures === undefined) continue;
    if (kind !== 'defragment') removed[kind] = figures.count;
    freedBytes[kind] = figures.bytes;
  }
  return { outcome, startedAt, durationMs, looked, removed, freedBytes };
}
