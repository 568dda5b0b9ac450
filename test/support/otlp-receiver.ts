/**
 * A collector of traces on loopback: it decodes what a real exporter posts to it, by OTLP over HTTP as JSON.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { startProvider } from './remembering-provider.ts';
import type { RecordedSpan } from './spans.ts';

const value = z.union([
  z.strictObject({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
  z.strictObject({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
  z.strictObject({ intValue: z.coerce.number() }).transform(({ intValue }) => intValue),
  z.strictObject({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
  z
    .strictObject({
      arrayValue: z.strictObject({ values: z.array(z.strictObject({ stringValue: z.string() })) }),
    })
    .transform(({ arrayValue }) => arrayValue.values.map(({ stringValue }) => stringValue)),
]);

const attributes = z
  .array(z.strictObject({ key: z.string(), value }))
  .transform((all) => Object.fromEntries(all.map((one) => [one.key, one.value])));

const traceId = z.string().regex(/^[0-9a-f]{32}$/);
const spanId = z.string().regex(/^[0-9a-f]{16}$/);
const instant = z.coerce.bigint().transform((nanoseconds) => Number(nanoseconds / 1000n) / 1000);
const kinds = ['', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;

const span = z
  .object({
    traceId,
    spanId,
    parentSpanId: spanId.optional(),
    name: z.string().min(1),
    kind: z.number().int().min(1).max(5),
    startTimeUnixNano: instant,
    endTimeUnixNano: instant,
    attributes,
    links: z.array(z.object({ traceId, spanId })).default([]),
    status: z.object({ code: z.number().int().optional() }).default({}),
  })
  .transform(
    (one): RecordedSpan => ({
      name: one.name,
      kind: kinds[one.kind] ?? '',
      traceId: one.traceId,
      spanId: one.spanId,
      parentSpanId: one.parentSpanId,
      links: one.links.map((link) => link.spanId),
      isError: one.status.code === 2,
      attributes: one.attributes,
      start: one.startTimeUnixNano,
      end: one.endTimeUnixNano,
    }),
  );

const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ scope: z.object({ name: z.string() }), spans: z.array(span) })),
    }),
  ),
});

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly RecordedSpan[];
  /** Attributes of the resources that spans came from. */
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  /** Headers of the exports. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** All that was posted. */
  readonly text: string;
  /** The spans, once there are enough for `find` to return some value. */
  found<T>(find: (spans: readonly RecordedSpan[]) => T | undefined): Promise<T>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: RecordedSpan[] = [];
  const resources: Readonly<Record<string, unknown>>[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const received = { text: '' };
  let waiting: (() => void)[] = [];
  const url = await startProvider((exported, response) => {
    const chunks: Buffer[] = [];
    exported.on('data', (chunk: Buffer) => chunks.push(chunk));
    exported.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      received.text += text;
      headers.push(exported.headers);
      const isRight = exported.method === 'POST' && exported.url === '/v1/traces';
      const read = request.safeParse(JSON.parse(text));
      for (const { resource, scopeSpans } of read.data?.resourceSpans ?? []) {
        resources.push(resource.attributes);
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      response.writeHead(isRight && read.success ? 200 : 400, { 'content-type': 'application/json' });
      response.end('{}');
      const wake = waiting;
      waiting = [];
      for (const one of wake) one();
    });
  });
  return {
    url,
    spans,
    resources,
    headers,
    get text() {
      return received.text;
    },
    async found(find) {
      while (true) {
        const found = find(spans);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}
