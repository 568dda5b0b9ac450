/**
 * Spans as the real SDK records them, in memory.
 */
import { type Attributes, type SpanContext, SpanKind } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';

export interface RecordedSpan {
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly links: readonly string[];
  readonly isError: boolean;
  readonly attributes: Attributes;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
}

const milliseconds = ([seconds, nanoseconds]: readonly [number, number]) =>
  seconds * 1000 + nanoseconds / 1e6;

/** A provider of tracers whose ended spans can be read. */
export function recordedSpans(sampler?: Sampler) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    ...(sampler && { sampler }),
  });
  const spans = (): readonly RecordedSpan[] =>
    exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      kind: SpanKind[span.kind] ?? '',
      ...idsOf(span.spanContext()),
      parentSpanId: span.parentSpanContext?.spanId,
      links: span.links.map(({ context }) => context.spanId),
      isError: span.status.code === 2,
      attributes: span.attributes,
      start: milliseconds(span.startTime),
      end: milliseconds(span.endTime),
    }));
  return {
    tracerProvider,
    spans,
    /** The one span of a name that begins so. */
    span(name: string): RecordedSpan {
      const found = spans().filter((one) => one.name.startsWith(name));
      if (found.length !== 1 || found[0] === undefined)
        throw new Error(`${found.length} spans are named ${name}: ${spans().map((one) => one.name)}`);
      return found[0];
    },
  };
}

function idsOf({ traceId, spanId }: SpanContext) {
  return { traceId, spanId };
}

const known: ReadonlySet<unknown> = new Set(
  Object.entries(conventions).flatMap(([name, value]) => (name.startsWith('ATTR_') ? [value] : [])),
);

/** The names of attributes that neither the conventions have nor askonce documents as its own. */
export function unknownAttributes(spans: readonly Pick<RecordedSpan, 'attributes'>[]): readonly string[] {
  const names = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)));
  return [...names].filter((name) => !known.has(name) && !name.startsWith('askonce.'));
}
