/**
 * Embeds the questions of stored entries anew once the embedder has changed, in the background: by one process at a time, at
 * a bounded rate, and going on where another has stopped.
 *
 * Vectors of another embedder are never compared; until theirs are made anew, such entries are found by their exact
 * question alone. A change of guards, gates or thresholds changes no vector, and begins nothing here.
 */
import { backOff, pause } from '../../clock.ts';
import type { Engine } from '../../engine/engine.ts';
import type { EntryHooks } from '../../engine/entry-hooks.ts';
import { messageOf } from '../../observe/report.ts';
import type { StoredVector, Vectors } from '../../store/vectors.ts';
import type { Embedding } from '../embedders/embedding.ts';
import type { Feed } from '../feed/contract.ts';
import type { VectorIndexes } from '../indexes/contract.ts';
import type { QuestionTools } from '../question.ts';
import type { ReembeddingReport } from '../report.ts';
import { goneEntries } from './gone.ts';
import { paceOf } from './pace.ts';
import { countVectors, passOverEntries } from './pass.ts';
import { noProgress, type Progress, type TurnTimes, turnsBy, turnsOfOne } from './turns.ts';

interface ReembeddingTimes extends TurnTimes {
  /** How long nothing is looked for once everything is done, in ms. */
  readonly lookMs: number;
  /** The same after a pass that made vectors: processes with the embedder before may still have written some. */
  readonly lookSoonMs: number;
}

export interface ReembeddingOptions extends Pick<QuestionTools, 'gate' | 'core'> {
  readonly engine: Pick<Engine, 'clock' | 'flags' | 'observe' | 'shared' | 'store'>;
  readonly embedding: Pick<Embedding, 'embed'>;
  /** Fingerprint of the embedder. */
  readonly embedder: string;
  /** Most texts embedded a second; 0 switches it off. */
  readonly perSecond: number;
  /** What all processes remove. */
  readonly hooks: Pick<EntryHooks, 'onRemoved'>;
  readonly indexes: Pick<VectorIndexes, 'add'>;
  readonly feed: Pick<Feed, 'report'>;
  /** Default {@link reembeddingTimes}. */
  readonly times?: ReembeddingTimes | undefined;
}

export interface Reembedding {
  report(): ReembeddingReport;
  /** What is wrong now, in one sentence; undefined if nothing is. */
  trouble(): string | undefined;
  /** Resolves once nothing of it runs any more. */
  close(): Promise<void>;
}

const reembeddingTimes: ReembeddingTimes = {
  beatMs: 10_000,
  restBeatMs: 60_000,
  abandonedMs: 600_000,
  lookMs: 3_600_000,
  lookSoonMs: 300_000,
};

/** Vectors that are put together: those of a quarter of a second, at most so many. */
const mostPutAtOnce = 32;
const firstRetryMs = 1_000;
const lastRetryMs = 60_000;

/** Another process has the turn. */
class LostTurn extends Error {}

/** Undefined if the store has no vectors beside its entries: then none outlive the process. */
export function openReembedding(options: ReembeddingOptions): Reembedding | undefined {
  const { vectors, scan } = options.engine.store;
  if (vectors === undefined || scan === undefined) return undefined;
  return reembeddingOf(options, vectors);
}

