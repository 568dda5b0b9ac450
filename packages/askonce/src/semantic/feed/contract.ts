/**
 * The contract of the feed: what the semantic tiers of all processes report to each other.
 *
 * A change names keys, pools and instants, never text nor vectors: what it means is read from the store.
 */

/** What a process reports to the semantic tiers of the others. */
export type Change =
  /** Vectors of these entries were written. */
  | { readonly kind: 'written'; readonly keys: readonly string[] }
  /** These entries were removed. */
  | { readonly kind: 'removed'; readonly keys: readonly string[] }
  /** Feedback has blocked these entries as candidates, each until it expires (ms since the epoch). */
  | {
      readonly kind: 'blocked';
      readonly entries: readonly { readonly key: string; readonly expires: number }[];
    }
  /** The labels of these pools have changed. */
  | { readonly kind: 'labels'; readonly pools: readonly string[] };

export type ChangeKind = Change['kind'];
export type ChangeOf<Kind extends ChangeKind> = Extract<Change, { readonly kind: Kind }>;

interface FeedStatus {
  readonly isCurrent: boolean;
  /** Time since the feed was last read, in ms; undefined if it never was. 0 without other processes. */
  readonly ageMs: number | undefined;
  /** Number of the last row that was read. */
  readonly position: number;
  /** Changes that are still to be written. */
  readonly waiting: number;
  /** How often changes were missed since the process started. */
  readonly gaps: number;
  /** What is wrong now, in one sentence; absent if nothing is. */
  readonly trouble?: string | undefined;
}

export interface Feed {
  /**
   * Whether what others reported up to a second ago is known here. While it is not, no semantic hit is served. Always
   * true without other processes.
   */
  readonly isCurrent: boolean;
  /** Reports a change, soon and at least once if the store allows. Never throws. */
  report(change: Change): void;
  /** Reports a change and resolves once it stands in the store; rejects if that is not certain. */
  announce(change: Change): Promise<void>;
  /** Calls `listener` with the changes of other processes, as they are read. Returns the unsubscription. */
  on<Kind extends ChangeKind>(kind: Kind, listener: (change: ChangeOf<Kind>) => void): () => void;
  /**
   * Calls `listener` when changes may have been missed: a follower reads everything anew. That is also so at the first
   * reading of the feed, which says nothing of what was reported before. Returns the unsubscription.
   */
  onGap(listener: () => void): () => void;
  /**
   * Reads what was reported before the call. Never rejects; resolves with whether the feed is current now. At once while
   * the last attempt to read it has failed: waiting for the next one is pointless.
   */
  catchUp(): Promise<boolean>;
  status(): FeedStatus;
  /** Resolves once what was reported is written, or cannot be. */
  close(): Promise<void>;
}

/** The feed where no other process shares the store. */
export function feedOfOne(): Feed {
  const nothing = () => {};
  return {
    isCurrent: true,
    report: nothing,
    announce: async () => {},
    on: () => nothing,
    onGap: () => nothing,
    catchUp: async () => true,
    status: () => ({ isCurrent: true, ageMs: 0, position: 0, waiting: 0, gaps: 0 }),
    close: async () => {},
  };
}
