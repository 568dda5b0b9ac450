/**
 * The spans of the semantic tier's calls to services that are paid for. A call is reported once it has ended, and its span
 * is made then. So the service gets no trace context.
 */
import { type Context, ROOT_CONTEXT, type SpanContext, SpanKind } from '@opentelemetry/api';
import type { ObservedEvent } from '../../observe/events.ts';
import { setUsage } from './calls.ts';
import { calledAttributes, spanName } from './conventions.ts';
import type { SpanMaker } from './span-maker.ts';

type SemanticCall = Extract<ObservedEvent, { readonly type: 'semantic-call' }>;

/** Where a call belongs: below what its request is in, or, if the request did not wait for it, beside it with a link. */
export type CallPlace = { readonly below: Context } | { readonly linkedTo: SpanContext };

export function traceSemanticCall(maker: SpanMaker, event: SemanticCall, place: CallPlace): void {
  const { part, requestId, durationMs, provider, model, usage } = event;
  // A function of the caller's own has no address, and its work is not known.
  if (provider === '') return;
  const protocol = part === 'embedder' ? 'openai-embeddings' : 'openai-chat';
  const called = { protocol, provider, subject: model };
  const now = maker.now();
  const isBelow = 'below' in place;
  const span = maker.start(
    spanName(called),
    {
      kind: SpanKind.CLIENT,
      startTime: now - durationMs,
      attributes: {
        ...calledAttributes(called),
        ...(requestId === undefined ? {} : { 'askonce.request_id': requestId }),
        'askonce.semantic.part': part,
      },
      links: isBelow ? [] : [{ context: place.linkedTo }],
      root: !isBelow,
    },
    isBelow ? place.below : ROOT_CONTEXT,
  );
  if (usage !== undefined) setUsage(span, usage);
  span.end(now);
}
