/**
 * The spans of calls that pass through to a provider, by the conventions for HTTP clients: nothing of them is read.
 */
import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { errorType } from 'askonce/gateway-kit';
import { headersWith, type Instants } from 'askonce/opentelemetry';
import type { PassedCall, TracedPassage } from './contract.ts';

export function tracedPassage(
  tracer: Tracer,
  { now }: Instants,
  parent: Context,
  { method, origin, path, headers }: PassedCall,
): TracedPassage {
  const { hostname, port, protocol } = new URL(origin);
  const [pathOnly = ''] = path.split('?', 1);
  const span = tracer.startSpan(
    method,
    {
      kind: SpanKind.CLIENT,
      startTime: now(),
      attributes: {
        'http.request.method': method,
        'server.address': hostname,
        'server.port': port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
        // Without the query, which may hold a key.
        'url.full': `${origin}${pathOnly}`.slice(0, 1024),
      },
    },
    parent,
  );
  return {
    headers: withContext(headers, trace.setSpan(parent, span)),
    ended(status, error) {
      if (!span.isRecording()) return;
      if (status !== undefined) span.setAttribute('http.response.status_code', status);
      const type = error === undefined ? failureIn(status) : errorType(error);
      if (type !== undefined) fail(span, type);
      span.end(now());
    },
  };
}

/** Names and values in turn, as they were, but for the trace context. */
function withContext(headers: readonly string[], context: Context): string[] {
  const added = headersWith({}, trace.getSpanContext(context));
  const sent = Object.entries(added).flatMap(([name, value]) =>
    typeof value === 'string' ? [name, value] : [],
  );
  if (sent.length === 0) return [...headers];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (!/^(?:traceparent|tracestate)$/i.test(name)) sent.push(name, headers[at + 1] ?? '');
  }
  return sent;
}

function failureIn(status: number | undefined): string | undefined {
  return status !== undefined && status >= 400 ? String(status) : undefined;
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
