/**
 * The ids by which callers and operators name pairs of questions: opaque, not to be guessed, and forgotten after a day.
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Pool } from './policies/contract.ts';

const dayMs = 86_400_000;
/** Ids that are remembered, at most; the oldest is forgotten first. Some 10 MB. */
const mostMatches = 20_000;
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
  /** Names a match. */
  issue(match: Match): string;
  /** Undefined for an id that was never given, or is too old. */
  find(id: string): Match | undefined;
}

export function issuedMatches(clock: Pick<Clock, 'now'>): Matches {
  const known = new LRUCache<string, Match & { readonly until: number }>({
    // As sizes of one each: with `max`, the memory for all of them would be reserved at once.
    maxSize: mostMatches,
    sizeCalculation: () => 1,
  });
  return {
    issue(match) {
      const id = randomBytes(idBytes).toString('base64url');
      known.set(id, { ...match, until: clock.now() + dayMs });
      return id;
    },
    find(id) {
      const match = known.get(id);
      return match !== undefined && match.until > clock.now() ? match : undefined;
    },
  };
}
