/**
 * The events that a cache reports: one for each thing that happened. Metrics, ledger and logs listen here and nowhere
 * else. No event carries a prompt, an answer, a credential or a clear-text name of a tenant, user or session.
 */
import type { ErrorCode } from '../errors.ts';
import type {
  AnsweredBy,
  BypassReason,
  CallCause,
  MissReason,
  RemovalCause,
  StoreOperation,
} from './causes.ts';
import type { TokenCounts } from './token-counts.ts';

/** Listens to a cache. A listener runs while the request waits, so it must be quick; what it throws or rejects with is dropped. */
export interface Observer {
  (event: ObservedEvent): void;
  /** Types of the events that it listens to; others are not made for it. Default: all. */
  readonly types?: ReadonlySet<ObservedEvent['type']> | undefined;
}

/** What every event about one request says of that request. */
export interface RequestFacts {
  /** Correlates all events of one request. */
  readonly requestId: string;
  readonly protocol: string;
  /** Origin and base path of the provider. */
  readonly provider: string;
  /** Model, route or function name, as the request names it; '' if the request was not read. */
  readonly subject: string;
  /** Key of the entry; absent if the request bypassed the cache. */
  readonly key?: string | undefined;
  /** BCP 47 tag in lower case, as the caller gave it, else `und`. */
  readonly language?: string | undefined;
  readonly category?: string | undefined;
  /** Id of the prompt template. */
  readonly template?: string | undefined;
  /** Names of the caller's own tags, without their values. */
  readonly tagNames?: readonly string[] | undefined;
  /** Keyed digests in hex digits: of the tenant (20), else of the credential (32); of the user; of the session. */
  readonly tenantDigest?: string | undefined;
  readonly userDigest?: string | undefined;
  readonly sessionDigest?: string | undefined;
  /** Characters of the last user turn; absent if the request has none. */
  readonly textLength?: number | undefined;
  /** Bytes of the request's body. */
  readonly requestBytes?: number | undefined;
}

/** Durations of a lookup, in milliseconds. */
interface LookupTimes {
  /** From the request's arrival to the end of the lookup. */
  readonly durationMs: number;
  /** Identifying the request: reading the body and making its key. */
  readonly keyMs: number;
  /** Asking the stores and deciding. */
  readonly storeMs: number;
}

/**
 * What happened to one request. A request that ends has exactly one of the closing events: `hit`, `negative`, `bypass` or
 * `answered`.
 */
