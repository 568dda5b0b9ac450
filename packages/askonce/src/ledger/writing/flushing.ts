/**
 * Writes what accounts have gathered, a batch at a time. A batch that failed waits as it is, with its number, since the
 * store may have applied it before the connection broke; what is gathered meanwhile stays in the accounts, which are
 * bounded. So nothing is counted twice, and while the process lives only rows beyond the accounts' bound are lost, and a
 * batch that the store refuses for what it contains: that one would hold up all that come after it.
 */
import { randomUUID } from 'node:crypto';
import { backOff, type Clock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import { messageOf } from '../../observe/report.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { LedgerBatch, LedgerStore } from '../contract.ts';
import { contentsOf } from './cut.ts';
import type { Trouble } from './seldom.ts';

/** Pauses after failures: from the first to the longest. */
const leastPauseMs = 1_000;
const longestPauseMs = 60_000;
/** Refusals of a batch after which the one behind it is tried. */
const mostRefusals = 5;
/** A write that takes longer is reported. */
const slowMs = 10_000;

interface FlushingOptions {
  readonly accounts: Pick<Accounts, 'drain' | 'take'>;
  readonly store: LedgerStore;
  readonly clock: Clock;
  readonly flushMs: number;
  readonly trouble: Trouble;
  /** Called after the first batch that is written. */
  readonly onFirstWrite: () => void;
  /** Called after each batch that is written. */
  readonly onWrite: (batch: LedgerBatch) => void;
}

interface FlushState {
  /** The failure of the last batch, which waits; undefined if it was written. */
  readonly failure: string | undefined;
  /** Batches that are not written. */
  readonly waiting: number;
  /** When a batch was last written, in milliseconds since the epoch. */
  readonly lastWrite: number | undefined;
  readonly lostRows: number;
}

export interface Flushing {
  /** Writes what was reported before the call. True if all of it is stored. Never rejects. */
  flush(): Promise<boolean>;
  state(): FlushState;
  /** Ends the regular flushes, and reports what was not written: rows count as lost, and the figures since when are missing. */
  stop(): Promise<void>;
}

export function flushing(options: FlushingOptions): Flushing {
  const { accounts, store, clock, flushMs, trouble } = options;
  const writer = randomUUID();
  const openedAt = clock.now();
  let sequence = 0;
  let waiting: LedgerBatch[] = [];
  let failure: string | undefined;
  let failures = 0;
  /** Of the batch that waits first. */
  let refusals = 0;
  let writingSince: number | undefined;
  let lastWrite: number | undefined;
  let lostRows = 0;
  let running: Promise<boolean> = Promise.resolve(true);
  let next: Promise<boolean> | undefined;
  let isStopped = false;
  let cancel: (() => void) | undefined;

  function lose(rows: number, message: string): void {
    if (rows === 0) return;
    lostRows += rows;
    trouble.report(message, rows);
  }

  async function gather(): Promise<void> {
    await accounts.drain();
    const gathered = accounts.take();
    lose(gathered.lostRows, `${gathered.lostRows} rows were dropped: more came than could be written.`);
    for (const content of contentsOf(gathered))
      waiting.push({ writer, sequence: ++sequence, at: clock.now(), ...content });
  }

  async function writeOne(batch: LedgerBatch): Promise<void> {
    writingSince = clock.monotonic();
    const slow = () => trouble.report(`The store has not written a batch within ${slowMs / 1_000} seconds.`);
    const cancelSlow = clock.schedule(slow, slowMs);
    try {
      await store.write(batch);
    } finally {
      cancelSlow();
      writingSince = undefined;
    }
  }

  function noteWritten(batch: LedgerBatch): void {
    refusals = 0;
    waiting = waiting.filter((one) => one !== batch);
    if (lastWrite === undefined) options.onFirstWrite();
    options.onWrite(batch);
    lastWrite = clock.now();
  }

  async function writeWaiting(): Promise<void> {
    for (let batch = waiting[0]; batch !== undefined; batch = waiting[0]) {
      try {
        await writeOne(batch);
        noteWritten(batch);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusals += 1;
        if (refusals < mostRefusals) throw error;
        await setAside(batch, error);
      }
    }
  }

  /** Drops batches that are refused, if the store takes one behind them: else it is not the batches that are wrong. */
  async function setAside(batch: LedgerBatch, error: AskonceError): Promise<void> {
    if (waiting.length <= mostRefusals) await gather();
    const refused = [batch];
    for (const behind of waiting.slice(1)) {
      try {
        await writeOne(behind);
      } catch (next) {
        if (!isRefusal(next)) throw next;
        refused.push(behind);
        continue;
      }
      waiting = waiting.filter((one) => !refused.includes(one));
      noteWritten(behind);
      const rows = refused.reduce((sum, one) => sum + one.rows.length, 0);
      lostRows += rows;
      trouble.report(
        `The store refuses what was gathered at ${minuteOf(batch.at)}; it is set aside, and its figures are missing: ${error.message}`,
        rows,
      );
      return;
    }
    throw error;
  }

  async function flushNow(): Promise<boolean> {
    try {
      await writeWaiting();
      await gather();
      await writeWaiting();
      failures = 0;
      failure = undefined;
      return true;
    } catch (error) {
      failures += 1;
      failure = messageOf(error);
      trouble.report(`The ledger was not written, and will be later: ${failure}`);
      return false;
    }
  }

  /** One flush at a time; a call while one runs is served by the next, which begins after the call. */
  function flush(): Promise<boolean> {
    next ??= running.then(() => {
      next = undefined;
      running = flushNow();
      return running;
    });
    return next;
  }

  function schedule(): void {
    if (isStopped) return;
    const pause = failures === 0 ? flushMs : backOff(failures - 1, leastPauseMs, longestPauseMs);
    cancel = clock.schedule(() => void flush().then(schedule), pause);
  }

  schedule();
  return {
    flush,
    state() {
      const isSlow = writingSince !== undefined && clock.monotonic() - writingSince > slowMs;
      const message = isSlow ? 'The store does not answer.' : failure;
      return { failure: message, waiting: waiting.length, lastWrite, lostRows };
    },
    async stop() {
      isStopped = true;
      cancel?.();
      await gather();
      if (waiting.length === 0) return;
      const rows = waiting.reduce((sum, batch) => sum + batch.rows.length, 0);
      lostRows += rows;
      trouble.report(
        `The ledger was closed before all could be written: the figures since ${minuteOf(lastWrite ?? openedAt)} are missing in it.`,
        rows,
      );
    },
  };
}

function isRefusal(error: unknown): error is AskonceError {
  return AskonceError.isInstance(error) && error.code === 'batch_refused';
}

/** `2026-03-01 08:29 UTC` */
function minuteOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
