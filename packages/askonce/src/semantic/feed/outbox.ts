/**
 * Changes that are still to be written to the feed: each once, the latest report of a key alone. Beyond its bounds it holds
 * none of them, and only that there were some: other processes then read everything anew.
 */
import type { Change } from './contract.ts';
import type { Reported } from './rows.ts';

/** Keys, blocked entries and pools that wait. */
const mostWaiting = 32_768;

export interface Outbox {
  /** How many keys, blocked entries and pools wait; 1 if there were too many. */
  readonly size: number;
  /** Whether keys that were written or removed wait. */
  readonly hasKeys: boolean;
  add(change: Change): void;
  /** Whether what is taken next says only that changes were missed. */
  readonly isGap: boolean;
  /** Takes everything, but at most so many keys. */
  take(mostKeys: number): readonly Reported[];
  /** Puts back what could not be written. What was reported since is newer. */
  putBack(taken: readonly Reported[]): void;
}

export function outbox(): Outbox {
  const keys = new Map<string, 'written' | 'removed'>();
  const blocked = new Map<string, number>();
  const pools = new Set<string>();
  let isGap = false;

  const size = () => keys.size + blocked.size + pools.size;

  function onlyGap(): void {
    keys.clear();
    blocked.clear();
    pools.clear();
    isGap = true;
  }

  function add(reported: Reported, isNewer: boolean): void {
    // A process that reads everything anew reads this, too.
    if (isGap) return;
    switch (reported.kind) {
      case 'written':
      case 'removed':
        for (const key of reported.keys) if (isNewer || !keys.has(key)) keys.set(key, reported.kind);
        break;
      case 'blocked':
        for (const { key, expires } of reported.entries)
          if (isNewer || !blocked.has(key)) blocked.set(key, expires);
        break;
      case 'labels':
        for (const pool of reported.pools) pools.add(pool);
        break;
      case 'gap':
        onlyGap();
    }
    if (size() > mostWaiting) onlyGap();
  }

  function takeKeys(most: number): readonly Reported[] {
    const written: string[] = [];
    const removed: string[] = [];
    for (const [key, kind] of keys) {
      if (written.length + removed.length >= most) break;
      (kind === 'written' ? written : removed).push(key);
      keys.delete(key);
    }
    return [
      { kind: 'written', keys: written },
      { kind: 'removed', keys: removed },
    ];
  }

  return {
    get size() {
      return isGap ? 1 : size();
    },
    get hasKeys() {
      return keys.size > 0;
    },
    get isGap() {
      return isGap;
    },
    add: (change) => add(change, true),
    take(mostKeys) {
      if (isGap) {
        isGap = false;
        return [{ kind: 'gap' }];
      }
      const entries = [...blocked].map(([key, expires]) => ({ key, expires }));
      const taken: Reported[] = [
        { kind: 'blocked', entries },
        { kind: 'labels', pools: [...pools] },
        ...takeKeys(mostKeys),
      ];
      blocked.clear();
      pools.clear();
      return taken;
    },
    putBack(taken) {
      for (const reported of taken) add(reported, false);
    },
  };
}
