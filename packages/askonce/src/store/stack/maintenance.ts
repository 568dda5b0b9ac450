/**
 * Maintenance of a stack of two tiers: the lower has every entry, and decides; the upper drops what goes below, and what is
 * past its expiry. What is counted is what the lower tier removes.
 */
import type { StoreMaintenance, SurveyPage } from '../maintenance.ts';

/** Absent if the lower tier, which has all entries, cannot be maintained. */
export function stackedMaintenance(
  upper: StoreMaintenance | undefined,
  lower: StoreMaintenance | undefined,
  /** Called with keys that are removed: a lookup that has read one of them below must not fill it in again. */
  onRemoval: (keys: readonly string[]) => void,
): StoreMaintenance | undefined {
  if (lower === undefined) return undefined;

  const stacked = (page: SurveyPage): SurveyPage => ({
    looked: page.looked,
    entries: page.entries,
    async remove(entries, terms) {
      const keys = entries.map(({ key }) => key);
      onRemoval(keys);
      const gone = await page.remove(entries, terms);
      onRemoval(keys);
      upper?.drop?.(gone);
      return gone;
    },
  });

  return {
    bytesEstimated: lower.bytesEstimated,
    ...(lower.now && { now: lower.now }),
    ...(lower.takeRemovedAside && { takeRemovedAside: lower.takeRemovedAside }),
    async *survey(options) {
      for await (const page of lower.survey(options)) yield stacked(page);
    },
    ...(lower.remains && { remains: lower.remains }),
    ...(lower.defragment && { defragment: lower.defragment }),
    drop(recordings) {
      upper?.drop?.(recordings);
      lower.drop?.(recordings);
    },
    async dropExpired() {
      const dropped = [await upper?.dropExpired?.(), await lower.dropExpired?.()];
      return dropped.reduce((sum: number, count = 0) => sum + count, 0);
    },
  };
}
