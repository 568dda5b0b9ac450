/**
 * Changes of one batch that concern the same row, made one: a statement may change no row twice. They are in the order of
 * their keys, in which every process locks them, so that no two processes wait for each other.
 */
import type { CounterChange, PatternChange, TagChange } from '../contract.ts';
import { addCounts, noCounts } from '../counts.ts';
import { addDurations, noDurations } from '../durations.ts';
import { digestOf, textOf } from './values.ts';

export function mergedCounters(changes: readonly CounterChange[]): readonly CounterChange[] {
  const keyOf = ({ bucket, dimensions }: CounterChange) => `${bucket} ${digestOf(dimensions)}`;
  return merged(changes, keyOf, (one, other) => {
    const counts = noCounts();
    const [hitDurations, missDurations] = [noDurations(), noDurations()];
    for (const change of [one, other]) {
      addCounts(counts, change.counts);
      addDurations(hitDurations, change.hitDurations);
      addDurations(missDurations, change.missDurations);
    }
    return { ...one, counts, hitDurations, missDurations };
  });
}

export function mergedTags(changes: readonly TagChange[]): readonly TagChange[] {
  const keyOf = ({ bucket, tag }: TagChange) => `${bucket} ${textOf(tag)}`;
  return merged(changes, keyOf, (one, other) => ({
    ...one,
    requests: one.requests + other.requests,
    hits: one.hits + other.hits,
    savedNano: one.savedNano + other.savedNano,
  }));
}

/** As if they had come in two batches; an empty text or name is one that is not known. */
export function mergedPatterns(changes: readonly PatternChange[]): readonly PatternChange[] {
  return merged(
    changes,
    ({ key }) => textOf(key),
    (one, other) => ({
      key: one.key,
      language: other.language || one.language,
      category: other.category || one.category,
      model: other.model || one.model,
      tenant: other.tenant || one.tenant,
      text: other.text || one.text,
      user: other.text ? other.user : (one.user ?? other.user),
      hits: one.hits + other.hits,
      lastAsked: Math.max(one.lastAsked, other.lastAsked),
    }),
  );
}

function merged<T>(
  changes: readonly T[],
  keyOf: (change: T) => string,
  merge: (one: T, other: T) => T,
): readonly T[] {
  const byKey = new Map<string, T>();
  for (const change of changes) {
    const key = keyOf(change);
    const before = byKey.get(key);
    byKey.set(key, before === undefined ? change : merge(before, change));
  }
  return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, change]) => change);
}
