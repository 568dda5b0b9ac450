/**
 * Trace context between OpenTelemetry and HTTP headers, as W3C Trace Context has it. `baggage` is not touched: it stays
 * as the caller sent it.
 */
import {
  type Context,
  createTraceState,
  isSpanContextValid,
  type SpanContext,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import type { HeaderFields } from '../../identity/request.ts';
import { readTraceparent, traceparentOf } from '../http/trace-context.ts';

/** The context of a request with these headers (names in lower case): `context` itself if they name no span. */
export function contextFrom(headers: HeaderFields, context: Context): Context {
  const parent = spanContextIn(headers['traceparent'], headers['tracestate']);
  return parent === undefined ? context : trace.setSpanContext(context, parent);
}

/** The remote span that headers name; undefined if they name none, or are malformed. */
export function spanContextIn(
  traceparent: string | readonly string[] | undefined,
  tracestate?: string | readonly string[],
): SpanContext | undefined {
  const parent = readTraceparent(traceparent);
  if (parent === undefined) return undefined;
  const { traceId, spanId, flags } = parent;
  const state = typeof tracestate === 'string' ? tracestate : tracestate?.join(',');
  return {
    traceId,
    spanId,
    traceFlags: flags,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  };
}

/** The headers with the trace context of a call, in place of any other. The same headers if there is no context. */
export function headersWith(headers: HeaderFields, context: SpanContext | undefined): HeaderFields {
  if (context === undefined || !isSpanContextValid(context)) return headers;
  // In any spelling: a caller's own headers need not be in lower case.
  const others = Object.entries(headers).filter(([name]) => !/^(?:traceparent|tracestate)$/i.test(name));
  const state = context.traceState?.serialize();
  return {
    ...Object.fromEntries(others),
    traceparent: traceparentFor(context),
    ...(state ? { tracestate: state } : {}),
  };
}

export function traceparentFor({ traceId, spanId, traceFlags }: SpanContext): string {
  return traceparentOf({ traceId, spanId, flags: traceFlags });
}

export function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}
