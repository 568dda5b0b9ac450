/**
 * A reply: what `ask` answers with, and what it tells about how it came by it.
 */
import type { LiveBody } from './flight/live-body.ts';

/** How the answer was come by, in the terms of RFC 9211. */
export type CacheTold =
  | {
      readonly kind: 'hit';
      /** Seconds of freshness left; negative where stale. */
      readonly ttl: number;
      readonly detail: string;
    }
  | {
      readonly kind: 'forward';
      readonly reason: 'miss' | 'stale' | 'bypass' | 'request';
      /** True where it is known, when the reply begins, that the answer was kept. */
      readonly stored?: boolean | undefined;
      /** True for a follower of somebody else's call. */
      readonly collapsed?: boolean | undefined;
      readonly detail?: string | undefined;
    };

export interface Reply {
  readonly status: number;
  /** For the leader the provider's own (less what belongs to the connection); for others what was kept. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The whole body, or one that is still coming. */
  readonly body: Uint8Array | LiveBody;
  readonly told: CacheTold;
  /** Names the entry; absent where the request bypassed the cache. */
  readonly key?: string | undefined;
  /** Seconds since the answer was generated; with hits. */
  readonly age?: number | undefined;
  /** Correlates the reply with observed events. */
  readonly requestId: string;
}

/** The `Cache-Status` header (RFC 9211) for a reply. */
export function cacheStatus(told: CacheTold): string {
  if (told.kind === 'hit') return `askonce; hit; ttl=${told.ttl}; detail=${quoted(told.detail)}`;
  const stored = told.stored ? '; stored' : '';
  const collapsed = told.collapsed ? '; collapsed' : '';
  const detail = told.detail === undefined ? '' : `; detail=${quoted(told.detail)}`;
  return `askonce; fwd=${told.reason}${stored}${collapsed}${detail}`;
}

/** A string of a structured field (RFC 9651, section 3.3.3), which holds printable ASCII and nothing else. */
function quoted(text: string): string {
  return `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}