export type RequestEvent =
  | (LookupTimes & {
      readonly type: 'hit';
      /** The tier that had the entry: `memory`, `sqlite`, `redis`. */
      readonly tier: string;
      readonly fresh: boolean;
      readonly converted: boolean;
      /** Whether the question is the one that is stored, or one like it. */
      readonly kind: 'exact' | 'semantic';
      /** Of a semantic hit: the cosine of the two questions' vectors, and the digest that names its pool. */
      readonly similarity?: number | undefined;
      readonly pool?: string | undefined;
      /** Of a semantic hit: the key of the entry, which is not the request's own. */
      readonly entry?: string | undefined;
      /** Input and output tokens of the original answer; 0 if unknown. */
      readonly savedTokens: number;
      readonly usage?: TokenCounts | undefined;
      /** The model that the answer names. */
      readonly model?: string | undefined;
      /** Bytes of the body that is served. */
      readonly bytes: number;
    })
  /** No entry can be served. Exactly one `answered` follows. */
  | (LookupTimes & { readonly type: 'miss'; readonly reason: MissReason })
  /** A missed request is over: its answer has ended or failed, or it gets none. */
  | {
      readonly type: 'answered';
      readonly by: AnsweredBy;
      /** Status of the answer; absent if there is none. */
      readonly status?: number | undefined;
      /** From the request's arrival until its answer has ended. */
      readonly durationMs: number;
      /** Of a call or a flight: what the answer used, if it was read. Of a batch: what its own call used. */
      readonly usage?: TokenCounts | undefined;
      readonly model?: string | undefined;
      /** Of a batch: what the parts used that entries or other requests' flights answered. */
      readonly savedUsage?: TokenCounts | undefined;
    }
  | { readonly type: 'bypass'; readonly reason: BypassReason }
  /** A remembered provider error is served again. */
  | (LookupTimes & { readonly type: 'negative'; readonly status: number })
  | { readonly type: 'provider-call'; readonly cause: CallCause; readonly streamed: boolean }
  | {
      readonly type: 'provider-answer';
      /** `abandoned`: all callers had left before the answer ended. */
      readonly cause: CallCause | 'abandoned';
      readonly status: number;
      readonly durationMs: number;
      /** Bytes of the answer's body. */
      readonly bytes: number;
      /** As the answer states it; absent if it does not, or if the answer was not read. */
      readonly usage?: TokenCounts | undefined;
      readonly model?: string | undefined;
      /** The id that the provider gave to the answer, and how each of its choices ended, in the provider's words. */
      readonly answerId?: string | undefined;
      readonly finishReasons?: readonly string[] | undefined;
    }
  | {
      readonly type: 'provider-failure';
      readonly cause: CallCause | 'abandoned';
      readonly code: ErrorCode;
      readonly durationMs: number;
    }
  /** The request follows a flight of this process. */
  | {
      readonly type: 'joined';
      readonly followers: number;
      /** Request id of the request that leads the flight. */
      readonly leader: string;
    }
  /** The request follows a flight of another process. */
  | {
      readonly type: 'followed';
      /** W3C `traceparent` of the leader's provider call, if that is traced. */
      readonly traceparent?: string | undefined;
    }
  | { readonly type: 'cut-off'; readonly reason: 'too-slow' }
  | {
      readonly type: 'stored';
      /** Bytes of the answer's body. */
      readonly bytes: number;
      /** Bytes of the whole entry as the store holds it, after compression; absent if the store does not encode. */
      readonly storedBytes?: number | undefined;
      /** The write, until the store accepted it. */
      readonly storeMs: number;
      readonly usage?: TokenCounts | undefined;
      readonly model?: string | undefined;
    }
  /** An answer was not stored. */
  | { readonly type: 'refused'; readonly reason: string }
  /** A stale entry, or the caller's fallback, was served because the provider failed. */
  | { readonly type: 'fallback'; readonly by: 'stale' | 'fallback' }
  | {
      readonly type: 'lease';
      /** Leases held now: those acquired and taken over, less those released and lost. */
      readonly outcome: 'acquired' | 'contended' | 'taken-over' | 'released' | 'lost';
    }
  | {
      readonly type: 'refresh';
      readonly outcome: 'started' | 'skipped' | 'succeeded' | 'failed';
      /** Why it failed: an error code or a reason of the write gate. */
      readonly reason?: string | undefined;
    }
  /** A gate keeps the question out of the semantic tier. */
  | { readonly type: 'semantic-gate'; readonly gate: string }
  /** A guard vetoes a stored question that is near. */
  | (SemanticPair & { readonly type: 'semantic-veto'; readonly guard: string })
  /** The verifier has answered, or failed. */
  | (SemanticPair & {
      readonly type: 'semantic-verdict';
      readonly verdict: SemanticVerdict | 'failed';
      readonly durationMs: number;
    })
  /** A would-be semantic hit is asked of the provider, so that the two answers can be judged. */
  | (SemanticPair & {
      readonly type: 'semantic-audit';
      /** Share of the would-be hits of the pool that are asked. */
      readonly share: number;
    })
  /** A semantic hit was not served, since the request is in shadow. One that a verifier confirms is known behind the reply. */
  | (SemanticPair & {
      readonly type: 'semantic-shadow';
      /** Input and output tokens of the answer that would have been served; 0 if unknown. */
      readonly savedTokens: number;
    });

