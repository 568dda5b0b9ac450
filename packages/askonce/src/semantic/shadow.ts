/**
 * Requests in shadow: what would have been a semantic hit is reported and listed, and the provider answers. A verifier
 * that would have decided is asked behind the reader.
 */
import { type Ask, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { messageOf } from '../observe/report.ts';
import { bytesOf, type Candidate } from './candidates.ts';
import type { Drawn, VerifiedInShadow } from './decision.ts';
import { judging } from './judging.ts';
import type { Apart } from './near-misses.ts';
import type { Pool } from './policies/contract.ts';
import type { KeptApart } from './report.ts';

/** What a request takes besides its body and its candidates, in bytes. */
const overhead = 4_096;

/** A request in shadow whose question was looked up. */
interface InShadow {
  readonly ask: Ask;
  readonly language: string;
  readonly pool: Pool;
}

export interface Shadow {
  /** The candidate would have been the reply. */
  wouldBeHit(request: InShadow, candidate: Candidate): void;
  /**
   * Asks the verifier behind the reader. Resolves with the pairs that are drawn because of what it says, and never rejects.
   *
   * @param nearest the pair that is listed if the verifier confirms none
   */
  verifyLater(
    request: InShadow,
    verify: () => Promise<VerifiedInShadow | undefined>,
    candidates: readonly Candidate[],
    keptApartBy: KeptApart,
  ): Promise<readonly Drawn[]>;
  close(): void;
}

export function shadowing(
  engine: Pick<Engine, 'observe' | 'digestCaller'>,
  note: (pair: Apart) => void,
): Shadow {
  const work = judging((error) =>
    engine.observe({ type: 'semantic-trouble', part: 'verifier', message: messageOf(error) }),
  );

  function wouldBeHit({ ask, language, pool }: InShadow, candidate: Candidate): void {
    const similarity = candidate.identical ? 1 : candidate.similarity;
    const { usage } = candidate.hit.entry.meta;
    const savedTokens = usage === undefined ? 0 : usage.inputTokens + usage.outputTokens;
    report(engine, ask, { type: 'semantic-shadow', pool: pool.id, similarity, savedTokens });
    note({ asked: ask, language, pool, candidate, keptApartBy: { by: 'shadow' } });
  }

  return {
    wouldBeHit,
    verifyLater(request, verify, candidates, keptApartBy) {
      // The request is held with what it is compared with.
      const held = overhead + 2 * request.ask.request.body.length;
      const bytes = candidates.reduce((sum, candidate) => sum + bytesOf(candidate), held);
      return new Promise((resolve) => {
        const isTaken = work.add(bytes, async () => {
          try {
            const confirmed = await verify();
            resolve(confirmed?.drawn ?? []);
            const [nearest] = candidates;
            if (confirmed !== undefined) wouldBeHit(request, confirmed.candidate);
            else if (nearest !== undefined) {
              const { ask, language, pool } = request;
              note({ asked: ask, language, pool, candidate: nearest, keptApartBy });
            }
          } finally {
            resolve([]);
          }
        });
        if (!isTaken) resolve([]);
      });
    },
    close: work.close,
  };
}
