/**
 * A pool in step with its record in the store: what it learns is written there soon, and what other processes learn is read.
 *
 * Nothing of it is on a request's path. Each pool has a time of its own, so that a store which fails for one delays no other.
 */
import type { Clock } from '../../clock.ts';
import type { Batch, LabelStore } from './batches.ts';
import type { LearningPool } from './pool.ts';
import { counted, type Label, type PoolRecord } from './record.ts';

export interface SyncOptions {
  readonly labels: LabelStore;
  readonly clock: Clock;
  /** Random name of this process. */
  readonly writer: string;
  /** The next number of a batch. */
  readonly number: () => number;
  /**
   * Without a feed: time after which the record of a pool that is used is read again, in ms. Absent if `changed` is called
   * for what others count, or if there are no others.
   */
  readonly rereadMs?: number | undefined;
  /** Called when this process has changed the record of the pool in the store. */
  readonly onWritten: () => void;
  /** Called when the labels cannot be read or written, and with undefined once they can again. */
  readonly onTrouble: (error: unknown) => void;
}

export interface Synced {
  /** Has a label of this process counted. */
  add(label: Label): void;
  /** Another process has counted labels: they are read. */
  changed(): void;
  /** The pool is used: its record is read, if it was not or if that is long ago. */
  used(): void;
  /** Whether all that other processes are known to have learned a second ago was read. */
  readonly isCurrent: boolean;
  /** Whether its record was read or written at least once. */
  readonly isRead: boolean;
  /** Whether labels wait to be written. */
  readonly isWaiting: boolean;
  /** Resolves once every label so far is in the store, or could not be written. Never rejects. */
  flush(): Promise<void>;
  /** Reads and writes nothing any more by itself. */
  stop(): void;
}

/** Labels are written after so many ms at most, and a killed process loses no more. Half of it is random. */
const writeEveryMs = 500;
/** What others have counted is read at most so long after it is known of. */
const readWithinMs = 100;
/** Time after which labels of others that are known of and could not be read leave the pool without a certificate. */
const patienceMs = 1_000;
/** Labels of a pool that wait to be written; beyond it the oldest are lost, and with them nothing but time. */
const mostPending = 1_024;
const labelsAtOnce = 64;
/** Labels whose batches are remembered once they are counted, in case the store loses them. */
const mostRemembered = 128;

export function syncedPool(pool: Pick<LearningPool, 'id' | 'rules' | 'adopt'>, options: SyncOptions): Synced {
  const { labels, clock, writer } = options;
  let pending: Label[] = [];
  /** In ascending order: batches that were counted, and at most one at the end whose outcome is not known. */
  let batches: readonly Batch[] = [];
  let isUncertain = false;
  let known: PoolRecord | undefined;
  /** Whether the record is to be read, and when it was last; on the monotonic clock. */
  let isReadDue = false;
  let readAt = Number.NEGATIVE_INFINITY;
  /** Since when others are known to have counted what was not read, and how often they have. */
  let changes = 0;
  let changedAt: number | undefined;
  let timer: { readonly at: number; readonly cancel: () => void } | undefined;
  let writing: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let isStopped = false;

  function within(ms: number): void {
    const at = clock.monotonic() + ms;
    if (isStopped || (timer !== undefined && timer.at <= at)) return;
    timer?.cancel();
    const cancel = clock.schedule(() => {
      timer = undefined;
      void flush();
    }, ms);
    timer = { at, cancel };
  }

  function soon(): void {
    within(writeEveryMs * (1 - Math.random() / 2));
  }

  function flush(): Promise<void> {
    if (!isReadDue && !isUncertain && pending.length === 0) return writing ?? Promise.resolve();
    if (writing === undefined) {
      writing = update().finally(() => {
        writing = undefined;
      });
      return writing;
    }
    next ??= writing.then(() => {
      next = undefined;
      return flush();
    });
    return next;
  }

  async function update(): Promise<void> {
    try {
      let isLate: boolean;
      do {
        isLate = isUncertain;
        await step();
      } while (pending.length >= labelsAtOnce || ((isLate || isStopped) && pending.length > 0));
      options.onTrouble(undefined);
      // The rest of a burst, whose time has passed with its first labels.
      if (pending.length > 0) soon();
    } catch (error) {
      isReadDue = true;
      options.onTrouble(error);
      soon();
    }
  }

  async function step(): Promise<void> {
    readAt = clock.monotonic();
    const seen = changes;
    isReadDue = false;
    if (!isUncertain && pending.length > 0) {
      batches = [...batches, { number: options.number(), labels: pending.slice(0, labelsAtOnce) }];
      pending = pending.slice(labelsAtOnce);
      isUncertain = true;
    }
    const { record, isWritten } = await labels.update(pool.id, { writer, known, batches }, pool.rules);
    known = record;
    isUncertain = false;
    batches = remembered(batches);
    if (changes === seen) changedAt = undefined;
    pool.adopt(pending.reduce((so, label) => counted(so, label, pool.rules), record));
    if (isWritten) options.onWritten();
  }

  return {
    add(label) {
      pending.push(label);
      if (pending.length > mostPending) pending.shift();
      // No process may go on serving what one of them has found to be wrong. A pool that was dropped has no later time.
      if ((label.isWrong && label.isServed) || isStopped) void flush();
      else soon();
    },
    changed() {
      changes += 1;
      isReadDue = true;
      changedAt ??= clock.monotonic();
      within(readWithinMs * Math.random());
    },
    used() {
      if (isReadDue || clock.monotonic() - readAt < (options.rereadMs ?? Number.POSITIVE_INFINITY)) return;
      isReadDue = true;
      within(0);
    },
    get isCurrent() {
      return changedAt === undefined || clock.monotonic() - changedAt <= patienceMs;
    },
    get isRead() {
      return known !== undefined;
    },
    get isWaiting() {
      return isUncertain || pending.length > 0;
    },
    flush,
    stop() {
      isStopped = true;
      timer?.cancel();
      timer = undefined;
    },
  };
}

/** The last batches, with so many labels together. */
function remembered(batches: readonly Batch[]): readonly Batch[] {
  let labels = 0;
  const from = batches.findLastIndex((batch) => {
    labels += batch.labels.length;
    return labels > mostRemembered;
  });
  return from < 0 ? batches : batches.slice(from + 1);
}
