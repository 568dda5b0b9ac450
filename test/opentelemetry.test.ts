/**
 * The spans of a cache's requests, as the real SDK records them.
 */
import { context, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { createCache } from 'askonce';
import { tracing } from 'askonce/opentelemetry';
import { fakeClock } from 'askonce/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer, apiError, chat, events as chunks, completion, stream } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { processes } from './support/processes.ts';
import { saying, setUpCache } from './support/set-up-cache.ts';
import { recordedSpans, unknownAttributes } from './support/spans.ts';

const caller = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
};
const inTrace = trace.setSpanContext(ROOT_CONTEXT, caller);

function setUp(settings = {}, sampler?: AlwaysOffSampler) {
  const clock = fakeClock();
  const recorded = recordedSpans(sampler);
  const { tracerProvider } = recorded;
  const scene = setUpCache({
    clock,
    settings,
    tracing: tracing({ tracerProvider, clock, contextOf: () => inTrace }),
  });
  return { ...scene, ...recorded };
}

const headerOf = (value: unknown) => (typeof value === 'string' ? value : '');

describe('a miss', () => {
  it('a miss has a span for its lookup and one for the provider call, whose context the provider gets', async () => {
    const { ask, call, clock, span, spans } = setUp();
    const asked = ask({
      headers: { authorization: 'Bearer alpha', traceparent: 'x', tracestate: 'old=1' },
      body: { temperature: 0.5, max_tokens: 7, n: 2, stop: ['secret'] },
    });
    await settled();
    clock.advance(120);
    answer(call(0));
    await asked;
    await settled();
    const lookup = span('askonce lookup');
    const called = span('chat gpt-x');
    expect(lookup).toMatchObject({ kind: 'INTERNAL', traceId: caller.traceId, parentSpanId: caller.spanId });
    expect(lookup.attributes).toMatchObject({ 'askonce.outcome': 'miss', 'askonce.reason': 'credential' });
    expect(called).toMatchObject({ kind: 'CLIENT', parentSpanId: caller.spanId, isError: false });
    expect(called.end - called.start).toBe(120);
    expect(called.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'openai.api.type': 'chat_completions',
      'gen_ai.request.model': 'gpt-x',
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.max_tokens': 7,
      'gen_ai.request.choice.count': 2,
      'gen_ai.response.model': 'gpt-x-2026',
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 9,
      'gen_ai.usage.output_tokens': 3,
      'server.address': 'provider.test',
      'server.port': 443,
      'http.response.status_code': 200,
    });
    const { headers } = call(0).request;
    expect(headers['traceparent']).toBe(`00-${caller.traceId}-${called.spanId}-01`);
    expect(headers['tracestate']).toBeUndefined();
    expect(headers['authorization']).toBe('Bearer alpha');
    expect(span('askonce store').parentSpanId).toBe(caller.spanId);
    expect(unknownAttributes(spans())).toEqual([]);
    expect(JSON.stringify(spans())).not.toMatch(/capital of France|Paris|alpha|secret/);
  });

  it('without a span around it, the lookup is the root of the trace, and the call is below it', async () => {
    const { tracerProvider, span } = recordedSpans();
    const cache = createCache({ tracing: tracing({ tracerProvider }) });
    await cache.ask(chat(), saying(completion()));
    await settled();
    const lookup = span('askonce lookup');
    expect(lookup.parentSpanId).toBeUndefined();
    expect(span('chat gpt-x')).toMatchObject({ traceId: lookup.traceId, parentSpanId: lookup.spanId });
  });

  it.each([
    [500, '500'],
    [404, '404'],
  ])('a call that the provider answers with %i is an error of that type', async (status, type) => {
    const { ask, call, span } = setUp();
    const asked = ask();
    await settled();
    answer(call(0), apiError('no'), status);
    await asked;
    await settled();
    expect(span('chat')).toMatchObject({ isError: true, attributes: { 'error.type': type } });
  });

  it('a call that fails is an error by its code, and one whose caller has left is cancelled', async () => {
    const { ask, call, spans } = setUp({ abandoned: 'cancel' });
    const failing = ask();
    await settled();
    call(0).fail(new Error('connection refused'));
    await expect(failing).rejects.toThrow();
    const leaving = new AbortController();
    const left = ask({ question: 'another' }, { signal: leaving.signal });
    await settled();
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await settled();
    const calls = spans().filter(({ name }) => name === 'chat gpt-x');
    expect(calls.map(({ isError, attributes }) => [isError, attributes['error.type']])).toEqual([
      [true, 'provider_unreachable'],
      [false, 'cancelled'],
    ]);
  });

  it('a stream is one call, which ends with its last event', async () => {
    const { ask, call, span } = setUp();
    const asked = ask({ body: { stream: true } });
    await settled();
    stream(call(0), chunks(['a', 'b'], { usage: true }));
    await textOf(await asked);
    await settled();
    expect(span('chat gpt-x').attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.usage.output_tokens': 2,
      'gen_ai.response.finish_reasons': ['stop'],
    });
  });
});

