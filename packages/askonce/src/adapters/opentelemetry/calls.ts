/**
 * The spans of provider calls, by the conventions for generative AI.
 */
import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { CacheRequest } from '../../identity/request.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import { calledAttributes, operationOf, spanName } from './conventions.ts';
import type { Instants } from './instants.ts';
import { parametersOf } from './request-parameters.ts';

type CallEvent = Extract<ObservedEvent, { readonly type: 'provider-call' }>;
type AnswerEvent = Extract<ObservedEvent, { readonly type: 'provider-answer' }>;
type FailureEvent = Extract<ObservedEvent, { readonly type: 'provider-failure' }>;

/** A provider call in progress. */
export interface TracedCall {
  readonly cause: CallEvent['cause'];
  readonly span: Span;
  /** That of what the provider does meanwhile. */
  readonly context: Context;
  /** Notes what is sent. */
  sent(request: CacheRequest): void;
  /** The answer was complete at this instant, although the call is reported later: it was stored meanwhile. */
  complete(instant: number): void;
  answered(event: AnswerEvent): void;
  failed(event: FailureEvent): void;
}

export function tracedCall(
  { tracer, now }: { readonly tracer: Tracer } & Instants,
  event: CallEvent,
  parent: Context,
): TracedCall {
  const isModel = operationOf(event) !== undefined;
  const span = tracer.startSpan(
    spanName(event),
    {
      // A function of the caller's own runs in this process.
      kind: event.protocol === 'function' ? SpanKind.INTERNAL : SpanKind.CLIENT,
      startTime: now(),
      attributes: {
        ...calledAttributes(event),
        ...(isModel && event.streamed ? { 'gen_ai.request.stream': true } : {}),
        'askonce.request_id': event.requestId,
        'askonce.call.cause': event.cause,
      },
    },
    parent,
  );
  let ended: number | undefined;
  let isNamed = event.subject !== '';

  return {
    cause: event.cause,
    span,
    context: trace.setSpan(parent, span),
    sent(request) {
      if (!isModel || !span.isRecording()) return;
      const { model, attributes } = parametersOf(request);
      span.setAttributes(attributes);
      // A request that bypassed the cache has not been read before.
      if (isNamed || model === '') return;
      isNamed = true;
      span.updateName(spanName({ protocol: event.protocol, subject: model }));
      span.setAttribute('gen_ai.request.model', model);
    },
    complete(instant) {
      ended ??= instant;
    },
    answered({ cause, status, usage, model, answerId, finishReasons }) {
      span.setAttribute('http.response.status_code', status);
      if (model !== undefined) span.setAttribute('gen_ai.response.model', model);
      if (answerId !== undefined) span.setAttribute('gen_ai.response.id', answerId);
      if (isModel && finishReasons !== undefined)
        span.setAttribute('gen_ai.response.finish_reasons', [...finishReasons]);
      if (usage !== undefined) setUsage(span, usage);
      if (cause === 'abandoned') span.setAttribute('askonce.call.abandoned', true);
      if (status >= 400) {
        span.setAttribute('error.type', String(status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end(ended ?? now());
    },
    failed({ cause, code }) {
      if (cause === 'abandoned') span.setAttribute('askonce.call.abandoned', true);
      else span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', cause === 'abandoned' ? 'cancelled' : code);
      span.end(now());
    },
  };
}

/** The conventions' counts have the same meaning as askonce's: cached tokens are part of the input. */
export function setUsage(span: Span, usage: NonNullable<AnswerEvent['usage']>): void {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, serviceTier } = usage;
  span.setAttribute('gen_ai.usage.input_tokens', inputTokens);
  span.setAttribute('gen_ai.usage.output_tokens', outputTokens);
  if (cachedInputTokens !== undefined)
    span.setAttribute('gen_ai.usage.cache_read.input_tokens', cachedInputTokens);
  if (cacheWriteTokens !== undefined)
    span.setAttribute('gen_ai.usage.cache_creation.input_tokens', cacheWriteTokens);
  if (serviceTier !== undefined) span.setAttribute('openai.response.service_tier', serviceTier);
  if (usage.estimated === true) span.setAttribute('askonce.usage.estimated', true);
}
