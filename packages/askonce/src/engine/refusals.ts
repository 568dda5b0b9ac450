/**
 * What was not stored, and why: a count for each reason, and the last refusal of each recent key.
 */

import type { Clock } from '../clock.ts';
import type { ObservedEvent, Observer } from '../observe/events.ts';
import { recentMap } from '../recent-map.ts';

/** The last time that an answer to a question was not stored. */
export interface Refusal {
  /** A rule of the write gate, or a result of the store. */
  readonly reason: string;
  /** Instant in milliseconds since the epoch. */
  readonly at: number;
}

export interface Refusals {
  /** Listens to the cache's events, as any observer does. */
  readonly observe: Observer;
  /** How many answers were not stored since the start, by reason. */
  counts(): Readonly<Record<string, number>>;
  /** The last refusal under a key; undefined if there was none, or if too many others followed. */
  last(key: string): Refusal | undefined;
}

/** Keys whose last refusal is remembered: some 300 KB. */
const maxKeys = 1000;

export function refusals(clock: Clock): Refusals {
  // The reasons are a closed set, and so few.
  const counts = new Map<string, number>();
  const last = recentMap<Refusal>(maxKeys);
  const observe = (event: ObservedEvent) => {
    if (event.type !== 'refused') return;
    const { key, reason } = event;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    if (key !== undefined) last.set(key, { reason, at: clock.now() });
  };
  return {
    observe: Object.assign(observe, { types: new Set(['refused'] as const) }),
    counts: () => Object.fromEntries(counts),
    last: (key) => last.get(key),
  };
}
