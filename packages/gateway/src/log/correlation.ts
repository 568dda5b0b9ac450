/**
 * The ids by which a line of the log is found from elsewhere: that of the request's trace, and the caller's own for the
 * request. They come from headers, so only what has the shape of an id is logged.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { readTraceparent } from 'askonce/gateway-kit';

export type Correlation = {
  /** 32 hex digits. */
  readonly traceId?: string;
  readonly callerRequestId?: string;
};

/** No character of it needs an escape in JSON. */
const idShape = /^[\w.:+/=-]{1,128}$/;
const none: Correlation = {};

/** @param traceId the trace of the request's span. Default: by its `traceparent`. */
export function correlationOf(headers: IncomingHttpHeaders, traceId?: string): Correlation {
  const trace = traceId ?? readTraceparent(headers['traceparent'])?.traceId;
  const own = headers['x-request-id'] ?? headers['x-correlation-id'] ?? headers['x-client-request-id'];
  const isOwn = typeof own === 'string' && idShape.test(own);
  if (trace === undefined && !isOwn) return none;
  return { ...(trace === undefined ? {} : { traceId: trace }), ...(isOwn ? { callerRequestId: own } : {}) };
}
