/**
 * What makes spans: a tracer, at instants of the cache's clock.
 */
import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import type { Instants } from './instants.ts';

export interface SpanMaker extends Instants {
  readonly tracer: Tracer;
  /** Starts a span below the span of `context`: now, unless the options have a start. */
  start(name: string, options: SpanOptions, context: Context): Span;
}

export function spanMaker(tracer: Tracer, { now }: Instants): SpanMaker {
  return {
    tracer,
    now,
    start: (name, options, context) => tracer.startSpan(name, { startTime: now(), ...options }, context),
  };
}
