/**
 * What the pipeline tells: one event for each thing that happened. Metrics, ledger and logs listen here
 * and nowhere else; no event carries a prompt, an answer or a credential.
 */

interface Common {
  /** Correlates all events of one request. */
  readonly requestId: string;
  readonly protocol: string;
  readonly subject: string;
  readonly key?: string | undefined;
}

export type ObservedEvent =
  | (Common & {
      readonly type: 'hit';
      readonly tier: string;
      readonly fresh: boolean;
      readonly converted: boolean;
      readonly savedTokens: number;
      readonly durationMs: number;
    })
  | (Common & { readonly type: 'miss'; readonly reason: MissReason; readonly durationMs: number })
  | (Common & { readonly type: 'bypass'; readonly reason: BypassReason })
  | (Common & { readonly type: 'provider-call'; readonly streamed: boolean })
  | (Common & {
      readonly type: 'provider-answer';
      readonly status: number;
      readonly durationMs: number;
      readonly bytes: number;
    })
  | (Common & { readonly type: 'provider-failure'; readonly code: string; readonly durationMs: number })
  | (Common & { readonly type: 'joined'; readonly followers: number })
  | (Common & { readonly type: 'cut-off'; readonly reason: 'too-slow' })
  | (Common & { readonly type: 'stored'; readonly bytes: number })
  | (Common & { readonly type: 'refused'; readonly reason: string })
  /** An error that the provider gave lately, given again. */
  | (Common & { readonly type: 'negative'; readonly status: number; readonly durationMs: number })
  /** A kept answer, or the caller's own, in place of one that the provider failed to give. */
  | (Common & { readonly type: 'stood-in'; readonly by: 'stale' | 'fallback' })
  | (Common & { readonly type: 'lease'; readonly outcome: 'acquired' | 'contended' | 'taken-over' | 'lost' })
  /** A flight of another process is followed. */
  | (Common & { readonly type: 'followed' })
  | (Common & {
      readonly type: 'refresh';
      readonly outcome: 'started' | 'skipped' | 'succeeded' | 'failed';
      /** Why it failed: a code or a reason of the write gate. */
      readonly reason?: string | undefined;
    })
  | { readonly type: 'invalidated'; readonly removed: number; readonly cause: 'asked' | 'event' | 'erasure' }
  | {
      readonly type: 'breaker';
      readonly store: string;
      readonly side: 'reads' | 'writes';
      readonly open: boolean;
    }
  | { readonly type: 'log-lost'; readonly message: string }
  | { readonly type: 'flags'; readonly flags: Readonly<Record<string, number>> }
  | {
      readonly type: 'store-trouble';
      readonly store: string;
      readonly operation: StoreOperation;
      readonly message: string;
    };

/** What a store was asked for when it got into trouble. */
export type StoreOperation =
  | 'get'
  | 'set'
  | 'delete'
  | 'marks'
  | 'log'
  | 'lease'
  | 'follow'
  | 'notices'
  | 'tags';

/** Why nothing kept could be served. */
export type MissReason =
  | 'absent'
  | 'expired'
  | 'stale'
  | 'ceiling'
  | 'form'
  | 'credential'
  | 'request'
  /** The same caller asks the same again at once (`repeatMs`). */
  | 'repeat'
  /** An invalidation has taken it back. */
  | 'invalidated'
  /** It lacks tags of the request, and can't be given them: there are too many, or its store has no tags. */
  | 'tags'
  | 'store-trouble';

/** Why a request never met the cache. */
export type BypassReason =
  | 'disabled'
  | 'sensitive'
  | 'no-store'
  | 'stateful'
  | 'side-effects'
  | 'unrepresentable'
  | 'no-user'
  | 'encoded-body';

export type Observer = (event: ObservedEvent) => void;
