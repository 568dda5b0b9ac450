/**
 * The ids by which callers and operators name pairs of questions: opaque, not to be guessed, and forgotten after a day.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { recentMap } from '../recent-map.ts';
import type { Pool } from './policies/contract.ts';

const dayMs = 86_400_000;
/** Hits that are remembered, at most; the oldest is forgotten first. Some 10 MB. */
const mostHits = 20_000;
/** Pairs that were kept apart and are remembered, at most: more than are ever listed. */
const mostApart = 1_000;
/** 128 bits: 22 characters. */
const idBytes = 16;

/** A stored question, and one that was asked. */
export interface Match {
  /** Key of the stored entry. */
  readonly key: string;
  readonly pool: Pick<Pool, 'id' | 'distrust'>;
  readonly similarity: number;
  /** The instant in ms since the epoch at which the stored entry expires. */
  readonly expires: number;
  /** Who may judge it besides an operator: the credential that was served, and the protocol that reads credentials. */
  readonly servedTo?: { readonly credential: string; readonly protocol: string } | undefined;
}

export interface Matches {
  /** Names a hit. */
  ofHit(match: Match): string;
  /** Names a pair that was kept apart. There may be thousands of them for each hit, whose ids must last. */
  ofPair(match: Match): string;
  /** Undefined for an id that was never given, or is too old. */
  find(id: string): Match | undefined;
}

export function issuedMatches(clock: Pick<Clock, 'now'>): Matches {
  type Issued = Match & { readonly until: number };
  const hits = recentMap<Issued>(mostHits);
  const apart = recentMap<Issued>(mostApart);

  function issue(match: Match, known: typeof hits): string {
    const id = randomBytes(idBytes).toString('base64url');
    known.set(id, { ...match, until: clock.now() + dayMs });
    return id;
  }

  return {
    ofHit: (match) => issue(match, hits),
    ofPair: (match) => issue(match, apart),
    find(id) {
      const match = hits.get(id) ?? apart.get(id);
      return match !== undefined && match.until > clock.now() ? match : undefined;
    },
  };
}