function reembeddingOf(options: ReembeddingOptions, vectors: Vectors): Reembedding {
  const { engine, embedder, perSecond, indexes, feed, times = reembeddingTimes } = options;
  const { clock, flags, observe, shared, store } = engine;
  const gone = goneEntries(options.hooks);
  const stopping = new AbortController();
  const { signal } = stopping;
  const turns =
    shared.notices === undefined
      ? turnsOfOne()
      : turnsBy({ notices: shared.notices, clock, embedder, times });
  let progress: Progress = noProgress;
  let isMine = false;
  let isRunningHere = false;
  let trouble: string | undefined;
  let lastBeat = Number.NEGATIVE_INFINITY;
  let nextLook = Number.NEGATIVE_INFINITY;
  /** Whether a pass that has hardly anything to do was put off: a start has more urgent work. */
  let isPutOff = false;
  /** Passes in a row that made no vector although some entries should have one. */
  let fruitless = 0;

  /** Renews the turn, if it is time. */
  async function mayGoOn(): Promise<void> {
    signal.throwIfAborted();
    if (clock.monotonic() - lastBeat < times.beatMs) return;
    lastBeat = clock.monotonic();
    const turn = await turns.step(progress);
    if (!turn.isMine) throw new LostTurn();
  }

  async function rest(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= times.beatMs) {
      await pause(clock, Math.min(left, times.beatMs), signal);
      await mayGoOn();
    }
  }

  function written(made: readonly StoredVector[]): void {
    progress = { ...progress, done: progress.done + made.length };
    indexes.add(made);
    feed.report({ kind: 'written', keys: made.map(({ key }) => key) });
  }

  /** What the process before had written may not have been reported by the time that it ended. */
  function reportAgain(own: readonly StoredVector[]): void {
    indexes.add(own);
    feed.report({ kind: 'written', keys: own.map(({ key }) => key) });
  }

  /** Looks for what is to be done, and does it. */
  async function look(isTakenOver: boolean): Promise<void> {
    const { own, foreign } = await countVectors(
      { vectors, embedder, mayGoOn },
      isTakenOver ? reportAgain : undefined,
    );
    progress = { ...progress, done: own, of: own + foreign };
    if (progress.complete && foreign <= progress.left) {
      progress = { ...progress, left: foreign };
      nextLook = clock.monotonic() + times.lookMs;
      return;
    }
    if (foreign === 0 && !isTakenOver && !isPutOff) {
      isPutOff = true;
      nextLook = clock.monotonic() + times.lookSoonMs;
      return;
    }
    progress = { ...progress, complete: false };
    // What was counted is of interest elsewhere, too.
    lastBeat = Number.NEGATIVE_INFINITY;
    let hasBegun = false;
    isRunningHere = true;
    try {
      const result = await passOverEntries({
        ...{ store, vectors, embedder, clock, signal, mayGoOn, rest, gone },
        ...{ gate: options.gate, core: options.core, embedding: options.embedding },
        pace: paceOf(clock, perSecond, signal),
        putAtOnce: Math.min(mostPutAtOnce, Math.ceil(perSecond / 4)),
        onBegun: () => {
          hasBegun = true;
          reported('started');
        },
        onWritten: written,
        onTrouble: (message) => {
          trouble = message;
        },
      });
      ended(result);
    } finally {
      isRunningHere = false;
      gone.rest();
      if (hasBegun) reported(progress.complete ? 'finished' : 'stopped');
    }
  }

  function ended({ made, left, failed }: { made: number; left: number; failed: number }): void {
    const { done } = progress;
    fruitless = made === 0 && failed > 0 ? fruitless + 1 : 0;
    progress = { done, of: done + left + failed, left, complete: failed === 0 };
    const soonMs = failed > 0 ? backOff(fruitless, times.lookSoonMs / 5, times.lookMs) : times.lookSoonMs;
    nextLook = clock.monotonic() + (made > 0 || failed > 0 ? soonMs : times.lookMs);
  }

  function reported(state: 'started' | 'finished' | 'stopped'): void {
    const { done, of = done } = progress;
    observe({ type: 'semantic-reembedding', state, done, of });
  }

  /** One round: whose turn it is, and what is to be done. How long the next one may wait, in ms. */
  async function round(): Promise<number> {
    if (flags.isOff('semanticCache')) return times.beatMs;
    lastBeat = clock.monotonic();
    const turn = await turns.step(progress);
    if (turn.progress !== undefined) progress = turn.progress;
    const isNew = turn.isMine && !isMine;
    isMine = turn.isMine;
    if (!turn.isMine) return times.beatMs;
    // A start must not read everything once more where all was done before.
    if (isNew) nextLook = progress.complete ? clock.monotonic() + times.lookSoonMs : Number.NEGATIVE_INFINITY;
    if (clock.monotonic() >= nextLook) {
      await look(turn.isTakenOver);
      lastBeat = clock.monotonic();
      await turns.step(progress);
    }
    // What is not complete is taken over after a shorter silence.
    const longestMs = progress.complete ? times.restBeatMs : times.beatMs;
    return Math.min(longestMs, Math.max(times.beatMs, nextLook - clock.monotonic()));
  }

  async function rounds(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      let waitMs: number;
      try {
        waitMs = await round();
        failures = 0;
        trouble = undefined;
      } catch (error) {
        if (signal.aborted) return;
        waitMs = error instanceof LostTurn ? times.beatMs : backOff(failures, firstRetryMs, lastRetryMs);
        if (!(error instanceof LostTurn)) failed(error);
        failures += 1;
      }
      await pause(clock, waitMs, signal).catch(() => {});
    }
  }

  function failed(error: unknown): void {
    trouble = `Stored questions could not be embedded anew, and it is tried again: ${messageOf(error)}`;
    observe({ type: 'semantic-trouble', part: 'reembedding', message: trouble });
  }

  const running = perSecond > 0 ? rounds() : Promise.resolve();

  return {
    report: () => ({ done: progress.done, of: progress.of, perSecond, isRunningHere, fingerprint: embedder }),
    trouble: () => trouble,
    async close() {
      stopping.abort();
      await running;
      if (perSecond > 0) await turns.end(progress);
    },
  };
}
