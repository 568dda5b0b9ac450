/**
 * Judging: pairs that were drawn wait for the provider's answer to the question, and are then judged, behind the reader.
 *
 * An answer that is not stored is not judged, and neither is one that another process stores: its sample has no label.
 */
import { LRUCache } from 'lru-cache';
import type { Engine } from '../engine/engine.ts';
import { answerTextIn } from '../engine/read-by-protocol.ts';
import type { Entry } from '../entry/entry.ts';
import { provenanceOf } from '../invalidation/log.ts';
import { messageOf } from '../observe/report.ts';
import type { Protocol } from '../protocol/contract.ts';
import { bytesOf } from './candidates.ts';
import type { JudgedPair, Verdict } from './contract.ts';
import type { Drawn } from './decision.ts';
import { judging } from './judging.ts';
import type { Pool } from './policies/contract.ts';
import type { Requester } from './question.ts';

/** Bound on the pairs that wait for their answers, in bytes; the oldest is dropped, and has no label. */
const mostWaitingBytes = 16 * 1024 * 1024;
/** What a pair takes besides its texts and its answers, in bytes. */
const overhead = 1_024;
/** Time that a pair waits for its answer. */
const waitMs = 600_000;

/** Judges a pair of one partition. Undefined if it has no verdict on it. */
export type JudgeOf = (
  pair: JudgedPair,
  partition: string,
  requestId: string | undefined,
) => Promise<Verdict | undefined>;

/** A question that was asked, with the candidates that were drawn. */
interface Asked {
  readonly question: string;
  readonly language: string;
  readonly pool: Pool;
  readonly drawn: readonly Drawn[];
}

interface Waiting extends Asked {
  readonly requestId: string | undefined;
  readonly protocol: Protocol;
  /** What the verifier has yet to confirm may be drawn as well. */
  readonly later: Promise<readonly Drawn[]> | undefined;
  /** The answer, if it came before that. */
  readonly stored?: Entry | undefined;
  /** Instant in ms since the epoch. */
  readonly until: number;
}

export interface Audits {
  /**
   * Has the pairs judged once the answer to the request's question is stored. `later` resolves with more of them, before
   * the answer is stored or after it. It never rejects.
   */
  expect(ask: Requester, asked: Asked, later?: Promise<readonly Drawn[]>): void;
  close(): void;
}

export function audits(
  engine: Pick<Engine, 'clock' | 'hooks' | 'log' | 'observe' | 'finishWords'>,
  judge: JudgeOf | undefined,
): Audits {
  const { clock, hooks, log, observe } = engine;
  const waiting = new LRUCache<string, Waiting>({
    maxSize: mostWaitingBytes,
    sizeCalculation: ({ question, drawn, stored }) =>
      drawn.reduce(
        (bytes, { candidate }) => bytes + bytesOf(candidate),
        overhead + 2 * question.length + (stored?.recording.body.length ?? 0),
      ),
  });
  const work = judging((error) =>
    observe({ type: 'semantic-trouble', part: 'judge', message: messageOf(error) }),
  );
  let isClosed = false;

  hooks.onStored((entry) => {
    const asked = waiting.get(entry.key);
    if (asked === undefined || judge === undefined || asked.stored !== undefined) return;
    waiting.delete(entry.key);
    if (asked.until <= clock.now()) return;
    if (asked.later !== undefined) waiting.set(entry.key, { ...asked, drawn: [], stored: entry });
    judgeAll(judge, asked, asked.drawn, entry);
  });

  /** More pairs of a question were drawn, or none. */
  function drawnLater(key: string, later: Promise<readonly Drawn[]>, drawn: readonly Drawn[]): void {
    const asked = waiting.get(key);
    // The same question may have been asked again, or its pairs dropped.
    if (asked?.later !== later || judge === undefined) return;
    waiting.delete(key);
    const all = [...asked.drawn, ...drawn];
    if (asked.stored !== undefined) judgeAll(judge, asked, drawn, asked.stored);
    else if (all.length > 0) waiting.set(key, { ...asked, drawn: all, later: undefined });
  }

  function judgeAll(judge: JudgeOf, asked: Waiting, drawn: readonly Drawn[], entry: Entry): void {
    for (const one of drawn)
      work.add(bytesOf(one.candidate) + entry.recording.body.length, () =>
        judgeOne(judge, asked, one, entry),
      );
  }

  // What is invalidated or erased is not sent to a judge, and not held for one.
  hooks.onRemoved((keys, cause) => {
    if (cause !== 'invalidated' || waiting.size === 0) return;
    const gone = new Set(keys);
    for (const [key, { drawn }] of waiting.entries())
      if (gone.has(key) || drawn.some(({ candidate }) => gone.has(candidate.key))) waiting.delete(key);
  });

  async function judgeOne(
    judge: JudgeOf,
    { requestId, protocol, question, language, pool }: Waiting,
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
    const verdict =
      answer === undefined ? 'unsure' : await judge({ ...pair, answer }, stored.meta.partition, requestId);
    if (verdict === undefined || isClosed) return;
    const pairId = `${earlier.meta.recordingId}/${stored.meta.recordingId}`;
    // In shadow one pair may be drawn for both strata.
    pool.learn(sample, verdict, sample.stratum === 'verified' ? `${pairId}/verified` : pairId);
    const { similarity } = candidate;
    const source = sample.isServed ? 'hit' : 'miss';
    observe({ type: 'semantic-label', pool: pool.id, similarity, verdict, source });
  }

  return {
    expect({ identity: { key, protocol }, requestId }, asked, later) {
      if (judge === undefined || (asked.drawn.length === 0 && later === undefined)) return;
      waiting.set(key, { ...asked, requestId, protocol, later, until: clock.now() + waitMs });
      void later?.then((drawn) => drawnLater(key, later, drawn));
    },
    close() {
      isClosed = true;
      work.close();
      waiting.clear();
    },
  };
}
