/**
 * The background work of a shared index: a loop that connects, makes what is missing, brings rows up to date and does its
 * share of the upkeep, one thing after another over one connection. It begins anew after each failure.
 */
import { backOff, type Clock, tooSlow, within } from '../../clock.ts';
import { messageOf } from '../../observe/report.ts';
import type { Store } from '../../store/contract.ts';
import type { StoredVector } from '../../store/vectors.ts';
import { bringing } from './bringing.ts';
import type { IndexDatabase } from './database.ts';
import { type KeyQueue, keyQueue } from './queue.ts';
import { resting } from './resting.ts';
import type { Searchable } from './searching.ts';
import { type Kept, type UpkeepProgress, upkeep } from './upkeep.ts';
import { type VectorRows, vectorRows } from './vector-rows.ts';

export interface BackgroundOptions {
  readonly database: IndexDatabase;
  readonly store: Pick<Store, 'vectors' | 'statistics' | 'shared'>;
  readonly clock: Clock;
  readonly embedder: string;
  /** Components of a vector, once they are known. */
  readonly dimension: number | undefined;
  /** Called with one sentence for the operator. */
  readonly onTrouble: (message: string) => void;
  /** Called each time that tables and connection were found in order. */
  readonly onOrder: () => void;
}

export interface Background {
  /** The table that can be searched; undefined while there is none. */
  current(): Searchable | undefined;
  /** States how many components a vector has, unless that is known. */
  learn(dimension: number): void;
  /** Rows of these keys may be wrong. A vector is held for stores that cannot be asked for it. */
  mark(keys: readonly string[], vector?: StoredVector): void;
  /** The same, in a while: the process that has stored them brings their rows. */
  markLater(keys: readonly string[]): void;
  /** Connection and tables are to be looked at again. */
  doubt(): void;
  /** The store is to be read anew. */
  want(): void;
  /** Resolves once no row is to be brought or read any more, or it has stopped. */
  caughtUp(): Promise<void>;
  status(): UpkeepProgress & {
    /** Whether the store is still to be read, by whichever process. */
    readonly isBuilding: boolean;
    readonly indexed: number;
    readonly trouble: string | undefined;
  };
  stop(): Promise<void>;
}

/** Keys that wait, at most: beyond that the store is read anew. */
const mostQueued = 50_000;
const keysAtOnce = 200;
/** So long keys of one moment are gathered. */
const gatherMs = 20;
const laterMs = 1_000;
/** How often connection, tables and the name of the store are looked at: a store that was lost has another name. */
const lookMs = 30_000;
const nameMs = 5_000;
/** How long a process that ends brings what it has stored last. */
const restMs = 2_000;
const retry = { least: 250, most: 15_000 } as const;

