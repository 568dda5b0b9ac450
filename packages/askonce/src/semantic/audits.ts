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
import { provenanceOf } from '../invalidation/log.ts';
import { messageOf } from '../observe/report.ts';
import type { Protocol } from '../protocol/contract.ts';
import type { Candidate } from './candidates.ts';
import type { JudgedPair, Verdict } from './contract.ts';
import type { Drawn } from './decision.ts';
import { judging } from './judging.ts';
import type { Pool } from './policies/contract.ts';

/** Bound on the pairs that wait for their answers, in bytes; the oldest is dropped, and has no label. */
const mostWaitingBytes = 16 * 1024 * 1024;
/** What a pair takes besides its texts and its answers, in bytes. */
const overhead = 1_024;
/** Time that a pair waits for its answer. */
const waitMs = 600_000;

/** Judges a pair of one partition. Undefined if it has no verdict on it. */
export type JudgeOf = (pair: JudgedPair, partition: string) => Promise<Verdict | undefined>;

/** A question that was asked, with the candidates that were drawn. */
interface Asked {
  readonly question: string;
  readonly language: string;
  readonly pool: Pool;
  readonly drawn: readonly Drawn[];
}

interface Waiting extends Asked {
  readonly protocol: Protocol;
  /** Instant in ms since the epoch. */
  readonly until: number;
}

export interface Audits {
  /** Has the pairs judged once the answer to the request's question is stored. */
  expect(ask: Pick<Ask, 'identity'>, asked: Asked): void;
  close(): void;
}

export function audits(
  engine: Pick<Engine, 'clock' | 'hooks' | 'log' | 'observe' | 'finishWords'>,
  judge: JudgeOf | undefined,
): Audits {
  const { clock, hooks, log, observe } = engine;
  const waiting = new LRUCache<string, Waiting>({
    maxSize: mostWaitingBytes,
    sizeCalculation: ({ question, drawn }) =>
      drawn.reduce((bytes, { candidate }) => bytes + bytesOf(candidate), overhead + 2 * question.length),
  });
  const work = judging((error) =>
    observe({ type: 'semantic-trouble', part: 'judge', message: messageOf(error) }),
  );
  let isClosed = false;

  hooks.onStored((entry) => {
    const asked = waiting.get(entry.key);
    if (asked === undefined || judge === undefined) return;
    waiting.delete(entry.key);
    if (asked.until <= clock.now()) return;
    for (const one of asked.drawn)
      work.add(bytesOf(one.candidate) + entry.recording.body.length, () =>
        judgeOne(judge, asked, one, entry),
      );
  });
  // What is invalidated or erased is not sent to a judge, and not held for one.
  hooks.onRemoved((keys, cause) => {
    if (cause !== 'invalidated' || waiting.size === 0) return;
    const gone = new Set(keys);
    for (const [key, { drawn }] of waiting.entries())
      if (gone.has(key) || drawn.some(({ candidate }) => gone.has(candidate.key))) waiting.delete(key);
  });

  async function judgeOne(
    judge: JudgeOf,
    { protocol, question, language, pool }: Waiting,
    { candidate, sample }: Drawn,
    stored: Entry,
  ): Promise<void> {
    const earlier = candidate.hit.entry;
    const isValid = (entry: Entry) => log.verdict(provenanceOf(entry)) === 'valid';
    if (isClosed || !isValid(earlier) || !isValid(stored)) return;
    const earlierAnswer = answerTextIn(engine, protocol, earlier.recording);
    if (earlierAnswer === undefined) return;
    const answer = answerTextIn(engine, protocol, stored.recording);
    const pair = { question, earlierQuestion: candidate.question, earlierAnswer, language };
    // An answer without text beside one with text: samples that are hard to judge must not be left out.
    const verdict = answer === undefined ? 'unsure' : await judge({ ...pair, answer }, stored.meta.partition);
    if (verdict === undefined || isClosed) return;
    pool.learn(sample, verdict, `${earlier.meta.recordingId}/${stored.meta.recordingId}`);
    const { similarity } = candidate;
    const source = sample.isServed ? 'hit' : 'miss';
    observe({ type: 'semantic-label', pool: pool.id, similarity, verdict, source });
  }

  return {
    expect({ identity: { key, protocol } }, asked) {
      if (judge === undefined || asked.drawn.length === 0) return;
      waiting.set(key, { ...asked, protocol, until: clock.now() + waitMs });
    },
    close() {
      isClosed = true;
      work.close();
      waiting.clear();
    },
  };
}

/** What a candidate keeps in memory: its entry, and the answer in another form. */
function bytesOf({ hit, question }: Candidate): number {
  return (
    2 * question.length + hit.entry.recording.body.length + (hit.converted ? hit.recording.body.length : 0)
  );
}
