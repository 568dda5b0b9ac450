/**
 * The ids by which callers and operators name pairs of questions: opaque, not to be guessed, and over after a day.
 *
 * An id is the pair itself, sealed under a key of the cache's secret. So every process with that secret knows it, also after
 * a restart, and none remembers it.
 */
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { type KeyRing, keyRing } from '../entry/key-ring.ts';
import { tryParseJson } from '../json.ts';
import type { Pool } from './policies/contract.ts';

const dayMs = 86_400_000;
/** Characters of the longest id: the key of an entry may have some hundred. */
const longestId = 4_096;

/** A stored question, and one that was asked. */
export interface Match {
  /** Key of the stored entry. */
  readonly key: string;
  readonly pool: Pick<Pool, 'id'>;
  readonly similarity: number;
  /** The instant in ms since the epoch at which the stored entry expires. */
  readonly expires: number;
  /** Who may judge it besides an operator: the credential that was served, and the protocol that reads credentials. */
  readonly servedTo?: { readonly credential: string; readonly protocol: string } | undefined;
}

export interface Matches {
  /** A new id for a hit, or for a pair that was kept apart. */
  idOf(match: Match): string;
  /** Undefined for an id that was never given, or is too old. */
  find(id: string): Match | undefined;
}

/** What is sealed: the instant in ms at which the id was given, and the match. */
const sealedSchema = z.object({
  at: z.number(),
  key: z.string(),
  pool: z.string(),
  similarity: z.number(),
  expires: z.number(),
  servedTo: z.object({ credential: z.string(), protocol: z.string() }).optional(),
});
const seal = { name: 'match', beside: new Uint8Array() };

/** @param key 32 bytes that all processes with one secret have */
export function sealedMatches(clock: Pick<Clock, 'now'>, key: Buffer): Matches {
  const ring = ringOf(key);
  return {
    idOf({ pool, ...match }) {
      const text = JSON.stringify({ ...match, at: clock.now(), pool: pool.id });
      return ring.seal(Buffer.from(text), seal).toString('base64url');
    },
    find(id) {
      if (id.length > longestId) return undefined;
      const opened = ring.open(Buffer.from(id, 'base64url'), seal);
      const read = sealedSchema.safeParse(opened && tryParseJson(opened.toString()));
      if (!read.success || read.data.at + dayMs <= clock.now()) return undefined;
      const { at: _at, pool, ...match } = read.data;
      return { ...match, pool: { id: pool } };
    },
  };
}

function ringOf(key: Buffer): KeyRing {
  const ring = keyRing([`match:${key.toString('hex')}`]);
  if (ring === undefined) throw new Error('a ring of one key has a key');
  return ring;
}