export function background(options: BackgroundOptions): Background {
  const { database, store, clock, embedder, onTrouble, onOrder } = options;
  const { rest, soon } = resting(clock);
  const queue = keyQueue(mostQueued, () => kept.want());
  const later = keyQueue(mostQueued, () => kept.want());
  const bring = bringing({ database, clock, embedder, vectors: store.vectors });
  const kept = upkeep({ database, bringing: bring, store, clock, embedder, onChanged: (keys) => mark(keys) });
  const waiting: (() => void)[] = [];
  let { dimension } = options;
  let place: Kept | undefined;
  let isInOrder = false;
  let lookDue = 0;
  let laterDue = 0;
  let indexed = 0;
  let trouble: string | undefined;
  let isStopped = false;

  /** Cuts the pause short, unless it follows a failure. */
  function wake(ms: number): void {
    if (trouble === undefined) soon(ms);
  }

  function mark(keys: readonly string[], vector?: StoredVector): void {
    if (isStopped || keys.length === 0) return;
    queue.add(keys, vector);
    wake(gatherMs);
  }

  function isBehind(): boolean {
    return place === undefined || queue.size > 0 || later.size > 0 || kept.isWanted;
  }

  async function look(components: number): Promise<Kept> {
    const storeName = await within(clock, nameMs, nameOf(store));
    if (storeName === tooSlow) throw new Error(`the store took more than ${nameMs} ms to tell its name`);
    const { table, kind } = await database.open(embedder, components);
    const rows = vectorRows(table, kind, components, storeName);
    indexed = await database.transaction((run) => rows.count(run));
    if (place !== undefined && place.storeName !== storeName) kept.want();
    if (!isInOrder) kept.doubt();
    isInOrder = true;
    lookDue = clock.monotonic() + lookMs;
    onOrder();
    return { searchable: { table, kind, rows }, storeName };
  }

  async function bringSome({ searchable: { rows } }: Kept): Promise<void> {
    await bringFrom(rows, queue, false);
    if (clock.monotonic() >= laterDue) await bringFrom(rows, later, true);
  }

  async function bringFrom(rows: VectorRows, from: KeyQueue, skips: boolean): Promise<void> {
    if (from.size === 0) return;
    const taken = from.take(keysAtOnce);
    try {
      queue.add(await bring.keys(rows, taken, skips));
    } catch (error) {
      from.putBack(taken);
      throw error;
    }
  }

  /** What this process has stored last; what it does not manage is found when the store is read anew. */
  async function bringRest(last: Kept): Promise<void> {
    const until = clock.monotonic() + restMs;
    while (queue.size > 0 && clock.monotonic() < until) await bringSome(last);
  }

  /** One round. Resolves with the ms until the next one. */
  async function round(components: number): Promise<number> {
    if (!isInOrder || place === undefined || clock.monotonic() >= lookDue) place = await look(components);
    await bringSome(place);
    const next = await kept.step(place);
    if (queue.size > 0) return 0;
    return later.size > 0 ? Math.min(next, Math.max(0, laterDue - clock.monotonic())) : next;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!isStopped) {
      try {
        dimension ??= await database.dimensionOf(embedder);
        const next = dimension === undefined ? lookMs : await round(dimension);
        failures = 0;
        trouble = undefined;
        if (!isBehind()) for (const resolve of waiting.splice(0)) resolve();
        if (!isStopped) await rest(Math.min(next, lookMs));
      } catch (error) {
        isInOrder = false;
        const message = `vectors in PostgreSQL are behind: ${messageOf(error)}`;
        if (message !== trouble && !isStopped) onTrouble(message);
        trouble = message;
        if (!isStopped) await rest(backOff(failures, retry.least, retry.most));
        failures += 1;
      }
    }
    if (trouble === undefined && place !== undefined) await bringRest(place).catch(() => {});
    await kept.stop();
    for (const resolve of waiting.splice(0)) resolve();
  }

  // The caller may still be composing what this reads.
  const running = Promise.resolve().then(run);

  return {
    current: () => place?.searchable,
    learn(components) {
      if (dimension !== undefined) return;
      dimension = components;
      wake(0);
    },
    mark,
    markLater(keys) {
      if (isStopped || keys.length === 0) return;
      if (later.size === 0) laterDue = clock.monotonic() + laterMs;
      later.add(keys);
      wake(laterMs);
    },
    doubt() {
      isInOrder = false;
      wake(0);
    },
    want() {
      kept.want();
      wake(0);
    },
    caughtUp: () =>
      isStopped || !isBehind() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    status: () => ({
      ...kept.progress(),
      isBuilding: dimension !== undefined && (place === undefined || kept.isWanted),
      ...{ indexed, trouble },
    }),
    async stop() {
      isStopped = true;
      soon(0);
      await running;
    },
  };
}

/** A log has a name of its own, which changes if the store is lost: rows of another name are of other entries. */
async function nameOf({ shared }: Pick<Store, 'shared'>): Promise<string> {
  const reading = await shared?.log?.read(Number.MAX_SAFE_INTEGER);
  return reading?.generation ?? 'alone';
}
