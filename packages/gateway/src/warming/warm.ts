/**
 * Warms the cache: looks for the answer to each question, and asks for those that are not there, so many at a time and so many
 * a second.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from 'askonce';
import { pause } from 'askonce/gateway-kit';
import type { Asker, WarmAnswer } from './asker.ts';
import type { CostOf } from './cost.ts';
import { failureOf, type WarmFailure } from './failure.ts';
import { type Pace, pace } from './pace.ts';
import type { WarmRequest } from './request.ts';
import { type WarmFigures, type WarmOutcome, warmTally } from './tally.ts';

/** A question, or what is wrong with it. */
export type WarmRow = { readonly at: number } & (
  | { readonly request: WarmRequest }
  | { readonly fault: string }
);

export interface WarmOptions {
  readonly rows: AsyncIterable<WarmRow> | Iterable<WarmRow>;
  readonly asker: Asker;
  readonly clock: Clock;
  readonly concurrency: number;
  /** Provider calls a second. */
  readonly perSecond: number;
  /** Looks only, and calls no provider. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Once it aborts, no further question is begun; those that are asked are waited for. */
  readonly signal: AbortSignal;
  readonly costOf: CostOf;
  /** Called after each question. */
  readonly onProgress?: ((outcome: WarmOutcome, figures: () => WarmFigures) => void) | undefined;
}

export interface WarmRun {
  /** Resolves when the work has ended. Rejects if rows cannot be read, or nothing can be asked at all. */
  readonly ended: Promise<WarmEnd>;
  figures(): WarmFigures;
}

interface WarmEnd {
  /** `interrupted`: by the signal; `stopped`: after too many failures in a row. */
  readonly state: 'done' | 'interrupted' | 'stopped';
  /** Why it was stopped. */
  readonly reason?: string | undefined;
}

/** Calls for one question, and rounds with a remembered error in place of a call. */
const maxCalls = 4;
const maxRounds = 12;
/** Questions in a row that fail before it stops; fewer if the account is at fault. */
const maxFailures = 10;
const maxAccountFailures = 3;

export function warm(options: WarmOptions): WarmRun {
  const { asker, clock, concurrency, signal, costOf, onProgress, dryRun = false } = options;
  const tally = warmTally();
  const calls = pace(clock, options.perSecond);
  const rows = shared(options.rows);
  /** Ends the work after too many failures in a row. */
  const stopping = new AbortController();
  const ending = AbortSignal.any([signal, stopping.signal]);
  let failuresInRow = 0;
  let stopped: string | undefined;

  function done(outcome: WarmOutcome): void {
    onProgress?.(outcome, tally.figures);
  }

  function succeeded(outcome: Exclude<WarmOutcome, 'failed'>): void {
    failuresInRow = 0;
    tally.add(outcome);
    done(outcome);
  }

  function failed({ reason, isOfAccount }: Pick<WarmFailure, 'reason' | 'isOfAccount'>, at: number): void {
    tally.fail(reason, at);
    done('failed');
    failuresInRow += 1;
    if (failuresInRow < (isOfAccount ? maxAccountFailures : maxFailures) || stopped !== undefined) return;
    stopped = `${failuresInRow} questions in a row failed: ${reason}`;
    stopping.abort();
  }

  async function warmed(row: WarmRow): Promise<void> {
    if ('fault' in row) {
      tally.fail(row.fault, row.at);
      return done('failed');
    }
    const { request, at } = row;
    if (await isThere(asker, request)) return succeeded('skipped');
    if (dryRun) return succeeded('absent');
    const answer = await answerTo(request);
    if ('reason' in answer) return failed(answer, at);
    if (!answer.isOwn) return succeeded('skipped');
    if (await isThere(asker, request)) return succeeded('created');
    const why = await asker.whyNotStored?.(request);
    failed(
      { reason: `the answer was not stored${why === undefined ? '' : ` (${why})`}`, isOfAccount: false },
      at,
    );
  }

  /** The provider's answer, after as many attempts as are worth it. `isOwn`: a call was made for it. */
  async function answerTo(request: WarmRequest): Promise<{ readonly isOwn: boolean } | WarmFailure> {
    let made = 0;
    for (let round = 1; ; round += 1) {
      await calls.turn(ending);
      const answer = await asker.send(request, 'ask');
      const cacheStatus = textOf(answer.headers['cache-status']);
      const isHit = /; hit/.test(cacheStatus);
      const isCollapsed = /; collapsed/.test(cacheStatus);
      if (!isHit && !isCollapsed && answer.status < 400) await spend(request, answer);
      if (answer.status < 400) return { isOwn: !isHit && !isCollapsed };
      if (!isHit) made += 1;
      const failure = failureOf(request, answer, clock, Math.max(made, 1));
      if (failure.againAfterMs === undefined || made >= maxCalls || round >= maxRounds) return failure;
      await waited(calls, failure, failure.againAfterMs);
    }
  }

  async function waited(held: Pace, { isOfAll }: WarmFailure, ms: number): Promise<void> {
    if (isOfAll) held.hold(ms);
    else await pause(clock, ms, ending);
  }

  async function spend(request: WarmRequest, answer: WarmAnswer): Promise<void> {
    const { usage, cost } = await costOf(request, asker.providerOf(request), answer);
    tally.spend(usage, cost);
  }

  async function work(): Promise<void> {
    while (!ending.aborted) {
      const row = await rows.next();
      if (row === undefined) return;
      try {
        await warmed(row);
      } catch (error) {
        // The pace or a wait was interrupted: the question was not begun, or will be asked the next time.
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

  return { ended: all(), figures: tally.figures };
}

/** Whether a fresh answer to this very question is stored. */
async function isThere(asker: Asker, request: WarmRequest): Promise<boolean> {
  return (await asker.send(request, 'look')).status < 400;
}

/** Rows that are handed out within one turn of the event loop: stored answers in memory are found without leaving it. */
const rowsATurn = 16;

/** Hands out rows to several that ask for them, one after another. */
function shared(rows: WarmOptions['rows']) {
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
  let last: Promise<unknown> = Promise.resolve();
  let isOver = false;
  let handed = 0;
  return {
    next(): Promise<WarmRow | undefined> {
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

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.join(', ') ?? '');
}
