/**
 * The jobs that admin calls have started: one runs at a time, a few wait, and the latest are remembered. They are in memory:
 * after a restart they are unknown, and what they have stored is skipped when they are started again.
 */
import { randomUUID } from 'node:crypto';
import { AskonceError, type Clock } from 'askonce';
import type { WarmOutcome } from 'askonce/gateway-kit';
import type { Asker } from './asker.ts';
import type { CostOf } from './cost.ts';
import type { WarmRequest } from './request.ts';
import { noFigures, type WarmFigures, warm } from './warm.ts';

type WarmJobState = 'waiting' | 'running' | 'done' | 'stopped' | 'failed';

export interface WarmJob {
  readonly id: string;
  readonly state: WarmJobState;
  /** Why it was stopped, or failed. */
  readonly reason?: string | undefined;
  readonly questions: number;
  readonly figures: WarmFigures;
  /** Milliseconds since the epoch. */
  readonly asked: number;
  readonly started?: number | undefined;
  readonly ended?: number | undefined;
}

export interface WarmJobs {
  /** Starts a job, or lets it wait. @throws AskonceError `warm_limited`, `shutting_down` */
  begin(requests: readonly WarmRequest[]): WarmJob;
  get(id: string): WarmJob | undefined;
  /** Ends a job: the questions that are being asked are waited for. Undefined if there is none. */
  stop(id: string): WarmJob | undefined;
  /** Ends all jobs, and takes no more. Resolves when none runs. */
  close(): Promise<void>;
}

export interface WarmJobsOptions {
  readonly asker: Asker;
  readonly costOf: CostOf;
  readonly clock: Clock;
  readonly concurrency: number;
  readonly perSecond: number;
  /** Called after each question. */
  readonly counted: (outcome: WarmOutcome) => void;
  /** Called when a job has ended. */
  readonly ended: (job: WarmJob) => void;
}

/** Jobs that may wait, and those that have ended and are remembered, for a day. */
const maxWaiting = 10;
const maxEnded = 100;
const rememberedMs = 24 * 3_600_000;

interface Job {
  readonly id: string;
  readonly questions: number;
  /** Empty once the job has ended: what is remembered of it must be small. */
  requests: readonly WarmRequest[];
  figures: () => WarmFigures;
  readonly stopping: AbortController;
  readonly asked: number;
  state: WarmJobState;
  reason?: string | undefined;
  started?: number;
  ended?: number;
}

export function warmJobs(options: WarmJobsOptions): WarmJobs {
  const { clock } = options;
  const jobs = new Map<string, Job>();
  let running: Promise<void> | undefined;
  let isClosed = false;

  function forget(): void {
    const over = [...jobs.values()].filter(({ ended }) => ended !== undefined);
    const old = clock.now() - rememberedMs;
    for (const [index, { id, ended = 0 }] of over.entries())
      if (index < over.length - maxEnded || ended < old) jobs.delete(id);
  }

  function end(job: Job, state: WarmJobState, reason?: string): void {
    job.state = state;
    job.reason = reason;
    job.ended = clock.now();
    job.requests = [];
    const figures = job.figures();
    job.figures = () => figures;
    options.ended(view(job));
  }

  async function perform(job: Job): Promise<void> {
    job.state = 'running';
    job.started = clock.now();
    const run = warm({
      ...options,
      rows: job.requests.map((request, at) => ({ request, at })),
      signal: job.stopping.signal,
      onProgress: options.counted,
    });
    job.figures = run.figures;
    try {
      const { state, reason } = await run.ended;
      if (state === 'done') end(job, 'done');
      else end(job, 'stopped', reason ?? askedToStop);
    } catch (error) {
      end(job, 'failed', AskonceError.isInstance(error) ? error.message : 'unexpected error');
    }
  }

  /** Runs the jobs that wait, in the order in which they came. */
  async function runAll(): Promise<void> {
    for (let job = firstWaiting(); job !== undefined; job = firstWaiting()) await perform(job);
    running = undefined;
  }

  function firstWaiting(): Job | undefined {
    return [...jobs.values()].find(({ state }) => state === 'waiting');
  }

  function stop(job: Job): void {
    job.stopping.abort();
    if (job.state === 'waiting') end(job, 'stopped', askedToStop);
  }

  return {
    begin(requests) {
      if (isClosed) throw new AskonceError('shutting_down', 'The gateway is shutting down; ask again later.');
      forget();
      const waiting = [...jobs.values()].filter(({ state }) => state === 'waiting');
      if (waiting.length >= maxWaiting)
        throw new AskonceError('warm_limited', 'Too many jobs wait to warm the cache; try again later.');
      const job: Job = {
        id: randomUUID(),
        questions: requests.length,
        requests,
        figures: () => noFigures,
        stopping: new AbortController(),
        asked: clock.now(),
        state: 'waiting',
      };
      jobs.set(job.id, job);
      running ??= runAll();
      return view(job);
    },
    get(id) {
      forget();
      const job = jobs.get(id);
      return job && view(job);
    },
    stop(id) {
      const job = jobs.get(id);
      if (job === undefined) return undefined;
      if (job.ended === undefined) stop(job);
      return view(job);
    },
    async close() {
      isClosed = true;
      for (const job of jobs.values()) if (job.ended === undefined) stop(job);
      await running;
    },
  };
}

const askedToStop = 'it was asked to stop';

function view({ id, state, reason, questions, figures, asked, started, ended }: Job): WarmJob {
  return { id, state, reason, questions, figures: figures(), asked, started, ended };
}
