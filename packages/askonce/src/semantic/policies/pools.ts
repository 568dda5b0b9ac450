/**
 * The pools of a cache: found by what they hold for, bounded in number, and kept in step with the store of their labels.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Awaitable, Clock } from '../../clock.ts';
import { messageOf } from '../../observe/report.ts';
import type { EmbedderIdentity } from '../contract.ts';
import type { Feed } from '../feed/contract.ts';
import type { LabelStore } from './batches.ts';
import type { Pool, PoolParts, PoolReport } from './contract.ts';
import { gridOf } from './grid.ts';
import { createPool, type LearningPool, type PoolSettings } from './pool.ts';
import { priorOf } from './prior.ts';
import type { JudgeKind } from './stance.ts';
import { type Synced, syncedPool } from './synced-pool.ts';

export interface PoolsOptions {
  readonly embedder: EmbedderIdentity;
  /** The embedder's fingerprint, in one string. */
  readonly fingerprint: string;
  /** Versions of guards, gates and judge: the labels of one never count for another. */
  readonly versions: readonly string[];
  /** Whether every guard is on. The priors hold for that alone. */
  readonly allGuards: boolean;
  /** Stated rate of wrong answers per hit, above 0 and below 1. */
  readonly maxErrorRate: number;
  /** Share of the would-be hits that is judged for ever. */
  readonly auditShare: number;
  readonly upper?: number | undefined;
  readonly lower?: number | undefined;
  /** What judges samples; absent if nothing does. */
  readonly judge?: JudgeKind | undefined;
  /** What separates pools besides embedder and tenant. */
  readonly separateBy?: readonly ('language' | 'category')[] | undefined;
  readonly labels: LabelStore;
  /** Reports to and from the other processes that count labels in the same store; absent if the store has no feed. */
  readonly feed?: Feed | undefined;
  /** Without a feed: whether other processes may count labels in the same store. Default: false. */
  readonly isShared?: boolean | undefined;
  readonly clock: Clock;
  /** Uniform from 0 to just below 1. */
  readonly random?: (() => number) | undefined;
  /** Pools in memory; those that were used longest ago are dropped, and their labels stay in the store. */
  readonly mostPools?: number | undefined;
  /** Called when the labels cannot be read or written, and each minute while they cannot. They are tried again. */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
}

export interface Pools {
  of(parts: PoolParts): Pool;
  /**
   * The pool of these parts once its labels are read, or could not be; undefined if its id begins otherwise, since it then
   * is a pool of another embedder, or of other settings.
   */
  find(parts: PoolParts, idStart: string): Awaitable<Pool | undefined>;
  /** The pools in memory, the last used first. */
  reports(): readonly PoolReport[];
  /** Resolves once every label so far is in the store, or could not be written. */
  flush(): Promise<void>;
  /** What is wrong with the labels now, in one sentence; undefined if nothing is. */
  trouble(): string | undefined;
  close(): Promise<void>;
}

/** Time in which the changes of several pools are reported together, in ms. */
const reportEveryMs = 50;
/** Without a feed: time after which a record that is used is read again, in ms. */
const rereadMs = 1_000;
/** Time between two reports of trouble that lasts, in ms. */
const troubleEveryMs = 60_000;

interface Held {
  readonly pool: LearningPool;
  readonly synced: Synced;
}

