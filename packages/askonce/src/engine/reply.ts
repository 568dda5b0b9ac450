/**
 * A reply: what `ask` answers with, and what its `Cache-Status` says of where the answer came from.
 */
import type { LiveBody } from '../body/live-body.ts';
import type { Usage } from '../entry/entry.ts';
import type { Framing, SentEvents } from '../protocol/framing.ts';

/** Where the answer came from, in the terms of RFC 9211. */
export type CacheStatus =
  | {
      readonly kind: 'hit';
      /** Seconds of freshness left; negative if stale. */
      readonly ttl: number;
      readonly detail: string;
    }
  | {
      readonly kind: 'forward';
      readonly reason: 'miss' | 'stale' | 'bypass' | 'request';
      /** True if the answer is known to be stored when the reply begins. */
      readonly stored?: boolean | undefined;
      /** True for a follower of another request's call. */
      readonly collapsed?: boolean | undefined;
      readonly detail?: string | undefined;
    };

export interface Reply {
  readonly status: number;
  /** For the leader the provider's own, less what belongs to the connection; for others the recorded ones. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The whole body, or one that is still coming. */
  readonly body: Uint8Array | LiveBody;
  readonly cacheStatus: CacheStatus;
  /** Names the entry; absent if the request bypassed the cache. */
  readonly key?: string | undefined;
  /** Seconds since the answer was generated; for hits. */
  readonly age?: number | undefined;
  /** Tokens that the stored answer used, as far as they are known; for hits. */
  readonly usage?: Usage | undefined;
  /** How the body's events are framed; absent if it is not a stream, or bypassed the cache. */
  readonly framing?: Framing | undefined;
  /** The events of a stream that came so far, for a protocol whose error events continue them; absent if none are held. */
  readonly sent?: (() => SentEvents | undefined) | undefined;
  /** Of a semantic hit: the cosine of the two questions' vectors, from -1 to 1; 1 if their texts are the same. */
  readonly similarity?: number | undefined;
  /** Of a semantic hit: its opaque id, for `Cache.feedback`. Letters, digits, `-` and `_`. */
  readonly match?: string | undefined;
  /** Of a semantic hit: the question that the answer was first given to, if the request asks for it. */
  readonly question?: string | undefined;
  /** Correlates the reply with observed events. */
  readonly requestId: string;
}

/** The `Cache-Status` header (RFC 9211) for a reply. */
export function cacheStatusHeader(cacheStatus: CacheStatus): string {
  if (cacheStatus.kind === 'hit')
    return `askonce; hit; ttl=${cacheStatus.ttl}; detail=${quoted(cacheStatus.detail)}`;
  const stored = cacheStatus.stored ? '; stored' : '';
  const collapsed = cacheStatus.collapsed ? '; collapsed' : '';
  const detail = cacheStatus.detail === undefined ? '' : `; detail=${quoted(cacheStatus.detail)}`;
  return `askonce; fwd=${cacheStatus.reason}${stored}${collapsed}${detail}`;
}

const needsCare = /[^ -~]|["\\]/;

/** A string of a structured field (RFC 9651, section 3.3.3), which holds printable ASCII and nothing else. */
function quoted(text: string): string {
  if (!needsCare.test(text)) return `"${text}"`;
  return `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
