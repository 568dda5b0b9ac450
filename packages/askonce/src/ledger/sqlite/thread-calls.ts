/**
 * Calls the thread of the file, which is started by the first call, and again by a later one if it could not open the
 * file, found it damaged or replaced, or died.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import { AskonceError } from '../../errors.ts';
import type { Call, Failure, FileSettings, FromThread, Result, ToThread } from './messages.ts';

/** From source the thread runs the TypeScript file; from the build, its JavaScript. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const program = new URL(`./thread.${extension}`, import.meta.url);

/** A batch and what it creates go with it; without a limit V8 lets such garbage grow to 96 MB. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };
/** Queries that may wait for the thread; more are refused. A batch never is, however many wait. */
const mostQueries = 64;
const isQuery = ({ type }: Call) => type !== 'write';
/** Pause before a file that could not be opened is tried again, in ms. */
const reopenMs = 500;

export interface ThreadCallsOptions {
  readonly file: string;
  readonly busyTimeoutMs: number;
  readonly clock: Clock;
  /** Called with what an operator should know: once for each damaged file, each lost thread and each refusal of its kind. */
  readonly report: (message: string) => void;
}

export interface ThreadCalls {
  /** @throws AskonceError `store_failed`; `closed` after {@link close} */
  call(call: Call): Promise<Result>;
  /** Waits for the calls in progress, and closes the file. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(result: Result): void;
  reject(error: AskonceError): void;
}

/** A thread, and the calls that wait for it. */
interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  readonly ended: Promise<void>;
  identity: string | undefined;
  /** Then the process waits for its end. */
  isStopping: boolean;
}

export function threadCalls({ file, busyTimeoutMs, clock, report }: ThreadCallsOptions): ThreadCalls {
  let thread: Thread | undefined;
  /** Resolves once the thread before has let go of the file. */
  let released: Promise<void> = Promise.resolve();
  let damaged: string | undefined;
  let refusal: { readonly until: number; readonly message: string } | undefined;
  let lastReported = '';
  let lastId = 0;
  let queries = 0;
  let closing: Promise<void> | undefined;

  function reportOnce(message: string): void {
    if (message !== lastReported) report(message);
    lastReported = message;
  }

  function start(): Thread {
    const settings: FileSettings = { file, busyTimeoutMs, damaged };
    const worker = new Worker(program, { workerData: settings, name: 'askonce-ledger', resourceLimits });
    const ended = Promise.withResolvers<void>();
    const started: Thread = {
      worker,
      waiting: new Map(),
      ended: ended.promise,
      identity: undefined,
      isStopping: false,
    };
    let message = 'The thread of the ledger ended.';

    worker.on('message', (said: FromThread) => {
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
        message = `The ledger's file cannot be used (${said.reason}): ${said.message}`;
        refusal = { until: clock.monotonic() + reopenMs, message };
        reportOnce(message);
      }
    });
    worker.on('error', (error) => {
      message = `The thread of the ledger failed: ${error instanceof Error ? error.message : 'unknown error'}`;
      reportOnce(message);
    });
    worker.on('exit', () => {
      if (thread === started) thread = undefined;
      for (const { reject } of started.waiting.values()) reject(new AskonceError('store_failed', message));
      started.waiting.clear();
      ended.resolve();
    });
    return started;
  }

  function settle(of: Thread, id: number, result: Result | Failure): void {
    const waiting = of.waiting.get(id);
    of.waiting.delete(id);
    if (of.waiting.size === 0 && !of.isStopping) of.worker.unref();
    if (result.type !== 'failed') {
      waiting?.resolve(result);
      return;
    }
    waiting?.reject(
      new AskonceError('store_failed', `The ledger's file failed (${result.reason}): ${result.message}`),
    );
    if (result.reason === 'damaged' || result.reason === 'replaced') leave(of, result);
  }

  /** Lets go of a file that is no longer usable; the next call opens it anew, and moves a damaged one aside. */
  function leave(left: Thread, { reason, message }: Failure): void {
    if (thread !== left) return;
    thread = undefined;
    if (reason === 'damaged') damaged = left.identity;
    report(`The ledger's file is ${reason}, and is opened again: ${message}`);
    released = stop(left);
  }

  function stop(stopped: Thread): Promise<void> {
    stopped.isStopping = true;
    stopped.worker.ref();
    send(stopped.worker, { type: 'close' });
    return stopped.ended;
  }

  async function call(wanted: Call): Promise<Result> {
    if (closing !== undefined) throw new AskonceError('closed', 'The ledger is closed.');
    if (isQuery(wanted) && queries >= mostQueries)
      throw new AskonceError('store_failed', 'Too many queries wait for the ledger. Try again later.');
    if (isQuery(wanted)) queries += 1;
    try {
      await released;
      if (thread === undefined && refusal !== undefined && clock.monotonic() < refusal.until)
        throw new AskonceError('store_failed', refusal.message);
      thread ??= start();
      const { worker, waiting } = thread;
      const id = ++lastId;
      return await new Promise<Result>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        // Keeps the process alive until the call is answered.
        worker.ref();
        send(worker, { type: 'call', id, call: wanted });
      });
    } finally {
      if (isQuery(wanted)) queries -= 1;
    }
  }

  return {
    call,
    close() {
      closing ??= released.then(() => (thread === undefined ? undefined : stop(thread)));
      return closing;
    },
  };
}

function send(worker: Worker, message: ToThread): void {
  worker.postMessage(message);
}