export function createPools(options: PoolsOptions): Pools {
  const { labels, clock, maxErrorRate, auditShare, judge, embedder, fingerprint } = options;
  const { separateBy = ['language', 'category'], mostPools = 256, random = Math.random } = options;
  const prior = priorOf(options);
  const grid = gridOf(prior, options.lower !== undefined);
  const held = new Map<string, Held>();
  /** Finds a pool without a digest. */
  const ids = new Map<string, string>();
  const writer = randomBytes(6).toString('base64url');
  let batches = 0;
  /** Errors of the pools whose labels cannot be read or written now. */
  const failing = new Map<string, unknown>();
  let reportedAt = Number.NEGATIVE_INFINITY;
  let written = new Set<string>();
  let cancelReport: (() => void) | undefined;
  const follows = [
    options.feed?.on('labels', (change) => {
      for (const id of change.pools) held.get(id)?.synced.changed();
    }),
    options.feed?.onGap(() => {
      for (const { synced } of held.values()) synced.changed();
    }),
  ];

  function idOf(name: string): string {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const whole = JSON.stringify([fingerprint, options.versions, grid.thresholds, name]);
    const id = createHash('sha256').update(whole).digest('base64url').slice(0, 22);
    if (ids.size >= 4 * mostPools) ids.clear();
    ids.set(name, id);
    return id;
  }

  function named({ tenant, language, category }: PoolParts) {
    const parts = {
      tenant,
      language: separateBy.includes('language') ? language : undefined,
      category: separateBy.includes('category') ? category : undefined,
    };
    return { id: idOf(JSON.stringify([tenant, parts.language ?? null, parts.category ?? null])), parts };
  }

  function heldAs({ id, parts }: ReturnType<typeof named>): Held {
    const known = held.get(id);
    if (known !== undefined) {
      held.delete(id);
      held.set(id, known);
      known.synced.used();
      return known;
    }
    const made = hold(id, { embedder: embedder.name, ...parts });
    made.synced.used();
    dropOldest();
    return made;
  }

  function hold(id: string, parts: PoolSettings['parts']): Held {
    const pool = createPool({
      ...{ id, parts, prior, grid, maxErrorRate, auditShare, judge, random },
      onLabel: (label) => synced.add(label),
      isCurrent: () => synced.isCurrent,
    });
    const synced = syncedPool(pool, {
      ...{ labels, clock, writer },
      number: () => ++batches,
      rereadMs: options.feed === undefined && options.isShared ? rereadMs : undefined,
      onWritten: () => report(id),
      onTrouble: (error) => note(id, error),
    });
    const made = { pool, synced };
    held.set(id, made);
    return made;
  }

  function dropOldest(): void {
    if (held.size <= mostPools) return;
    for (const [id, { synced }] of held) {
      if (synced.isWaiting && held.size <= 2 * mostPools) continue;
      synced.stop();
      held.delete(id);
      failing.delete(id);
      return;
    }
  }

  function report(id: string): void {
    written.add(id);
    cancelReport ??= clock.schedule(reportAll, reportEveryMs);
  }

  function reportAll(): void {
    cancelReport = undefined;
    const pools = [...written];
    written = new Set();
    if (pools.length > 0) options.feed?.report({ kind: 'labels', pools });
  }

  function note(id: string, error: unknown): void {
    if (error === undefined) {
      failing.delete(id);
      return;
    }
    if (held.has(id)) failing.set(id, error);
    if (clock.monotonic() - reportedAt < troubleEveryMs) return;
    reportedAt = clock.monotonic();
    options.onTrouble?.(error);
  }

  async function flush(): Promise<void> {
    await Promise.all([...held.values()].map(({ synced }) => synced.flush()));
  }

  return {
    of: (parts) => heldAs(named(parts)).pool,
    find(parts, idStart) {
      const name = named(parts);
      if (!name.id.startsWith(idStart)) return undefined;
      const { pool, synced } = heldAs(name);
      return synced.isRead ? pool : synced.flush().then(() => pool);
    },
    reports: () => [...held.values()].reverse().map(({ pool }) => pool.report()),
    flush,
    trouble() {
      const [error] = failing.values();
      if (failing.size === 0) return undefined;
      const pools = failing.size === 1 ? 'one pool' : `${failing.size} pools`;
      return `The labels of ${pools} cannot be read or written: ${messageOf(error)}`;
    },
    async close() {
      for (const unfollow of follows) unfollow?.();
      for (const { synced } of held.values()) synced.stop();
      await flush();
      cancelReport?.();
      reportAll();
    },
  };
}
