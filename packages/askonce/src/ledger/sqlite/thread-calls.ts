/**
 * Calls the program of the file, which is started by the first call, and again by a later one if it could not open the
 * file, found it damaged or replaced, or lost its thread.
 */
import type { Clock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import { identityOf } from '../../sqlite-file/private.ts';
import { type Channel, programBeside, type SharedThread } from '../../threads/shared-thread.ts';
import type { Call, Failure, FileSettings, FromThread, Result, ToThread } from './messages.ts';

const program = programBeside(import.meta.url, 'thread');

/** Batches, and other calls, that may wait for the thread; more are refused. Each has its own bound: slow queries refuse no batch. */
const mostWaiting = 64;
type Kind = 'batch' | 'query';
const kindOf = ({ type }: Call): Kind => (type === 'write' ? 'batch' : 'query');
/** Pause before a file that could not be opened is tried again, in ms. */
const reopenMs = 500;
/** Pause before a call that found the file locked is made again, in ms. */
const againMs = 100;

export interface ThreadCallsOptions {
  readonly file: string;
  readonly thread: SharedThread;
  /** How long the thread itself waits for another process's lock, in ms. */
  readonly busyTimeoutMs: number;
  /** How long a call that finds the file locked is made again, in ms: where the thread has other work than to wait. */
  readonly patienceMs: number;
  /** The program ends when it has not been called for so long, in ms. */
  readonly idleMs: number;
  readonly clock: Clock;
  /** Called with what an operator should know: once for each damaged file, each lost thread and each refusal of its kind. */
  readonly report: (message: string) => void;
  /** Calls of the same file in another thread: a damaged file can only be moved aside once they have let go of it. */
  readonly others?: (() => Pick<ThreadCalls, 'rest' | 'released'> | undefined) | undefined;
}

export interface ThreadCalls {
  /** @throws AskonceError `store_failed`; `closed` after {@link close} */
  call(call: Call): Promise<Result>;
  /** Lets go of the file until the next call, unless a call is in progress. `suspect` was found damaged (device and inode). */
  rest(suspect?: string): void;
  /** Resolves once a file that was let go of is closed. */
  released(): Promise<void>;
  /** Waits for the calls in progress, and closes the file. */
  close(): Promise<void>;
}

interface Waiting {
  readonly call: Call;
  /** Until when it is made again if the file is locked, on the monotonic clock. */
  readonly until: number;
  resolve(result: Result): void;
  reject(error: AskonceError): void;
}

/** A program that runs, and the calls that wait for it. */
interface Running {
  readonly channel: Channel<ToThread>;
  readonly waiting: Map<number, Waiting>;
  readonly ended: Promise<void>;
  identity: string | undefined;
  /** Then the process waits for its end. */
  isStopping: boolean;
}

export function threadCalls(options: ThreadCallsOptions): ThreadCalls {
  const { file, thread, busyTimeoutMs, patienceMs, idleMs, clock, report, others } = options;
  let running: Running | undefined;
  /** Resolves once the program before has let go of the file. */
  let released: Promise<void> = Promise.resolve();
  let damaged: string | undefined;
  let refusal: { readonly until: number; readonly message: string } | undefined;
  let lastReported = '';
  let lastId = 0;
  const inProgress: Record<Kind, number> = { batch: 0, query: 0 };
  let cancelIdle = () => {};
  let closing: Promise<void> | undefined;

  function reportOnce(message: string): void {
    if (message !== lastReported) report(message);
    lastReported = message;
  }

  function start(): Running {
    // The other thread may have moved it aside meanwhile.
    if (damaged !== undefined && identityOf(file) !== damaged) damaged = undefined;
    const settings: FileSettings = { file, busyTimeoutMs, damaged };
    const ended = Promise.withResolvers<void>();
    let refused: string | undefined;
    const channel = thread.start<FromThread, ToThread>(program, settings, {
      onMessage(said) {
        if (said.type === 'reply') settle(started, said.id, said.result);
        else if (said.type === 'opened') {
          started.identity = said.identity;
          damaged = undefined;
          refusal = undefined;
          lastReported = '';
          if (said.movedTo !== undefined)
            report(
              `The ledger's file was damaged. It was moved to ${said.movedTo}, and a new file was created.`,
            );
        } else {
          refused = `The ledger's file cannot be used (${said.reason}): ${said.message}`;
          refusal = { until: clock.monotonic() + reopenMs, message: refused };
          reportOnce(refused);
          if (said.reason === 'damaged') others?.()?.rest(damaged);
        }
      },
      onEnd(failure) {
        if (running === started) running = undefined;
        const lost = failure === undefined ? undefined : `The thread of the ledger failed: ${failure}`;
        if (lost !== undefined) reportOnce(lost);
        const message = refused ?? lost ?? 'The thread of the ledger ended.';
        for (const { reject } of started.waiting.values()) reject(new AskonceError('store_failed', message));
        started.waiting.clear();
        ended.resolve();
      },
    });
    const started: Running = {
      channel,
      waiting: new Map(),
      ended: ended.promise,
      identity: undefined,
      isStopping: false,
    };
    return started;
  }

  function settle(of: Running, id: number, result: Result | Failure): void {
    const waiting = of.waiting.get(id);
    if (waiting === undefined) return;
    if (result.type === 'failed' && result.reason === 'busy' && clock.monotonic() < waiting.until) {
      clock.schedule(() => {
        if (of.waiting.has(id)) of.channel.send({ type: 'call', id, call: waiting.call });
      }, againMs);
      return;
    }
    of.waiting.delete(id);
    if (of.waiting.size === 0 && !of.isStopping) {
      of.channel.release();
      cancelIdle();
      if (idleMs < Number.POSITIVE_INFINITY) cancelIdle = clock.schedule(() => rest(), idleMs);
    }
    if (result.type !== 'failed') {
      waiting.resolve(result);
      return;
    }
    waiting.reject(
      new AskonceError(
        result.reason === 'refused' ? 'batch_refused' : 'store_failed',
        `The ledger's file failed (${result.reason}): ${result.message}`,
      ),
    );
    if (result.reason === 'damaged' || result.reason === 'replaced') leave(of, result);
  }

  /** Lets go of a file that is no longer usable; the next call opens it anew, and moves a damaged one aside. */
  function leave(left: Running, { reason, message }: Failure): void {
    if (running !== left) return;
    if (reason === 'damaged') damaged = left.identity;
    report(`The ledger's file is ${reason}, and is opened again: ${message}`);
    letGo(left);
    if (reason === 'damaged') others?.()?.rest(damaged);
  }

  function letGo(left: Running): void {
    running = undefined;
    released = stop(left);
  }

  function rest(suspect?: string): void {
    damaged ??= suspect;
    if (running !== undefined && running.waiting.size === 0) letGo(running);
  }

  function stop(stopped: Running): Promise<void> {
    stopped.isStopping = true;
    stopped.channel.hold();
    stopped.channel.send({ type: 'close' });
    return stopped.ended;
  }

  /** Resolves once no earlier program has the file open, here or in the other thread. */
  async function letGoOf(): Promise<void> {
    await released;
    await others?.()?.released();
  }

  async function call(wanted: Call): Promise<Result> {
    if (closing !== undefined) throw new AskonceError('closed', 'The ledger is closed.');
    const kind = kindOf(wanted);
    if (inProgress[kind] >= mostWaiting)
      throw new AskonceError('store_failed', 'Too many calls wait for the ledger. Try again later.');
    inProgress[kind] += 1;
    const until = clock.monotonic() + patienceMs;
    try {
      await letGoOf();
      if (running === undefined && refusal !== undefined && clock.monotonic() < refusal.until)
        throw new AskonceError('store_failed', refusal.message);
      running ??= start();
      const { channel, waiting } = running;
      const id = ++lastId;
      return await new Promise<Result>((resolve, reject) => {
        waiting.set(id, { call: wanted, until, resolve, reject });
        // Keeps the process alive until the call is answered.
        channel.hold();
        channel.send({ type: 'call', id, call: wanted });
      });
    } finally {
      inProgress[kind] -= 1;
    }
  }

  return {
    call,
    rest,
    released: () => released,
    close() {
      cancelIdle();
      // As each call does: one that was made before has started by then.
      closing ??= letGoOf().then(() => (running === undefined ? undefined : stop(running)));
      return closing;
    },
  };
}