describe('without a call', () => {
  it('a hit has the span of its lookup alone, with its tier, and usage is not that of a call', async () => {
    const { stored, ask, spans } = setUp();
    await stored();
    const before = spans().length;
    await ask();
    await settled();
    const more = spans().slice(before);
    expect(more.map(({ name }) => name)).toEqual(['askonce lookup']);
    expect(more[0]?.attributes).toMatchObject({
      'askonce.outcome': 'hit',
      'askonce.tier': 'memory',
      'askonce.fresh': true,
      'askonce.hit.kind': 'exact',
      'askonce.saved_tokens': 12,
    });
    expect(more[0]?.attributes['gen_ai.usage.input_tokens']).toBeUndefined();
  });

  it('a follower has a span for the wait, with a link to the call that answers it', async () => {
    const { ask, call, calls, spans, span } = setUp();
    const leader = ask();
    const follower = ask();
    await settled();
    answer(call(0));
    await Promise.all([leader, follower]);
    await settled();
    expect(calls).toHaveLength(1);
    expect(span('askonce follow').links).toEqual([span('chat gpt-x').spanId]);
    expect(spans().filter(({ name }) => name === 'askonce lookup')).toHaveLength(2);
  });

  it('a bypass has its reason, and its call has the model that only the body names', async () => {
    const { ask, call, span } = setUp();
    const asked = ask({ directives: { noStore: true } });
    await settled();
    answer(call(0));
    await textOf(await asked);
    await settled();
    expect(span('askonce lookup').attributes).toMatchObject({
      'askonce.outcome': 'bypass',
      'askonce.reason': 'no-store',
    });
    expect(span('chat gpt-x').attributes).toMatchObject({
      'askonce.call.cause': 'bypass',
      'gen_ai.request.model': 'gpt-x',
      'gen_ai.usage.output_tokens': 3,
    });
  });

  it('a request that is refused before its lookup has ended has a span with the error', async () => {
    const { cache, provider, span } = setUp();
    await expect(cache.ask({ ...chat(), body: '{' }, provider)).rejects.toThrow();
    expect(span('askonce lookup')).toMatchObject({
      isError: true,
      attributes: { 'error.type': 'invalid_json' },
    });
  });
});

it('a refresh is a trace of its own, with a link to the lookup that began it and its call below it', async () => {
  const { stored, ask, call, clock, spans, span } = setUp({
    staleWhileRevalidate: true,
    staleDays: 1 / 24,
    ttlDays: 1,
  });
  await stored();
  clock.advance(3_605_000);
  const before = spans().length;
  await ask();
  await settled();
  answer(call(1));
  await settled();
  const [lookup] = spans().slice(before);
  const refresh = span('askonce refresh');
  expect(lookup?.attributes).toMatchObject({ 'askonce.outcome': 'hit', 'askonce.fresh': false });
  expect(refresh.parentSpanId).toBeUndefined();
  expect(refresh.traceId).not.toBe(caller.traceId);
  expect(refresh.links).toEqual([lookup?.spanId]);
  const called = spans().findLast(({ name }) => name === 'chat gpt-x');
  expect(called).toMatchObject({ traceId: refresh.traceId, parentSpanId: refresh.spanId });
  expect(headerOf(call(1).request.headers['traceparent'])).toBe(`00-${refresh.traceId}-${called?.spanId}-01`);
});

it('observers can find the span of the request that an event is about, until the next event', async () => {
  const { tracerProvider, spans } = recordedSpans();
  const traced = tracing({ tracerProvider });
  const found: (string | undefined)[] = [];
  const cache = createCache({
    tracing: traced,
    observe: (event) => {
      if (event.type === 'miss' || event.type === 'hit' || event.type === 'provider-answer')
        found.push(traced.spanOf(event.requestId)?.spanId);
    },
  });
  await cache.ask(chat(), saying(completion()));
  await settled();
  await cache.ask(chat(), saying(completion()));
  const [miss, hit] = spans().flatMap(({ name, spanId }) => (name === 'askonce lookup' ? [spanId] : []));
  expect(found).toEqual([miss, miss, hit]);
  expect(traced.spanOf('another')).toBeUndefined();
});

it('a request that follows another process has a link to the call there', async () => {
  const { tracerProvider, span, spans } = recordedSpans();
  const { ask, pass, calls, call } = await processes(2, {}, true, {}, (clock) =>
    tracing({ tracerProvider, clock, contextOf: () => inTrace }),
  );
  const asked = [ask(0), ask(1)];
  await pass(100);
  answer(call(0));
  await pass(100);
  await Promise.all(asked);
  expect(calls).toHaveLength(1);
  expect(span('askonce follow').links).toEqual([span('chat gpt-x').spanId]);
  expect(spans().filter(({ name }) => name === 'askonce lookup')).toHaveLength(2);
});

it('a request that is not sampled has no spans, and the provider learns so', async () => {
  const { ask, call, spans } = setUp({}, new AlwaysOffSampler());
  const asked = ask();
  await settled();
  expect(headerOf(call(0).request.headers['traceparent'])).toMatch(
    new RegExp(`^00-${caller.traceId}-[0-9a-f]{16}-00$`),
  );
  answer(call(0));
  await asked;
  expect(spans()).toEqual([]);
});

describe('the active context', () => {
  beforeEach(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterEach(() => context.disable());

  it("spans are below the caller's active span, and what the provider does is below its call", async () => {
    const { tracerProvider, span } = recordedSpans();
    const tracer = tracerProvider.getTracer('app');
    const cache = createCache({ tracing: tracing({ tracerProvider }) });
    await tracer.startActiveSpan('app', async (app) => {
      await cache.ask(chat(), async (request, signal) => {
        tracer.startSpan('POST').end();
        return await saying(completion())(request, signal);
      });
      app.end();
    });
    await settled();
    const app = span('app');
    expect(span('askonce lookup').parentSpanId).toBe(app.spanId);
    expect(span('chat gpt-x').parentSpanId).toBe(app.spanId);
    expect(span('POST').parentSpanId).toBe(span('chat gpt-x').spanId);
  });
});
