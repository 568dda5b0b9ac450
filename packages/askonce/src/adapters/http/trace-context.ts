/**
 * W3C Trace Context (Level 2): the `traceparent` header, read and written.
 */

/** What `traceparent` says: the trace, the caller's span in it, and whether the caller records it. */
export interface TraceParent {
  /** 32 hex digits in lower case, not all of them 0. */
  readonly traceId: string;
  /** 16 hex digits likewise. */
  readonly spanId: string;
  /** The flags, 0 to 255; bit 0 is `sampled`. */
  readonly flags: number;
}

// Section 3.2: version, trace id, parent id, flags; a later version may append fields.
const pattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const noTrace = /^0+$/;

/** Undefined for a header that is absent or malformed, which the specification says to ignore. */
export function readTraceparent(header: string | readonly string[] | undefined): TraceParent | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = pattern.exec(header.trim()) ?? [];
  if (version === undefined || version === 'ff') return undefined;
  if (version === '00' && rest !== undefined) return undefined;
  if (noTrace.test(traceId) || noTrace.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** In version 00. Flags that this version does not define are left out (section 3.2.2.5). */
export function traceparentOf({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-0${flags & 0b11}`;
}
