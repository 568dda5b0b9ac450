/**
 * A run of warming: looks for the answer to each request, and makes those requests whose answer is not stored, so many at a time
 * and so many a second. How to look and to ask is the target's: a provider behind a cache, or an application.
 */
import { setImmediate } from 'node:timers/promises';
import { type Clock, pause } from '../clock.ts';
import { pace } from './pace.ts';
import { type WarmCounts, type WarmOutcome, warmTally } from './tally.ts';

/** A request, or what is wrong with it. `at`: its line, or its place in a list from 0. */
export type WarmRow<Request> = { readonly at: number } & (
  | { readonly request: Request }
  | { readonly fault: string }
);

export interface WarmFailure {
  readonly reason: string;
  /** Milliseconds after which another attempt may succeed; undefined if none will. */
  readonly againAfterMs?: number | undefined;
  /** The credential is at fault, and so will the next call fail. */
  readonly isOfAccount: boolean;
  /** All calls are limited, not this one alone. */
  readonly isOfAll: boolean;
}

/** What an attempt came to. `isOwn`: a call was made for it, rather than a stored answer found or another call shared. */
type WarmAttempt =
  | { readonly isOwn: boolean }
  | (WarmFailure & {
      /** False for an error that is remembered: it cost no call. */
      readonly isCall: boolean;
    });

export interface WarmTarget<Request> {
  /** Whether a fresh answer is stored, or why that cannot be known. Rejects only if nothing can be asked at all. */
  look(request: Request): Promise<boolean | WarmFailure>;
  /** Makes a request for which `calls` have been made before. Rejects only if nothing can be asked at all. */
  ask(request: Request, calls: number): Promise<WarmAttempt>;
  /** Why an answer to the request was last not stored, as far as that is known. */
  whyNotStored?: ((request: Request) => Promise<string | undefined>) | undefined;
}

export interface WarmRunOptions<Request> {
  readonly rows: AsyncIterable<WarmRow<Request>> | Iterable<WarmRow<Request>>;
  readonly target: WarmTarget<Request>;
  readonly clock: Clock;
  /** Requests that are looked for or made at a time. */
  readonly concurrency: number;
  /** Calls a second. */
  readonly perSecond: number;
  /** Looks only, and makes no call. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Once it aborts, no further request is begun; those that are under way are waited for. */
  readonly signal: AbortSignal;
  /** What the requests are called in the reason for which a run was stopped: `questions`. */
  readonly noun: string;
  /** Called after each request. */
  readonly onProgress?: ((outcome: WarmOutcome) => void) | undefined;
}

export interface WarmEnd {
  /** `interrupted`: by the signal; `stopped`: after too many failures in a row. */
  readonly state: 'done' | 'interrupted' | 'stopped';
  /** Why it was stopped. */
  readonly reason?: string | undefined;
}

export interface WarmRun {
  /** Resolves when the work has ended. Rejects if rows cannot be read, or nothing can be asked at all. */
  readonly ended: Promise<WarmEnd>;
  counts(): WarmCounts;
}

/** Calls for one request, and rounds with a remembered error in place of a call. */
const maxCalls = 4;
const maxRounds = 12;
/** Requests in a row that fail before it stops; fewer if the credential is at fault. */
const maxFailures = 10;
const maxAccountFailures = 3;

export function warmRun<Request>(options: WarmRunOptions<Request>): WarmRun {
  const { target, clock, concurrency, signal, onProgress, dryRun = false } = options;
  const tally = warmTally();
  const calls = pace(clock, options.perSecond);
  const rows = shared(options.rows);
  /** Ends the work after too many failures in a row. */
  const stopping = new AbortController();
  const ending = AbortSignal.any([signal, stopping.signal]);
  let failuresInRow = 0;
  let stopped: string | undefined;

  function succeeded(outcome: Exclude<WarmOutcome, 'failed'>): void {
    failuresInRow = 0;
    tally.add(outcome);
    onProgress?.(outcome);
  }

  function failed({ reason, isOfAccount }: Pick<WarmFailure, 'reason' | 'isOfAccount'>, at: number): void {
    tally.fail(reason, at);
    onProgress?.('failed');
    failuresInRow += 1;
    if (failuresInRow < (isOfAccount ? maxAccountFailures : maxFailures) || stopped !== undefined) return;
    stopped = `${failuresInRow} ${options.noun} in a row failed: ${reason}`;
    stopping.abort();
  }

  async function warmed(row: WarmRow<Request>): Promise<void> {
    if ('fault' in row) {
      tally.fail(row.fault, row.at);
      onProgress?.('failed');
      return;
    }
    const { request, at } = row;
    const before = await target.look(request);
    if (typeof before === 'object') return failed(before, at);
    if (before) return succeeded('skipped');
    if (dryRun) return succeeded('absent');
    const answer = await answerTo(request);
    if ('reason' in answer) return failed(answer, at);
    if (!answer.isOwn) return succeeded('skipped');
    const after = await target.look(request);
    if (typeof after === 'object') return failed(after, at);
    if (after) return succeeded('created');
    const why = await target.whyNotStored?.(request);
    failed(
      { reason: `the answer was not stored${why === undefined ? '' : ` (${why})`}`, isOfAccount: false },
      at,
    );
  }

  /** The answer, after as many attempts as are worth it. */
  async function answerTo(request: Request): Promise<{ readonly isOwn: boolean } | WarmFailure> {
    let made = 0;
    for (let round = 1; ; round += 1) {
      await calls.turn(ending);
      const attempt = await target.ask(request, made);
      if ('isOwn' in attempt) return attempt;
      if (attempt.isCall) made += 1;
      if (attempt.againAfterMs === undefined || made >= maxCalls || round >= maxRounds) return attempt;
      if (attempt.isOfAll) calls.hold(attempt.againAfterMs);
      else await pause(clock, attempt.againAfterMs, ending);
    }
  }

  async function work(): Promise<void> {
    while (!ending.aborted) {
      const row = await rows.next();
      if (row === undefined) return;
      try {
        await warmed(row);
      } catch (error) {
        // The pace or a wait was interrupted: the request was not begun, or will be made the next time.
        if (!ending.aborted) throw error;
      }
    }
  }

  async function all(): Promise<WarmEnd> {
    const workers = Array.from({ length: concurrency }, async () => {
      try {
        await work();
      } catch (error) {
        stopping.abort();
        throw error;
      }
    });
    const settled = await Promise.allSettled(workers);
    await rows.close();
    for (const one of settled) if (one.status === 'rejected') throw one.reason;
    if (stopped !== undefined) return { state: 'stopped', reason: stopped };
    return { state: signal.aborted ? 'interrupted' : 'done' };
  }

  return { ended: all(), counts: tally.counts };
}

/** Rows that are handed out within one turn of the event loop: stored answers in memory are found without leaving it. */
const rowsATurn = 16;

/** Hands out rows to several that ask for them, one after another. */
function shared<Row>(rows: AsyncIterable<Row> | Iterable<Row>) {
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
  let last: Promise<unknown> = Promise.resolve();
  let isOver = false;
  let handed = 0;
  return {
    next(): Promise<Row | undefined> {
      const mine = last.then(async () => {
        handed += 1;
        if (handed % rowsATurn === 0) await setImmediate();
        if (isOver) return undefined;
        const { done, value } = await iterator.next();
        isOver = done === true;
        return done === true ? undefined : value;
      });
      last = mine.catch(() => {});
      return mine;
    },
    async close(): Promise<void> {
      isOver = true;
      await last;
      await iterator.return?.();
    },
  };
}
