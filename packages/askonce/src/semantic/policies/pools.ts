/**
 * The pools of a cache: found by what they hold for, bounded in number, and kept in step with the store of their labels.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { EmbedderIdentity } from '../contract.ts';
import type { Pool, PoolReport } from './contract.ts';
import { gridOf } from './grid.ts';
import type { LabelStore } from './labels.ts';
import { createPool, type LearningPool } from './pool.ts';
import { priorOf } from './prior.ts';
import { counted, type Label } from './record.ts';
import type { JudgeKind } from './stance.ts';

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
  readonly clock: Clock;
  /** Uniform from 0 to just below 1. */
  readonly random?: (() => number) | undefined;
  /** Pools in memory; those that were used longest ago are dropped, and their labels stay in the store. */
  readonly mostPools?: number | undefined;
  /** Called when the labels cannot be read or written. They are tried again. */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
}

interface PoolParts {
  readonly tenant: string;
  readonly language?: string | undefined;
  readonly category?: string | undefined;
}

export interface Pools {
  of(parts: PoolParts): Pool;
  /** The pools in memory, the last used first. */
  reports(): readonly PoolReport[];
  /** Resolves once every label so far is in the store, or could not be written. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A killed process loses the labels of so many milliseconds. */
const flushEveryMs = 500;
/** Labels of a pool that wait to be written; beyond it the oldest are lost, and with them nothing but time. */
const mostPending = 1_024;
const labelsAtOnce = 64;

interface Held {
  readonly pool: LearningPool;
  pending: Label[];
  isLoaded: boolean;
}

export function createPools(options: PoolsOptions): Pools {
  const { labels, clock, maxErrorRate, auditShare, judge, embedder, fingerprint } = options;
  const { separateBy = ['language', 'category'], mostPools = 256, random = Math.random } = options;
  const prior = priorOf(options);
  const grid = gridOf(prior, options.lower !== undefined);
  const held = new Map<string, Held>();
  /** Finds a pool without a digest. */
  const ids = new Map<string, string>();
  let cancelFlush: (() => void) | undefined;
  let flushing: Promise<void> | undefined;

  function idOf(name: string): string {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const whole = JSON.stringify([fingerprint, options.versions, grid.thresholds, name]);
    const id = createHash('sha256').update(whole).digest('base64url').slice(0, 22);
    if (ids.size >= 4 * mostPools) ids.clear();
    ids.set(name, id);
    return id;
  }

  function of({ tenant, language, category }: PoolParts): Pool {
    const own = {
      tenant,
      language: separateBy.includes('language') ? language : undefined,
      category: separateBy.includes('category') ? category : undefined,
    };
    const id = idOf(JSON.stringify([own.tenant, own.language ?? null, own.category ?? null]));
    const known = held.get(id);
    if (known !== undefined) {
      held.delete(id);
      held.set(id, known);
      return known.pool;
    }
    const parts = { embedder: embedder.name, ...own };
    const pool = createPool({
      ...{ id, parts, prior, grid, maxErrorRate, auditShare, judge, random },
      onLabel: (label) => wait(made, label),
    });
    const made: Held = { pool, pending: [], isLoaded: judge === undefined };
    held.set(id, made);
    if (judge !== undefined) flushSoon();
    dropOldest();
    return pool;
  }

  function dropOldest(): void {
    if (held.size <= mostPools) return;
    for (const [id, { pending }] of held) {
      if (pending.length > 0 && held.size <= 2 * mostPools) continue;
      held.delete(id);
      return;
    }
  }

  function wait(one: Held, label: Label): void {
    one.pending.push(label);
    if (one.pending.length > mostPending) one.pending.shift();
    flushSoon();
  }

  function flushSoon(): void {
    cancelFlush ??= clock.schedule(() => {
      cancelFlush = undefined;
      void flush();
    }, flushEveryMs);
  }

  function flush(): Promise<void> {
    flushing ??= flushAll().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  async function flushAll(): Promise<void> {
    for (const one of [...held.values()]) {
      try {
        if (!one.isLoaded || one.pending.length > 0) await write(one);
      } catch (error) {
        options.onTrouble?.(error);
        flushSoon();
      }
    }
  }

  async function write(one: Held): Promise<void> {
    const { pool } = one;
    do {
      const batch = one.pending.slice(0, labelsAtOnce);
      const record =
        batch.length === 0
          ? await labels.load(pool.id, pool.rules)
          : await labels.append(pool.id, batch, pool.rules);
      one.isLoaded = true;
      one.pending = one.pending.filter((label) => !batch.includes(label));
      pool.adopt(one.pending.reduce((so, label) => counted(so, label, pool.rules), record));
    } while (one.pending.length >= labelsAtOnce);
  }

  return {
    of,
    reports: () => [...held.values()].reverse().map(({ pool }) => pool.report()),
    flush,
    async close() {
      cancelFlush?.();
      await flush();
    },
  };
}
