/**
 * Judging: pairs that were drawn wait for the provider's answer to the question, and are then judged, behind the reader.
 *
 * An answer that is not stored is not judged, and neither is one that another process stores: its sample has no label.
 */
import { LRUCache } from 'lru-cache';
import type { Ask } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { answerTextIn } from '../engine/read-by-protocol.ts';
import type { Entry } from '../entry/entry.ts';
import type { Protocol } from '../protocol/contract.ts';
import type { JudgedPair, Verdict } from './contract.ts';
import type { Drawn } from './decision.ts';
import type { Pool } from './policies/contract.ts';

/** Bound on the pairs that wait for their answers, in bytes; the oldest is dropped, and has no label. */
const mostWaitingBytes = 16 * 1024 * 1024;
/** Pairs that wait to be judged; beyond them a pair has no label. */
const mostQueued = 256;
/** Pairs that are judged at the same time. */
const mostJudged = 4;
/** What a pair takes besides its texts and its answer, in bytes. */
const overhead = 1024;

/** Judges a pair of one partition. Undefined if it has no verdict on it. Never rejects. */
export type JudgeOf = (pair: JudgedPair, partition: string) => Promise<Verdict | undefined>;

interface Waiting {
  readonly protocol: Protocol;
  readonly question: string;
  readonly language: string;
  readonly pool: Pool;
  readonly drawn: readonly Drawn[];
}

export interface Audits {
  /** Has the pairs judged once the answer to the request's question is stored. */
  expect(ask: Pick<Ask, 'identity'>, asked: Omit<Waiting, 'protocol'>): void;
  /** Resolves once every pair whose answer is stored has been judged. */
  settled(): Promise<void>;
  close(): void;
}

export function audits(
  engine: Pick<Engine, 'hooks' | 'observe' | 'finishWords'>,
  judge: JudgeOf | undefined,
): Audits {
  const waiting = new LRUCache<string, Waiting>({
    maxSize: mostWaitingBytes,
    sizeCalculation: ({ question, drawn }) =>
      overhead +
      2 * question.length +
      drawn.reduce((bytes, { candidate }) => bytes + candidate.hit.recording.body.length, 0),
  });
  const queue: (() => Promise<void>)[] = [];
  let judged = 0;
  let isClosed = false;
  let settle: (() => void)[] = [];

  engine.hooks.onStored((entry) => {
    const asked = waiting.get(entry.key);
    if (asked === undefined || judge === undefined || isClosed) return;
    waiting.delete(entry.key);
    for (const one of asked.drawn) {
      if (queue.length >= mostQueued) return;
      queue.push(() => judgeOne(judge, asked, one, entry));
    }
    next();
  });

  function next(): void {
    while (judged < mostJudged) {
      const work = queue.shift();
      if (work === undefined) break;
      judged += 1;
      // Not within the write that reports the entry.
      setImmediate(() => {
        void work().finally(() => {
          judged -= 1;
          next();
        });
      });
    }
    if (judged > 0) return;
    for (const resolve of settle) resolve();
    settle = [];
  }

  async function judgeOne(
    judge: JudgeOf,
    { protocol, question, language, pool }: Waiting,
    { candidate, sample }: Drawn,
    { meta, recording }: Entry,
  ): Promise<void> {
    const earlierAnswer = answerTextIn(engine, protocol, candidate.hit.entry.recording);
    const answer = answerTextIn(engine, protocol, recording);
    if (earlierAnswer === undefined) return;
    const pair = { question, earlierQuestion: candidate.question, earlierAnswer, language };
    // An answer without text beside one with text: samples that are hard to judge must not be left out.
    const verdict = answer === undefined ? 'unsure' : await judge({ ...pair, answer }, meta.partition);
    if (verdict === undefined || isClosed) return;
    pool.learn(sample, verdict, `${candidate.hit.entry.meta.recordingId}/${meta.recordingId}`);
    const { similarity } = candidate;
    const source = sample.isServed ? 'hit' : 'miss';
    engine.observe({ type: 'semantic-label', pool: pool.id, similarity, verdict, source });
  }

  return {
    expect({ identity: { key, protocol } }, asked) {
      if (judge !== undefined && asked.drawn.length > 0) waiting.set(key, { ...asked, protocol });
    },
    settled: () =>
      judged === 0 && queue.length === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            settle.push(resolve);
          }),
    close() {
      isClosed = true;
      queue.length = 0;
      waiting.clear();
    },
  };
}
