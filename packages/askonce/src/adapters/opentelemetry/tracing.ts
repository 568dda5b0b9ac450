/**
 * `askonce/opentelemetry`: a cache's requests as OpenTelemetry spans, by the semantic conventions for generative AI. No
 * span holds a prompt, an answer, a credential, or the name of a tenant or user.
 *
 * A request has a span for its lookup, and a miss one for the provider call, which carries its trace context to the
 * provider, or one for following another request's call, with a link to that. A refresh is a trace of its own.
 */
import {
  type Context,
  context,
  isSpanContextValid,
  type SpanContext,
  SpanKind,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { type Awaitable, type Clock, isPending, systemClock } from '../../clock.ts';
import type { Reply } from '../../engine/reply.ts';
import type { CacheTracing } from '../../engine/tracing.ts';
import type { Provider } from '../../flight/provider.ts';
import type { CacheRequest } from '../../identity/request.ts';
import type { ObservedEvent, RequestEvent, RequestFacts } from '../../observe/events.ts';
import { recentMap } from '../../recent-map.ts';
import { type Instants, instants } from './instants.ts';
import { headersWith, isSampled, spanContextIn, traceparentFor } from './propagation.ts';
import { traceSemanticCall } from './semantic-calls.ts';
import { spanMaker } from './span-maker.ts';
import { Traced } from './traced.ts';

export { type Instants, instants } from './instants.ts';
export { contextFrom, headersWith } from './propagation.ts';

export interface TracingOptions {
  /** Makes the spans. Default: a tracer named `askonce` of `tracerProvider`. */
  readonly tracer?: Tracer | undefined;
  /** Default: the one that the application has registered with `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** The context that a request is asked in. Default: the active one. */
  readonly contextOf?: ((request: CacheRequest) => Context) | undefined;
  /** Whether provider calls carry `traceparent` and `tracestate`. Default true. */
  readonly propagate?: boolean | undefined;
  /** Default: the machine's own time. */
  readonly clock?: Clock | undefined;
  /** Instants that the caller's own spans have as well. Default: those of `clock`. */
  readonly instants?: Instants | undefined;
}

/** Requests in progress, beyond which the least recent is forgotten, and its spans are not ended. */
const maxRequests = 10_000;
/** Requests whose lookups calls behind the reply are linked to. */
const maxAnswered = 1_000;

const types: ReadonlySet<ObservedEvent['type']> = new Set([
  'hit',
  'negative',
  'miss',
  'bypass',
  'joined',
  'followed',
  'answered',
  'provider-call',
  'provider-answer',
  'provider-failure',
  'stored',
  'refused',
  'refresh',
  'semantic-call',
]);

/**
 * Traces the requests of a cache, as `createCache({ tracing: tracing() })`.
 *
 * A request whose context has a local span that is not recorded has no spans, and its calls carry that span's context.
 */
export function tracing(options: TracingOptions = {}): CacheTracing {
  const { contextOf = () => context.active(), propagate = true, clock = systemClock } = options;
  const tracer = options.tracer ?? (options.tracerProvider ?? trace).getTracer('askonce');
  const maker = spanMaker(tracer, options.instants ?? instants(clock));
  const requests = recentMap<Traced>(maxRequests);
  const answered = recentMap<SpanContext>(maxAnswered);
  /** Of the event that is being reported: a request may be over with it. */
  let observed: Traced | undefined;
  let observedId = '';

  const sentIn = (request: CacheRequest, place: Context): CacheRequest =>
    propagate ? { ...request, headers: headersWith(request.headers, trace.getSpanContext(place)) } : request;

  /** The provider of a request that is not recorded. */
  const untraced = (provider: Provider, place: Context): Provider => {
    const span = trace.getSpanContext(place);
    if (span === undefined || !isSpanContextValid(span)) return provider;
    return (request, signal) => provider(sentIn(request, place), signal);
  };

  const tracedProvider =
    (provider: Provider, traced: Traced): Provider =>
    (request, signal) => {
      const call = traced.takeCall();
      call?.sent(request);
      const place = call?.context ?? traced.context;
      // What the provider does is below its span: other instrumentation finds it there.
      return context.with(place, () => provider(sentIn(request, place), signal));
    };

  function observe(event: ObservedEvent): void {
    if (event.type === 'semantic-call') semanticCall(event);
    else if ('requestId' in event) requestEvent(event);
  }

  function requestEvent(event: RequestFacts & RequestEvent): void {
    const traced = requests.get(event.requestId);
    observed = traced;
    observedId = event.requestId;
    if (traced === undefined) return;
    happened(traced, event);
    if (!traced.isOver) return;
    requests.delete(event.requestId);
    // Only an answer that was called for is judged.
    if (traced.answeredBy !== undefined) answered.set(event.requestId, traced.lookup.spanContext());
  }

  function semanticCall(event: Extract<ObservedEvent, { readonly type: 'semantic-call' }>): void {
    const { requestId = '', part } = event;
    const traced = requests.get(requestId);
    // No request waits for a judge.
    if (traced !== undefined && part !== 'judge') {
      traceSemanticCall(maker, event, { below: traced.below });
      return;
    }
    const linkedTo = traced?.lookup.spanContext() ?? answered.get(requestId);
    if (linkedTo !== undefined) traceSemanticCall(maker, event, { linkedTo });
  }

  function happened(traced: Traced, event: RequestFacts & RequestEvent): void {
    switch (event.type) {
      case 'hit':
      case 'negative':
      case 'miss':
      case 'bypass':
        traced.lookedUp(event);
        break;
      case 'joined':
        traced.follows(requests.get(event.leader), undefined);
        break;
      case 'followed':
        traced.follows(undefined, spanContextIn(event.traceparent));
        break;
      case 'answered':
        traced.answered();
        break;
      case 'provider-call':
        traced.called(event);
        break;
      case 'provider-answer':
      case 'provider-failure':
        traced.callEnded(event);
        break;
      case 'stored':
        traced.stored(event);
        break;
      case 'refused':
        traced.refused(event.reason);
        break;
      case 'refresh':
        traced.refreshes(event);
        break;
      default:
    }
  }

  return {
    observe: Object.assign(observe, { types }),
    ask({ request, provider, requestId }, answer) {
      const place = contextOf(request);
      const parent = trace.getSpan(place);
      if (parent !== undefined && !parent.isRecording() && parent.spanContext().isRemote !== true)
        return answer(untraced(provider, place));
      const attributes = { 'askonce.request_id': requestId, 'askonce.protocol': request.protocol };
      const lookup = maker.start('askonce lookup', { kind: SpanKind.INTERNAL, attributes }, place);
      if (!lookup.isRecording()) return answer(untraced(provider, trace.setSpan(place, lookup)));
      const traced = new Traced(maker, lookup, place);
      requests.set(requestId, traced);
      const failed = (error: unknown): never => {
        traced.failed(error);
        if (traced.isOver) requests.delete(requestId);
        throw error;
      };
      return guarded(() => answer(tracedProvider(provider, traced)), failed);
    },
    spanOf: (requestId) => (requestId === observedId ? observed?.lookup.spanContext() : undefined),
    traceparent(requestId) {
      const call = requests.peek(requestId)?.answeredBy;
      return call === undefined || !isSampled(call) ? undefined : traceparentFor(call);
    },
  };
}

function guarded(answer: () => Awaitable<Reply>, failed: (error: unknown) => never): Awaitable<Reply> {
  try {
    const reply = answer();
    return isPending(reply) ? reply.catch(failed) : reply;
  } catch (error) {
    return failed(error);
  }
}
