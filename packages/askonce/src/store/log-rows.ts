/** Who wants to hear of something that happens again and again; one who throws disturbs nobody. */
import { notify } from '../observe/report.ts';
import type { LogRow } from './shared.ts';

export class Listeners {
  readonly #all = new Set<{ readonly listener: () => void }>();

  add(listener: () => void): () => void {
    const one = { listener };
    this.#all.add(one);
    return () => {
      this.#all.delete(one);
    };
  }

  call(): void {
    for (const { listener } of this.#all) notify(listener, undefined);
  }
}

/* MERGED log-bound.ts:  How much of the invalidation log a store without a server keeps; beyond it the oldest rows go. */
/** Rows of one reading. */
export const rowsAtOnce = 1_000;

const mostBytes = 67_108_864;
/** What a row takes beside its text. */
const overheadBytes = 64;

/** 64 MiB, and no more than half of what the store may hold. */
export function logBytesWithin(maxBytes: number): number {
  return Math.min(mostBytes, maxBytes / 2);
}

export function rowBytes({ id, what }: Pick<LogRow, 'id' | 'what'>): number {
  return overheadBytes + 2 * (id.length + what.length);
}
