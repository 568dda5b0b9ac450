/**
 * Writing changes to the feed. Those of one turn of the event loop share an append, and so do those that come while one is
 * under way. While the store fails they wait, within bounds, and are tried again.
 *
 * A row may be lost, or stand there twice: the store fails over, or an append that seemed to fail did not. What a change
 * means is read from the store, so that a second report of it does no harm.
 */
import { randomBytes } from 'node:crypto';
import { backOff, type Clock, tooSlow, within } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import { nextTurn } from '../../store/filter.ts';
import type { LogReading, LogStore } from '../../store/shared.ts';
import type { Change } from './contract.ts';
import { outbox } from './outbox.ts';
import { type Reported, rowsOf } from './rows.ts';

export interface PublishingOptions {
  readonly log: Pick<LogStore, 'append'>;
  readonly clock: Clock;
  /** Random name of this process. */
  readonly by: string;
  /** The highest number that is known to be assigned. */
  readonly above: () => number;
  readonly onAppended: (reading: LogReading) => void;
  /** Called with the error of the first of several appends that fail. */
  readonly onTrouble: (error: unknown) => void;
}

export interface Publishing {
  /** Changes that are still to be written. */
  readonly waiting: number;
  /** Whether the last append failed. */
  readonly isInTrouble: boolean;
  report(change: Change): void;
  /** Resolves once the change stands in the store; rejects if that is not certain. It is tried again in any case. */
  announce(change: Change): Promise<void>;
  /** The store has answered: what waits is tried at once. */
  retry(): void;
  /** A fail-over may have lost what was written last: it is reported again. */
  repeat(): void;
  /** Resolves once what waits is written, or cannot be. */
  close(): Promise<void>;
}

interface Announcement {
  readonly ofKeys: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Pause between two appends: what is reported meanwhile shares the second. */
const spacingMs = 25;
const appendMs = 5_000;
const firstRetryMs = 100;
const lastRetryMs = 5_000;
/**
 * Keys that one process reports at once, and each second from then on: some 700 rows of the {@link maxFeedRows} that the
 * feed holds. A removal of more takes less reading if everything is read anew.
 */
const mostKeysAtOnce = 40_000;
const keysPerSecond = 4_000;
const keysOfAnAppend = 4_000;
/** Between two reports that changes were missed: each lets every process read everything anew. */
const gapSpacingMs = 5_000;
/** How far back a fail-over may lose what was written, and how many keys of that time are remembered. */
const rememberedMs = 30_000;
const mostRemembered = 10_000;

export function publishing(options: PublishingOptions): Publishing {
  const { log, clock, by, above, onAppended, onTrouble } = options;
  const waiting = outbox();
  const recent = lately(clock);
  let announcements: Announcement[] = [];
  let failures = 0;
  let running: Promise<void> | undefined;
  let isClosed = false;
  let isUrgent = false;
  let endRest = () => {};
  let allowedKeys = mostKeysAtOnce;
  let allowedAt = clock.monotonic();
  let gapAt = Number.NEGATIVE_INFINITY;

  function begin(): void {
    if (isClosed) return;
    running ??= run().finally(() => {
      running = undefined;
      // Reported after the last look.
      if (waiting.size > 0) begin();
    });
  }

  async function run(): Promise<void> {
    await nextTurn();
    while (waiting.size > 0 && !isClosed) {
      isUrgent = false;
      if (isDue()) await send();
      await rest(failures === 0 ? spacingMs : backOff(failures - 1, firstRetryMs, lastRetryMs));
    }
  }

  /** Ends early, or does not begin, if something is to be written at once. */
  function rest(ms: number): Promise<void> {
    if (isUrgent || isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.schedule(resolve, ms);
      endRest = () => {
        cancel();
        resolve();
      };
    });
  }

  function hurry(): void {
    isUrgent = true;
    endRest();
  }

  function isDue(): boolean {
    return !waiting.isGap || announcements.length > 0 || clock.monotonic() - gapAt >= gapSpacingMs;
  }

