/**
 * The latest pairs of questions that were near and were kept apart, for the operator. By their keys: the texts are read
 * from the stored entries when they are shown.
 */
import type { Clock } from '../clock.ts';
import type { EntryHooks } from '../engine/entry-hooks.ts';
import type { Candidate } from './candidates.ts';
import { type Match, nameOfPool } from './match.ts';
import type { Pool } from './policies/contract.ts';
import type { Questioner } from './question.ts';
import type { KeptApart } from './report.ts';

const most = 100;

export interface KeptPair {
  /** What feedback on it needs: it is named once it is listed, since there may be thousands of pairs for each hit. */
  readonly match: Match;
  readonly pool: string;
  readonly similarity: number;
  readonly keptApartBy: KeptApart;
  /** Instant in ms since the epoch. */
  readonly at: number;
  readonly language: string;
  /** Keys of the question that was asked, and of the stored one. */
  readonly asked: string;
  readonly stored: string;
}

export interface NearMisses {
  add(pair: KeptPair): void;
  /** The latest first. */
  list(): readonly KeptPair[];
}

/** A pair is dropped with either of its entries: what a guard found quotes both questions. */
export function keptPairs({
  onRemoved,
  onForgotten,
}: Pick<EntryHooks, 'onRemoved' | 'onForgotten'>): NearMisses {
  let pairs: KeptPair[] = [];
  onRemoved((keys, cause) => {
    if (pairs.length === 0 || cause === 'replaced') return;
    const gone = new Set(keys);
    pairs = pairs.filter(({ asked, stored }) => !gone.has(asked) && !gone.has(stored));
  });
  onForgotten(() => {
    pairs = [];
  });
  return {
    add(pair) {
      // A question that is asked again is no other pair.
      pairs = pairs.filter(({ asked, stored }) => asked !== pair.asked || stored !== pair.stored);
      pairs.push(pair);
      if (pairs.length > most) pairs.shift();
    },
    list: () => pairs.toReversed(),
  };
}

/** A question that was asked, and the stored one that was kept apart from it. */
export interface Apart {
  readonly asked: Questioner;
  readonly language: string;
  readonly pool: Pool;
  readonly candidate: Candidate;
  readonly keptApartBy: KeptApart;
}

/** Notes pairs. */
export function notingPairs(nearMisses: NearMisses, clock: Pick<Clock, 'now'>) {
  return ({ asked, language, pool, candidate, keptApartBy }: Apart): void => {
    const { key, similarity, hit } = candidate;
    nearMisses.add({
      match: { key, pool: nameOfPool(pool), similarity, expires: hit.entry.meta.expires },
      pool: pool.id,
      similarity,
      keptApartBy,
      at: clock.now(),
      language,
      asked: asked.identity.key,
      stored: key,
    });
  };
}
