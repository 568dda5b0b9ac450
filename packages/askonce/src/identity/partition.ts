/**
 * The partition: a wall that no lookup crosses. Made of named parts, digested under the secret.
 */
import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Settings } from '../settings/table.ts';

/** The parts in the order in which they are digested; undefined if a part is not given. */
export interface PartitionParts {
  /** Origin and base path; together with `route`, the path below it, it is one URL, wherever that is cut. */
  readonly upstream: string;
  readonly route: string;
  /** Protocol and the version of askonce's reading of it. */
  readonly protocol: string;
  readonly subject: string;
  /** Digest of the credential, if the scope or the content ties answers to it. */
  readonly credential: string | undefined;
  /** `CacheRequest.account`, if the content ties answers to it. */
  readonly account: string | undefined;
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

/** Digests partitions, and remembers the latest digests (4 MB at most). 128 bits of HMAC-SHA-256 (RFC 2104), in hex. */
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
    // Consecutive requests often share a partition: then no text is needed.
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

// JSON escapes the separators, and null distinguishes a missing part from an empty one and from its neighbour.
// Destructured, so that the compiler finds a new part that is forgotten here.
function partitionText(parts: PartitionParts): string {
  const {
    upstream,
    route,
    protocol,
    subject,
    credential,
    account,
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
    // At the end, so that the partitions of requests without one are those of before.
    ...(account === undefined ? [] : [account]),
  ]);
}

/** The date as a part: `2026-11-21`, `2026-W47` (ISO 8601 week) or `2026-11`, in UTC; undefined if it is off. */
export function dateBucket(bucket: Settings['dateBucket'], now: number): string | undefined {
  const iso = new Date(now).toISOString();
  if (bucket === 'day') return iso.slice(0, 10);
  if (bucket === 'month') return iso.slice(0, 7);
  return bucket === 'week' ? isoWeek(new Date(now)) : undefined;
}

/** An ISO week belongs to the year of its Thursday. */
function isoWeek(date: Date): string {
  const thursday = new Date(
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 4 - (date.getUTCDay() || 7)),
  );
  const year = thursday.getUTCFullYear();
  const week = Math.ceil(((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7);
  return `${year}-W${String(week).padStart(2, '0')}`;
}
