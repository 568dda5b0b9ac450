/**
 * What one process does for all: it reads the store anew where that is wanted, and prunes what has expired. A step at a time,
 * so that the vectors of the moment are never held up.
 */
import { randomUUID } from 'node:crypto';
import { backOff, type Clock } from '../../clock.ts';
import type { Run } from '../../postgres/connections.ts';
import type { Store } from '../../store/contract.ts';
import type { Bringing } from './bringing.ts';
import { dropUnused, type IndexDatabase } from './database.ts';
import { readingAnew } from './reading-anew.ts';
import type { Searchable } from './searching.ts';
import { tasksIn } from './tasks.ts';
import { removeExpired } from './vector-rows.ts';

export interface UpkeepOptions {
  readonly database: IndexDatabase;
  readonly bringing: Bringing;
  readonly store: Pick<Store, 'vectors' | 'statistics'>;
  readonly clock: Clock;
  readonly embedder: string;
  /** Called with keys whose rows have to be brought up to date. */
  readonly onChanged: (keys: readonly string[]) => void;
}

/** The table that is kept, and the store that it is kept for. */
export interface Kept {
  readonly searchable: Searchable;
  readonly storeName: string;
}

export interface UpkeepProgress {
  readonly walked: number;
  readonly of: number | undefined;
  readonly skipped: number;
}

export interface Upkeep {
  /** Whether the store is to be read anew, by whichever process. */
  readonly isWanted: boolean;
  progress(): UpkeepProgress;
  /** The store is to be read anew from now on: what was read before does not count. */
  want(): void;
  /** The tables may be others than before: whether they were read is looked up. */
  doubt(): void;
  /** Leaves what it does to another process. */
  stop(): Promise<void>;
  /** One step, if one is due. Resolves with the ms until the next one. @throws if the step fails: it is begun again */
  step(kept: Kept): Promise<number>;
}

/** How often the store is read anew without a reason: rows whose entries were evicted go by then. */
const anewMs = 6 * 3_600_000;
/** So long after it was wanted it begins: several reasons come together. */
const gatherMs = 250;
/** How often a process looks whether another one has done it. */
const pollMs = 2_000;
/** How often it looks whether the table was made anew, or was read long ago. */
const lookMs = 30_000;
const pruneMs = 300_000;
const prunedAtOnce = 1_000;
const prunedInStep = 5_000;
const pruneRestMs = 100;
/** Rows that expire by another gateway's clock only. */
const clocksDifferMs = 60_000;

export function upkeep(options: UpkeepOptions): Upkeep {
  const { database, bringing, store, clock, embedder, onChanged } = options;
  const { vectors } = store;
  const tasks = tasksIn(database.tables, randomUUID());
  let reading: { readonly name: string; readonly steps: AsyncGenerator<number, void> } | undefined;
  /** Undefined: not yet known, by the database's clock. */
  let wantedSince: number | undefined;
  let isWanted = true;
  let due = 0;
  let pruneDue = 0;
  let progress: UpkeepProgress = { walked: 0, of: undefined, skipped: 0 };

  const nameOf = ({ searchable, storeName }: Kept) => `read ${searchable.table.plain} ${storeName}`;
  const once = <T>(work: (run: Run) => Promise<T>) => database.transaction(work);

  /** Whether the store is to be read anew, and by this process. */
  async function begin(kept: Kept): Promise<number> {
    const name = nameOf(kept);
    if (wantedSince === undefined) {
      wantedSince = await once(tasks.now);
      return gatherMs;
    }
    const since = wantedSince;
    const found = await once(async (run) => {
      const [completed, now] = [await tasks.completed(run, name), await tasks.now(run)];
      if (completed >= Math.max(since, now - anewMs)) return 'done';
      if (!(await tasks.take(run, name))) return 'taken';
      await tasks.begin(run, name);
      return 'mine';
    });
    // It may have become wanted once more meanwhile.
    if (wantedSince === since) isWanted = found !== 'done';
    if (found === 'done' || vectors === undefined) return isWanted ? gatherMs : lookMs;
    if (found === 'taken') return pollMs;
    const steps = readingAnew({
      ...{ database, bringing, vectors, embedder, onChanged },
      searchable: kept.searchable,
      storeName: kept.storeName,
      statistics: () => store.statistics(),
      renew: (run) => tasks.take(run, name),
      onWalked: (walked, of, skipped) => {
        progress = { walked, of, skipped };
      },
    });
    reading = { name, steps };
    return 0;
  }

  async function goOn({ name, steps }: NonNullable<typeof reading>): Promise<number> {
    try {
      const step = await steps.next();
      if (step.done !== true) return step.value;
    } catch (error) {
      reading = undefined;
      await once((run) => tasks.end(run, name, false)).catch(() => {});
      throw error;
    }
    reading = undefined;
    await once((run) => tasks.end(run, name, true));
    return 0;
  }

  /** Removes expired rows of all embedders and stores, some of them. Resolves with the ms until there may be more. */
  async function prune(): Promise<number> {
    const name = 'prune';
    // Not all at one instant.
    const rest = backOff(0, pruneMs / 2, pruneMs);
    if (!(await once((run) => tasks.take(run, name)))) return rest;
    const until = clock.now() - clocksDifferMs;
    let left: number = prunedInStep;
    for (const table of await once((run) => database.vectorTables(run))) {
      for (let removed = prunedAtOnce; removed === prunedAtOnce && left > 0; left -= removed)
        removed = await once((run) => removeExpired(run, table, until, prunedAtOnce));
    }
    if (left <= 0) return pruneRestMs;
    await dropUnused(database, embedder);
    await once((run) => tasks.end(run, name, true));
    return rest;
  }

  return {
    get isWanted() {
      return isWanted && vectors !== undefined;
    },
    progress: () => progress,
    want() {
      isWanted = true;
      wantedSince = undefined;
      due = 0;
    },
    doubt() {
      isWanted = true;
      due = 0;
    },
    async stop() {
      const left = reading;
      reading = undefined;
      if (left === undefined) return;
      await givenUp(left.steps);
      await once((run) => tasks.end(run, left.name, false)).catch(() => {});
    },
    async step(kept) {
      const now = clock.monotonic();
      if (reading !== undefined && reading.name !== nameOf(kept)) {
        await givenUp(reading.steps);
        reading = undefined;
      }
      if (now >= due)
        due = clock.monotonic() + (reading === undefined ? await begin(kept) : await goOn(reading));
      if (now >= pruneDue && reading === undefined) {
        pruneDue = now + pruneMs;
        pruneDue = now + (await prune());
      }
      return Math.max(0, Math.min(due, pruneDue) - clock.monotonic());
    },
  };
}

/** Ends the walk, which may hold something of its store. */
async function givenUp(steps: AsyncGenerator<number, void>): Promise<void> {
  await steps.return(undefined).catch(() => {});
}