/** Two questions that were compared. */
interface SemanticPair {
  /** Digest that names the pool. */
  readonly pool: string;
  /** Cosine of their vectors. */
  readonly similarity: number;
}

type SemanticVerdict = 'same' | 'different' | 'unsure';

/** What happened to the cache as a whole. */
export type CacheEvent =
  | { readonly type: 'invalidated'; readonly removed: number; readonly cause: 'asked' | 'event' | 'erasure' }
  /** Entries are gone, as far as this process knows of it. */
  | { readonly type: 'removed'; readonly cause: RemovalCause; readonly entries: number }
  | {
      readonly type: 'breaker';
      readonly store: string;
      readonly side: 'reads' | 'writes';
      readonly open: boolean;
    }
  /** The invalidation log, or rows of it, were lost. */
  | { readonly type: 'log-lost'; readonly message: string }
  | { readonly type: 'flags'; readonly flags: Readonly<Record<string, number>> }
  | {
      readonly type: 'store-trouble';
      readonly store: string;
      readonly operation: StoreOperation;
      readonly message: string;
    }
  /** An audited pair was judged. */
  | (SemanticPair & {
      readonly type: 'semantic-label';
      readonly verdict: SemanticVerdict;
      /** Whether the pair would have been served. */
      readonly source: 'hit' | 'miss';
    })
  /** A caller reads an answer by its key: that counts as no request. */
  | { readonly type: 'subscribed'; readonly from: 'flight' | 'entry' }
  | {
      readonly type: 'semantic-feedback';
      readonly verdict: 'wrong' | 'right';
      /** Whether a stored answer is blocked from now on. */
      readonly blocked: boolean;
    }
  /** A call by a part of the semantic tier to a service that is paid for. It has ended. */
  | {
      readonly type: 'semantic-call';
      readonly part: 'embedder' | 'verifier' | 'judge';
      /** The request that it was made for; a judge's call is made behind its reply. Absent if it was made for none. */
      readonly requestId?: string | undefined;
      readonly durationMs: number;
      /** Origin and base path of the service. */
      readonly provider: string;
      readonly model: string;
      /** As the service states it; absent if it does not, or if it gave no answer. */
      readonly usage?: TokenCounts | undefined;
      /** US dollars, if the part knows its own prices. */
      readonly usd?: number | undefined;
    }
  /** A part of the semantic tier failed or was too slow; requests go on without it. */
  | {
      readonly type: 'semantic-trouble';
      readonly part: 'tier' | 'embedder' | 'verifier' | 'judge' | 'index' | 'labels' | 'feed' | 'reembedding';
      readonly message: string;
    }
  /** Stored questions are embedded anew by this process, since the embedder has changed. */
  | {
      readonly type: 'semantic-reembedding';
      /** `stopped`: before the end; it goes on later, in this process or another. */
      readonly state: 'started' | 'finished' | 'stopped';
      /** Entries with a vector of the present embedder, of all that have one or are to have one. */
      readonly done: number;
      readonly of: number;
    }
  /** A run of maintenance by this process has ended. Dry runs are not reported. */
  | {
      readonly type: 'maintenance';
      readonly outcome: 'complete' | 'aborted' | 'lease-lost' | 'failed';
      /** When it began, in ms since the epoch. */
      readonly startedAt: number;
      readonly durationMs: number;
      /** Entries that were looked at. */
      readonly looked: number;
      /** Entries removed, and bytes freed, by kind. */
      readonly removed: Readonly<Record<string, number>>;
      readonly freedBytes: Readonly<Record<string, number>>;
    }
  /** A ledger failed, was too slow, or had to drop rows; requests do not notice. */
  | {
      readonly type: 'ledger-trouble';
      /** Name of the ledger's store. */
      readonly ledger: string;
      readonly message: string;
      /** Rows that were dropped since the last report. */
      readonly lostRows: number;
    };

export type ObservedEvent = (RequestFacts & RequestEvent) | CacheEvent;
