/**
 * One request that is traced: the spans that are open for it, from its arrival to its end.
 */
import {
  type Context,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { errorType } from '../../errors.ts';
import type { CallCause } from '../../observe/causes.ts';
import type { RequestEvent, RequestFacts } from '../../observe/events.ts';
import { type TracedCall, tracedCall } from './calls.ts';
import { type LookupEvent, lookupAttributes } from './lookup-attributes.ts';
import type { SpanMaker } from './span-maker.ts';

type Event<Type extends RequestEvent['type']> = RequestFacts & Extract<RequestEvent, { readonly type: Type }>;

/** Spans of writes for one request: a batch stores each of its parts. */
const maxStores = 4;

export class Traced {
  /** The span of the lookup: the root of the trace if the caller has none. */
  readonly lookup: Span;
  readonly #maker: SpanMaker;
  /** The context of what follows the lookup. */
  readonly below: Context;
  readonly #calls: TracedCall[] = [];
  /** The call that was reported, and is about to be made. */
  #begun: TracedCall | undefined;
  #lastCall: SpanContext | undefined;
  #isLookedUp = false;
  #isClosed = false;
  #follow: { readonly span: Span; readonly leader: Traced | undefined } | undefined;
  #elsewhere: SpanContext | undefined;
  #refresh: { readonly span: Span; readonly context: Context } | undefined;
  #awaitsRefresh = false;
  #stores = 0;

  constructor(maker: SpanMaker, lookup: Span, caller: Context) {
    this.#maker = maker;
    this.lookup = lookup;
    this.below = trace.getSpan(caller) === undefined ? trace.setSpan(caller, lookup) : caller;
  }

  /** Whether nothing more is expected to happen to it. */
  get isOver(): boolean {
    return this.#isClosed && this.#calls.length === 0 && this.#refresh === undefined && !this.#awaitsRefresh;
  }

  /** The provider call that it has made last, or that another process made for it. */
  get answeredBy(): SpanContext | undefined {
    return this.#lastCall ?? this.#elsewhere;
  }

  /** What the provider is called in: the span of the call that was just reported, if there is one. */
  takeCall(): TracedCall | undefined {
    const call = this.#begun;
    this.#begun = undefined;
    return call;
  }

  get context(): Context {
    return this.#refresh?.context ?? this.below;
  }

  lookedUp(event: LookupEvent): void {
    if (this.#isLookedUp) return;
    this.#isLookedUp = true;
    this.lookup.setAttributes(lookupAttributes(event));
    this.lookup.end(this.#maker.now());
    this.#isClosed = event.type === 'hit' || event.type === 'negative';
    this.#awaitsRefresh = event.type === 'hit' && !event.fresh;
  }

  /** The request is over without an answer. */
  failed(error: unknown): void {
    this.#isClosed = true;
    this.#awaitsRefresh = false;
    if (!this.#isLookedUp) {
      this.#isLookedUp = true;
      endWithError(this.lookup, errorType(error), this.#maker.now());
    }
    this.#endFollow();
  }

  follows(leader: Traced | undefined, elsewhere: SpanContext | undefined): void {
    this.#endFollow();
    this.#elsewhere = elsewhere;
    const links: Link[] = elsewhere === undefined ? [] : [{ context: elsewhere }];
    const span = this.#maker.start('askonce follow', { kind: SpanKind.INTERNAL, links }, this.below);
    this.#follow = { span, leader };
  }

  answered(): void {
    this.#isClosed = true;
    this.#endFollow();
  }

  called(event: Event<'provider-call'>): void {
    this.#endFollow();
    const call = tracedCall(this.#maker, event, event.cause === 'refresh' ? this.context : this.below);
    this.#calls.push(call);
    this.#begun = call;
    this.#lastCall = call.span.spanContext();
  }

  callEnded(event: Event<'provider-answer'> | Event<'provider-failure'>): void {
    const call = this.#take(event.cause);
    if (call === undefined) return;
    if (event.type === 'provider-answer') call.answered(event);
    else call.failed(event);
    // A request that bypassed the cache has no other end.
    if (call.cause === 'bypass') this.#isClosed = true;
  }

  stored(event: Event<'stored'>): void {
    const now = this.#maker.now();
    const began = now - event.storeMs;
    const [call] = this.#calls;
    call?.complete(began);
    if (this.#stores++ >= maxStores) return;
    const attributes = {
      'askonce.stored.bytes': event.bytes,
      ...(event.storedBytes === undefined ? {} : { 'askonce.stored.encoded_bytes': event.storedBytes }),
    };
    const options = { kind: SpanKind.INTERNAL, startTime: began, attributes };
    this.#maker.start('askonce store', options, this.context).end(now);
  }

  refused(reason: string): void {
    const [call] = this.#calls;
    call?.span.setAttribute('askonce.refused', reason);
    call?.complete(this.#maker.now());
  }

  refreshes({ outcome, reason }: Event<'refresh'>): void {
    this.#awaitsRefresh = false;
    if (outcome === 'started') this.#startRefresh();
    if (outcome === 'skipped' || outcome === 'started' || this.#refresh === undefined) return;
    const { span } = this.#refresh;
    this.#refresh = undefined;
    if (outcome === 'failed') endWithError(span, reason ?? 'unknown', this.#maker.now());
    else span.end(this.#maker.now());
  }

  /** A trace of its own: the request that it is for has been answered. */
  #startRefresh(): void {
    const links = [{ context: this.lookup.spanContext() }];
    const span = this.#maker.start(
      'askonce refresh',
      { kind: SpanKind.INTERNAL, links, root: true },
      this.below,
    );
    this.#refresh = { span, context: trace.setSpan(this.below, span) };
  }

  #take(cause: CallCause | 'abandoned'): TracedCall | undefined {
    const at = this.#calls.findIndex((call) => call.cause === cause);
    return this.#calls.splice(Math.max(0, at), 1)[0];
  }

  #endFollow(): void {
    if (this.#follow === undefined) return;
    const { span, leader } = this.#follow;
    this.#follow = undefined;
    // Only now: a leader may wait for its lease when it is joined.
    const call = leader?.answeredBy;
    if (call !== undefined) span.addLink({ context: call });
    span.end(this.#maker.now());
  }
}

function endWithError(span: Span, type: string, now: number): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(now);
}
