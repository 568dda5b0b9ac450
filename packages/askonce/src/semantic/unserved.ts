/**
 * What follows a lookup without a hit: pairs that were drawn wait to be judged, and what kept the nearest one apart is
 * reported and listed.
 */
import type { Clock } from '../clock.ts';
import { type Ask, report } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import type { MissReason } from '../observe/causes.ts';
import type { Audits } from './audits.ts';
import type { Candidate } from './candidates.ts';
import type { Decided } from './decision.ts';
import type { KnownQuestion } from './known-questions.ts';
import { type NearMisses, notingPairs } from './near-misses.ts';
import type { Pool } from './policies/contract.ts';
import { shadowing } from './shadow.ts';

export interface UnservedTools {
  readonly engine: Pick<Engine, 'observe' | 'digestCaller'> & { readonly clock: Pick<Clock, 'now'> };
  readonly audits: Pick<Audits, 'expect'>;
  readonly nearMisses: NearMisses;
}

/** A question that was looked up, with the stored ones near to it. */
interface LookedUpQuestion {
  readonly ask: Ask;
  readonly question: Pick<KnownQuestion, 'text' | 'language'>;
  readonly pool: Pool;
  readonly candidates: readonly Candidate[];
}

export interface Unserved {
  /** Why the provider is asked although there is a candidate; undefined if there is none that would be served. */
  note(
    lookedUp: LookedUpQuestion,
    decided: Exclude<Decided, { readonly action: 'serve' }>,
  ): MissReason | undefined;
  close(): void;
}

export function unserved({ engine, audits, nearMisses }: UnservedTools): Unserved {
  const notePair = notingPairs(nearMisses, engine.clock);
  const shadow = shadowing(engine, notePair);

  return {
    note({ ask, question: { text, language }, pool, candidates }, decided) {
      // No provider is asked, so that there is nothing to compare with.
      const { onlyIfCached } = ask.request.directives;
      if (onlyIfCached && decided.action !== 'miss') return undefined;
      const request = { ask, language, pool };
      const { drawn } = decided;
      const expected = { question: text, language, pool, drawn };
      if (decided.action === 'miss') {
        const { keptApartBy, verifyLater } = decided;
        const isVerifiedLater = verifyLater !== undefined && !onlyIfCached;
        audits.expect(
          ask,
          expected,
          isVerifiedLater ? shadow.verifyLater(request, verifyLater, candidates, keptApartBy) : undefined,
        );
        const [nearest] = candidates;
        if (nearest !== undefined && !isVerifiedLater)
          notePair({ asked: ask, language, pool, candidate: nearest, keptApartBy });
        return undefined;
      }
      audits.expect(ask, expected);
      if (decided.action === 'shadow') shadow.wouldBeHit(request, decided.candidate);
      else {
        const { similarity } = decided.candidate;
        const share = drawn.at(-1)?.sample.share ?? 1;
        report(engine, ask, { type: 'semantic-audit', pool: pool.id, similarity, share });
      }
      return decided.action;
    },
    close: shadow.close,
  };
}
