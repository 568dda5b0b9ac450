/**
 * Feeds of simulated processes, in memory: a change comes to the others once the test passes it on, or is lost.
 */
import {
  type Change,
  type ChangeKind,
  type ChangeOf,
  type Feed,
  feedOfOne,
} from '../../packages/askonce/src/semantic/feed/contract.ts';

export interface MemoryFeeds {
  /** The feed of another process. */
  add(): Feed;
  /** Brings what was reported to all other processes; how many changes that were. */
  pass(): number;
  /** Loses what was reported, and has the others know that something was. */
  lose(): void;
}

interface Follower {
  readonly listeners: Set<(change: Change) => void>;
  readonly onGap: Set<() => void>;
}

export function memoryFeeds(): MemoryFeeds {
  const followers: Follower[] = [];
  let waiting: { readonly by: Follower; readonly change: Change }[] = [];

  function taken(): typeof waiting {
    const all = waiting;
    waiting = [];
    return all;
  }

  return {
    add() {
      const own: Follower = { listeners: new Set(), onGap: new Set() };
      followers.push(own);
      return {
        ...feedOfOne(),
        report: (change) => void waiting.push({ by: own, change }),
        on(kind, listener) {
          const heard = (change: Change) => {
            if (isOf(change, kind)) listener(change);
          };
          own.listeners.add(heard);
          return () => void own.listeners.delete(heard);
        },
        onGap(listener) {
          own.onGap.add(listener);
          return () => void own.onGap.delete(listener);
        },
      };
    },
    pass() {
      const changes = taken();
      for (const { by, change } of changes)
        for (const { listeners } of followers.filter((one) => one !== by))
          for (const listener of listeners) listener(change);
      return changes.length;
    },
    lose() {
      const changes = taken();
      for (const follower of followers)
        if (changes.some(({ by }) => by !== follower)) for (const listener of follower.onGap) listener();
    },
  };
}

function isOf<Kind extends ChangeKind>(change: Change, kind: Kind): change is ChangeOf<Kind> {
  return change.kind === kind;
}
