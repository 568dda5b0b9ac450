/**
 * What maintenance removes, and the rules that decide it.
 */
import { isErrorName } from '../negative/entry.ts';
import type { Settings } from '../settings/table.ts';
import type { EntryBrief, SurveyedEntry } from '../store/maintenance.ts';

/** In the order in which an entry is judged: it counts under the first kind that it fits. */
export const maintenanceKinds = ['expired', 'low-value', 'low-quality', 'defragment'] as const;

/** `defragment` removes no entries: it asks the store to give memory or disk back. */
export type MaintenanceKind = (typeof maintenanceKinds)[number];
export type RemovalKind = Exclude<MaintenanceKind, 'defragment'>;

export type Rules = Pick<
  Settings,
  'maintenanceMinHits' | 'maintenanceDays' | 'maintenanceLifetimeShare' | 'maintenanceMinConfidence'
>;

const dayMs = 86_400_000;

const tests: {
  readonly [Kind in RemovalKind]: (entry: SurveyedEntry, rules: Rules, now: number) => boolean;
} = {
  expired: ({ expires }, _rules, now) => expires <= now,
  'low-value': (entry, rules, now) => isOfLowValue(entry, rules, now),
  'low-quality': ({ confidence }, { maintenanceMinConfidence: least }) =>
    confidence !== undefined && confidence < least,
};

/**
 * Fewer hits than it takes, at an age of so many days or after a share of its lifetime, whichever is sooner. The age is that
 * of the answer: a refreshed one begins anew. An entry whose hits are not counted is not of low value, and neither is a
 * remembered error, which lives for seconds.
 */
function isOfLowValue({ key, hits, refreshed, expires }: EntryBrief, rules: Rules, now: number): boolean {
  if (hits === undefined || hits >= rules.maintenanceMinHits || isErrorName(key)) return false;
  const halfMs = (expires - refreshed) * rules.maintenanceLifetimeShare;
  return now - refreshed >= Math.min(rules.maintenanceDays * dayMs, halfMs);
}

export interface Judge {
  /** The kind that an entry fits first; undefined if it stays. */
  kindOf(entry: SurveyedEntry): RemovalKind | undefined;
  /** Whether it may fit one, by what is known without reading it. */
  mayFit(brief: EntryBrief): boolean;
}

/** Judges by these kinds alone, at this instant. */
export function judgeOf(kinds: readonly MaintenanceKind[], rules: Rules, now: number): Judge {
  const asked = maintenanceKinds.filter(
    (kind): kind is RemovalKind => kind !== 'defragment' && kinds.includes(kind),
  );
  const readsAll = asked.includes('low-quality');
  const firstOf = (entry: SurveyedEntry) => asked.find((kind) => tests[kind](entry, rules, now));
  return {
    kindOf: (entry) => {
      // An entry past its expiry belongs to the kind of that name alone.
      const isPast = entry.expires <= now;
      return isPast && !asked.includes('expired') ? undefined : firstOf(entry);
    },
    mayFit: (brief) => (readsAll && !isErrorName(brief.key)) || firstOf({ ...brief, bytes: 0 }) !== undefined,
  };
}
