/**
 * Adds up histograms for a query. SQLite joins the blobs of many rows into one text, and what is joined is read as their
 * sum: handed over row by row, or added by a function of ours, they would take four times as long.
 */
import type { SQLOutputValue } from 'node:sqlite';
import type { Durations } from '../contract.ts';
import { noDurations } from '../durations.ts';
import { addBlob } from './durations-blob.ts';

export interface TwoDurations {
  readonly hitDurations: Durations;
  readonly missDurations: Durations;
}

/** Bounds how much is joined into one text. */
const joinedMs = 86_400_000;

const joined = (column: string) => `group_concat(hex(${column}), '')`;

/** The statement whose rows {@link addedDurations} adds up. `group` and `condition` are names and parameters of ours. */
export function durationsStatement(group: string, condition: string): string {
  const groups = group === 'bucket' ? 'bucket' : `bucket / ${joinedMs}, ${group}`;
  return `SELECT ${group}, ${joined('hit_durations')}, ${joined('miss_durations')}
    FROM cache_statistics WHERE ${condition} AND (hit_durations != x'' OR miss_durations != x'') GROUP BY ${groups}`;
}

/** The histograms of the groups that are wanted. */
export function addedDurations(
  groups: readonly string[],
  rows: Iterable<readonly SQLOutputValue[]>,
): ReadonlyMap<string, TwoDurations> {
  const sums = new Map(
    groups.map((group) => [group, { hitDurations: noDurations(), missDurations: noDurations() }]),
  );
  for (const [group, hits, misses] of rows) {
    const sum = sums.get(String(group));
    if (sum === undefined) continue;
    addBlob(sum.hitDurations, bytesOf(hits));
    addBlob(sum.missDurations, bytesOf(misses));
  }
  return sums;
}

function bytesOf(hex: SQLOutputValue | undefined): Uint8Array | undefined {
  return typeof hex === 'string' ? Buffer.from(hex, 'hex') : undefined;
}
