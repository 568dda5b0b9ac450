/**
 * The partition: a wall that nothing looks across. Made of named parts, digested under the secret.
 */
import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Settings } from '../settings/table.ts';

/** Parts in the order in which they are digested; a part that is undefined was not given. */
export interface PartitionParts {
  /** Origin and base path, and the path below it. Two ways to cut one URL are the same. */
  readonly upstream: string;
  readonly route: string;
  /** Protocol and the version of askonce's reading of it. */
  readonly protocol: string;
  readonly subject: string;
  /** Digest of the credential, where the scope or the content keeps answers with it. */
  readonly credential: string | undefined;
  readonly tenant: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  readonly language: string | undefined;
  readonly template: string | undefined;
  readonly templateVersion: string | undefined;
  readonly indexVersion: string | undefined;
  readonly date: string | undefined;
  readonly engineVersion: string | undefined;
  readonly promptHash: string | undefined;
}

const memoBytes = 4 * 1024 * 1024;

/** Digests partitions, remembering the last few thousand (4 MB at most). 128 bits of HMAC-SHA-256 (RFC 2104), in hex. */
export function partitionDigester(secret: string): (parts: PartitionParts) => string {
  const known = new LRUCache<string, string>({
    maxSize: memoBytes,
    sizeCalculation: (_digest, text) => 2 * text.length + 256,
  });
  let last: { readonly parts: PartitionParts; readonly digest: string } | undefined;

  function digestOf(parts: PartitionParts): string {
    const text = partitionText(parts);
    const seen = known.get(text);
    if (seen !== undefined) return seen;
    const digest = createHmac('sha256', secret).update('partition\n').update(text).digest('hex').slice(0, 32);
    known.set(text, digest);
    return digest;
  }

  return (parts) => {
    // Requests of one partition tend to follow each other: then there is no text to be made.
    if (last !== undefined && areSame(last.parts, parts)) return last.digest;
    last = { parts, digest: digestOf(parts) };
    return last.digest;
  };
}

function areSame(one: PartitionParts, other: PartitionParts): boolean {
  let name: keyof PartitionParts;
  for (name in other) {
    if (one[name] !== other[name]) return false;
  }
  return true;
}

// JSON escapes what separates, and null keeps a missing part from being read as an empty one or as its neighbour.
// By destructuring, so that a new part cannot be forgotten.
function partitionText(parts: PartitionParts): string {
  const {
    upstream,
    route,
    protocol,
    subject,
    credential,
    tenant,
    user,
    session,
    language,
    template,
    templateVersion,
    indexVersion,
    date,
    engineVersion,
    promptHash,
    ...none
  } = parts;
  none satisfies Record<string, never>;
  return JSON.stringify([
    upstream + route,
    protocol,
    subject,
    credential,
    tenant,
    user,
    session,
    language,
    template,
    templateVersion,
    indexVersion,
    date,
    engineVersion,
    promptHash,
  ]);
}

/** The date as a partition part: `2026-11-21`, `2026-W47` (ISO 8601 week) or `2026-11`, in UTC; undefined when off. */
export function dateBucket(bucket: Settings['dateBucket'], now: number): string | undefined {
  const iso = new Date(now).toISOString();
  if (bucket === 'day') return iso.slice(0, 10);
  if (bucket === 'month') return iso.slice(0, 7);
  return bucket === 'week' ? isoWeek(new Date(now)) : undefined;
}

/** The ISO week belongs to the year that its Thursday lies in. */
function isoWeek(date: Date): string {
  const thursday = new Date(
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 4 - (date.getUTCDay() || 7)),
  );
  const year = thursday.getUTCFullYear();
  const week = Math.ceil(((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7);
  return `${year}-W${String(week).padStart(2, '0')}`;
}
