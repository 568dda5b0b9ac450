/**
 * The ids by which callers and operators name pairs of questions for feedback.
 *
 * An id holds the pair itself, sealed under a key that is derived from the secret. So no process remembers ids, and each
 * that shares the store and the secret takes them, also after a restart.
 */
import type { Clock } from '../clock.ts';
import type { KeyRing } from '../entry/key-ring.ts';
import { recentMap } from '../recent-map.ts';
import type { Match } from './match.ts';
import { packed, unpacked } from './match-layout.ts';

const dayMs = 86_400_000;
/** Longest id that is read, in characters. A usual one has some 230; a long category makes it longer. */
const longest = 4_096;
const dayBytes = 2;
/** Sealing takes as long as half of a semantic hit: a pair that is served again soon keeps its id. */
const mostNamed = 1_024;
const nameAgainMs = 60_000;

export interface Matches {
  /** Names a pair for a day, less a minute where it was named within the last one: it is likely to keep its id so long. */
  name(match: Match): string;
  /** Undefined for an id that no process with this secret and this store's prefix has made, and for one that is too old. */
  find(id: string): Match | undefined;
}

/**
 * Each day has a key of its own, by its number, which stands in the clear before the sealed bytes: random nonces are safe
 * for 2^32 ids under one key.
 *
 * @param keyStart what the keys of this cache begin with; an id of a cache with another prefix is unknown
 */
export function sealedMatches(keys: KeyRing, keyStart: string, clock: Pick<Clock, 'now'>): Matches {
  const beside = Buffer.from(`1\n${keyStart}`);
  const sealFor = (day: number) => ({ name: `semantic match ${day}`, beside });

  const named = recentMap<{ readonly id: string; readonly issued: number }>(mostNamed);

  return {
    name(match) {
      const now = clock.now();
      const { key, pool, similarity, expires, servedTo } = match;
      const pair = `${key}\n${pool.mark}\n${similarity}\n${expires}\n${servedTo?.credential}\n${servedTo?.protocol}`;
      const known = named.get(pair);
      if (known !== undefined && now >= known.issued && now - known.issued < nameAgainMs) return known.id;
      const id = sealed(match, now);
      named.set(pair, { id, issued: now });
      return id;
    },
    find(id) {
      if (id.length > longest) return undefined;
      const bytes = Buffer.from(id, 'base64url');
      // One pair must not have two spellings: its feedback is counted by the id.
      if (bytes.length < dayBytes || bytes.toString('base64url') !== id) return undefined;
      const plain = keys.open(bytes.subarray(dayBytes), sealFor(bytes.readUInt16BE()));
      if (plain === undefined) return undefined;
      const { match, issued } = unpacked(plain, keyStart);
      return clock.now() - issued < dayMs ? match : undefined;
    },
  };

  function sealed(match: Match, now: number): string {
    const day = Math.floor(now / dayMs) & 0xffff;
    const bytes = keys.seal(packed({ match, issued: now }, keyStart), sealFor(day));
    const id = Buffer.allocUnsafe(dayBytes + bytes.length);
    id.writeUInt16BE(day);
    id.set(bytes, dayBytes);
    return id.toString('base64url');
  }
}
