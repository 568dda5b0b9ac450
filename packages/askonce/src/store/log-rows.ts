/** Bounds of the logs that a store holds without a server; beyond them the oldest rows are dropped. */
import type { LogRow } from './shared.ts';

/** Rows of one reading. */
export const rowsAtOnce = 1_000;

const mostBytes = 67_108_864;
/** What a row takes besides its text. */
const overheadBytes = 64;

/** 64 MiB, and at most half of the store's own bound. */
export function logBytesWithin(maxBytes: number): number {
  return Math.min(mostBytes, maxBytes / 2);
}

/** A quarter of that: the feed names keys, and a process that falls behind reads everything anew. */
export function feedBytesWithin(maxBytes: number): number {
  return logBytesWithin(maxBytes) / 4;
}

export function rowBytes({ id, what }: Pick<LogRow, 'id' | 'what'>): number {
  return overheadBytes + 2 * (id.length + what.length);
}