  /** Writes some of what waits. Never rejects; false if that failed. */
  async function send(): Promise<boolean> {
    const isGap = waiting.isGap;
    const taken = waiting.take(Math.min(keysOfAnAppend, allowance()));
    const rows = taken.flatMap((one) => rowsOf(by, one)).map((what) => ({ id: newId(), what }));
    if (rows.length === 0) return true;
    const announced = announcements.filter(({ ofKeys }) => !(ofKeys && waiting.hasKeys));
    announcements = announcements.filter((one) => !announced.includes(one));
    try {
      const reading = await append(rows);
      // In this order: a listener that hears of the append may ask at once for all that is recent to be repeated.
      recent.add(taken);
      onAppended(reading);
      failures = 0;
      allowedKeys -= keysIn(taken);
      if (isGap) gapAt = clock.monotonic();
      for (const { resolve } of announced) resolve();
      return true;
    } catch (error) {
      failures += 1;
      waiting.putBack(taken);
      if (failures === 1) onTrouble(error);
      for (const { reject } of announced) reject(error);
      return false;
    }
  }

  async function append(
    rows: readonly { readonly id: string; readonly what: string }[],
  ): Promise<LogReading> {
    const reading = await within(clock, appendMs, log.append(rows, above()));
    if (reading === tooSlow) throw new Error(`the feed did not answer within ${appendMs} ms`);
    const ids = new Set(reading.rows.map(({ id }) => id));
    if (!rows.every(({ id }) => ids.has(id))) throw new Error('the feed did not store what was reported');
    return reading;
  }

  /** How many keys may be written now. */
  function allowance(): number {
    const now = clock.monotonic();
    allowedKeys = Math.min(mostKeysAtOnce, allowedKeys + ((now - allowedAt) / 1_000) * keysPerSecond);
    allowedAt = now;
    return Math.floor(allowedKeys);
  }

  function add(change: Change): void {
    waiting.add(change);
    begin();
  }

  return {
    get waiting() {
      return waiting.size;
    },
    get isInTrouble() {
      return failures > 0;
    },
    report(change) {
      if (!isClosed) add(change);
    },
    announce(change) {
      if (isClosed) return Promise.reject(closed());
      if (rowsOf(by, change).length === 0) return Promise.resolve();
      const ofKeys = change.kind === 'written' || change.kind === 'removed';
      return new Promise((resolve, reject) => {
        announcements.push({ ofKeys, resolve, reject });
        add(change);
        hurry();
      });
    },
    retry() {
      if (failures > 0) hurry();
    },
    repeat() {
      waiting.putBack(recent.list());
      begin();
    },
    async close() {
      isClosed = true;
      hurry();
      await running;
      for (let size = waiting.size; size > 0; ) {
        const isSent = await send();
        const left = waiting.size;
        if (!isSent || left >= size) break;
        size = left;
      }
      for (const { reject } of announcements) reject(closed());
      announcements = [];
    },
  };
}

/** What was written of late, to be reported again. */
function lately(clock: Clock) {
  let written: { readonly at: number; readonly taken: readonly Reported[] }[] = [];
  let size = 0;

  function dropOld(): void {
    const since = clock.monotonic() - rememberedMs;
    const old = written.findIndex(({ at }) => at >= since);
    for (const { taken } of written.splice(0, old < 0 ? written.length : old)) size -= sizeOf(taken);
  }

  return {
    add(taken: readonly Reported[]): void {
      dropOld();
      written.push({ at: clock.monotonic(), taken });
      size += sizeOf(taken);
      if (size <= mostRemembered) return;
      written = [{ at: clock.monotonic(), taken: [{ kind: 'gap' }] }];
      size = sizeOf([{ kind: 'gap' }]);
    },
    list(): readonly Reported[] {
      dropOld();
      return written.flatMap(({ taken }) => taken.map(toBeLookedAt));
    },
  };
}

/** A key that was removed may have an entry again: `written` says that the store is to be asked. */
function toBeLookedAt(reported: Reported): Reported {
  return reported.kind === 'removed' ? { kind: 'written', keys: reported.keys } : reported;
}

function keysIn(taken: readonly Reported[]): number {
  return taken.reduce((sum, one) => sum + ('keys' in one ? one.keys.length : 0), 0);
}

function sizeOf(taken: readonly Reported[]): number {
  const others = taken.reduce(
    (sum, one) => sum + 1 + ('entries' in one ? one.entries.length : 'pools' in one ? one.pools.length : 0),
    0,
  );
  return keysIn(taken) + others;
}

function newId(): string {
  return randomBytes(8).toString('hex');
}

function closed(): AskonceError {
  return new AskonceError('store_failed', 'The feed has been closed.');
}
