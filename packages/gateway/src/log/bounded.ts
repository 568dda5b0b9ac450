/**
 * Keeps a fault that repeats from flooding the log.
 */
import type { Clock } from 'askonce';

const quietMs = 60_000;
const maxSubjects = 256;

/**
 * Says of each occurrence whether to tell it: how many of its subject were left out since the last one that
 * was told, or undefined to leave it out.
 */
export function bounded(clock: Clock): (subject: string) => number | undefined {
  const subjects = new Map<string, { cacheStatus: number; leftOut: number }>();
  return (subject) => {
    const now = clock.monotonic();
    const before = subjects.get(subject);
    if (before !== undefined && now - before.cacheStatus < quietMs) {
      before.leftOut += 1;
      return undefined;
    }
    if (before === undefined && subjects.size >= maxSubjects) subjects.clear();
    subjects.set(subject, { cacheStatus: now, leftOut: 0 });
    return before?.leftOut ?? 0;
  };
}
