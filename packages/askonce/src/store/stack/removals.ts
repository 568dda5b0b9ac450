/**
 * Removals from a stack of two tiers. An entry is gone once the lowest tier that has it has removed it.
 *
 * Writes go to both tiers, so what the upper tier evicts the lower still has: that is not a removal. What the lower tier
 * removes may still be in the upper, which goes on serving it: that is reported only when the upper removes it, too. The
 * same holds for a write that only the upper tier accepted. A replacement is reported by the tier that knows of it.
 */
import { recentMap } from '../../recent-map.ts';
import type { OnRemoved, OwnRemovalCause, Store } from '../contract.ts';
import { Listeners } from '../listeners.ts';

/** Keys held only above that are remembered. Beyond them the removal of the oldest goes unreported. */
const mostRemembered = 65_536;

export interface StackedRemovals {
  /** Absent if the lower tier does not report removals. */
  readonly onRemoved: Store['onRemoved'];
  /** The upper tier alone has this entry. */
  onlyAbove(key: string): void;
  /** The lower tier has this entry, or neither has: a removal from the upper tier means nothing. */
  notOnlyAbove(key: string): void;
}

export function stackedRemovals(upper: Store, lower: Store): StackedRemovals {
  const remembered = recentMap<true>(mostRemembered);
  const removed = new Listeners<Parameters<OnRemoved>>();
  let isListening = false;

  function report(keys: readonly string[], cause: OwnRemovalCause): void {
    if (keys.length > 0) removed.call(keys, cause);
  }

  function above(keys: readonly string[], cause: OwnRemovalCause): void {
    report(cause === 'replaced' ? keys : keys.filter((key) => remembered.delete(key)), cause);
  }

  function below(keys: readonly string[], cause: OwnRemovalCause): void {
    const isGone = (key: string) => {
      if (cause === 'replaced' || upper.holds?.(key) !== true) return true;
      remembered.set(key, true);
      return false;
    };
    report(keys.filter(isGone), cause);
  }

  function listen(): void {
    if (isListening) return;
    isListening = true;
    upper.onRemoved?.(above);
    lower.onRemoved?.(below);
  }

  return {
    onRemoved:
      lower.onRemoved &&
      ((listener) => {
        listen();
        return removed.add(listener);
      }),
    onlyAbove: (key) => remembered.set(key, true),
    notOnlyAbove: (key) => {
      if (remembered.size > 0) remembered.delete(key);
    },
  };
}
