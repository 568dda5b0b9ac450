/** A ledger in a SQLite file, for one machine; several processes may share it. */
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import { notify } from '../../observe/report.ts';
import { type SharedThread, sharedThread } from '../../threads/shared-thread.ts';
import type { LedgerStore } from '../contract.ts';
import type { Call, Result } from './messages.ts';
import { unpackedSums } from './packed-sums.ts';
import { threadCalls } from './thread-calls.ts';

export interface SqliteLedgerOptions {
  /** The database file. It and its folders are created if missing, for their owner alone. */
  readonly path: string;
  /** How long a call waits for another process's lock, in ms. Default 5 000. */
  readonly busyTimeoutMs?: number | undefined;
  /**
   * A thread that writes other files, too (`fileThread()` of `askonce/sqlite`): a batch takes it some milliseconds. What
   * takes longer, such as a query, runs in a thread that starts for it and ends when idle. Default: one thread for all.
   */
  readonly thread?: SharedThread | undefined;
  readonly clock?: Clock | undefined;
  /**
   * Called with one sentence for the operator when the file cannot be opened, was damaged and moved aside, or was
   * replaced. An error that it throws or rejects with is dropped.
   */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

/** A batch and what it creates go with it; a long query may need more. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };
/** How long a thread that writes other files, too, waits for a lock on this one, in ms. */
const sharedBusyTimeoutMs = 50;
/** How long a thread for what takes longer is idle before it ends, in ms. */
const idleMs = 5_000;

/**
 * Makes a ledger's store of a file. Opens nothing yet: the first call starts a thread, and the thread opens the file.
 *
 * `size().bytes` counts the pages in use: what was removed is used again, and the file does not shrink.
 *
 * @throws AskonceError `invalid_settings` if the path is empty. Each call rejects with `store_failed` if the file cannot be
 * used at the moment, and with `closed` after `close`.
 */
export function sqliteLedger({
  path,
  busyTimeoutMs = 5_000,
  thread,
  clock = systemClock,
  onTrouble,
}: SqliteLedgerOptions): LedgerStore {
  if (path === '')
    throw new AskonceError('invalid_settings', 'The SQLite ledger needs the path of its file.');
  const report = (message: string) => {
    if (onTrouble !== undefined) notify(onTrouble, message);
  };
  const common = { file: resolve(path), clock, report };
  const own = threadCalls({
    ...common,
    thread: sharedThread('askonce-ledger', resourceLimits),
    busyTimeoutMs,
    patienceMs: 0,
    idleMs: thread === undefined ? Number.POSITIVE_INFINITY : idleMs,
    others: () => shared,
  });
  const shared =
    thread === undefined
      ? undefined
      : threadCalls({
          ...common,
          thread,
          busyTimeoutMs: Math.min(busyTimeoutMs, sharedBusyTimeoutMs),
          patienceMs: busyTimeoutMs,
          idleMs: Number.POSITIVE_INFINITY,
          others: () => own,
        });
  const writing = shared ?? own;
  let maxBytes = Number.POSITIVE_INFINITY;

  async function answer<Type extends Result['type']>(
    type: Type,
    wanted: Call,
  ): Promise<Extract<Result, { type: Type }>> {
    const { call } = wanted.type === 'write' ? writing : own;
    const result = await call(wanted);
    if (isOf(type, result)) return result;
    throw new AskonceError('internal', `The ledger's thread answered ${wanted.type} with ${result.type}.`);
  }

  /** Removes step by step. */
  async function removeAll(wanted: Call): Promise<number> {
    let removed = 0;
    for (;;) {
      const { count, more } = await answer('removed', wanted);
      removed += count;
      if (!more) return removed;
    }
  }

  return {
    name: 'sqlite',
    async write(batch) {
      await answer('written', { type: 'write', batch, maxBytes });
    },
    counters: async (query) => unpackedSums((await answer('counters', { type: 'counters', query })).sums),
    tags: async (query) => (await answer('tags', { type: 'tags', query })).tags,
    patterns: async (query) => (await answer('patterns', { type: 'patterns', query })).patterns,
    runs: async (limit) => (await answer('runs', { type: 'runs', limit })).runs,
    erase: (user, at) => removeAll({ type: 'erase', user, at }),
    prune(retention) {
      maxBytes = retention.maxBytes;
      return removeAll({ type: 'prune', retention });
    },
    size: async () => (await answer('size', { type: 'size' })).size,
    async close() {
      // Writing first: what it holds is the older call.
      await writing.close();
      await own.close();
    },
  };
}

function isOf<Type extends Result['type']>(
  type: Type,
  result: Result,
): result is Extract<Result, { type: Type }> {
  return result.type === type;
}
