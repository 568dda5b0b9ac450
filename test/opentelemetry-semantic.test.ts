/**
 * The spans of the semantic tier's calls to services that are paid for, as the real SDK records them.
 */
import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { tracing } from 'askonce/opentelemetry';
import { modelVerifier, remoteEmbedder } from 'askonce/semantic';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { settled } from './support/gated-provider.ts';
import { capital, capitalAgain, setUpSemantic, wordEmbedder } from './support/semantic-set-up.ts';
import { recordedSpans, unknownAttributes } from './support/spans.ts';

const caller = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
};
const inTrace = trace.setSpanContext(ROOT_CONTEXT, caller);
const json = (value: unknown) => new Blob([JSON.stringify(value)]).stream();

/** The request waits for the service by then, so that the time does not count as the stores'. */
const waitedFor = () => Promise.resolve();

/** A cache whose embedder and verifier are remote services that take 40 ms and 60 ms. */
function setUp(settings = {}, sampler?: AlwaysOffSampler) {
  const clock = fakeClock();
  const words = wordEmbedder();
  const recorded = recordedSpans(sampler);
  const { tracerProvider } = recorded;
  const embedder = remoteEmbedder({
    baseUrl: 'https://embeddings.test/v1',
    model: 'emb-1',
    async fetch(_url, { body }) {
      await waitedFor();
      const { input } = JSON.parse(body);
      const embedding = [...((await words.embed(String(input))) ?? [])];
      clock.advance(40);
      return {
        status: 200,
        body: json({ data: [{ embedding }], usage: { prompt_tokens: 7, total_tokens: 7 } }),
      };
    },
  });
  const verifier = modelVerifier({
    baseUrl: 'https://models.test/v1',
    model: 'judge-1',
    async fetch() {
      await waitedFor();
      clock.advance(60);
      const message = { role: 'assistant', content: 'yes' };
      const usage = { prompt_tokens: 400, completion_tokens: 2, total_tokens: 402 };
      return { status: 200, body: json({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage }) };
    },
  });
  const scene = setUpSemantic({
    clock,
    settings: { semanticEmbedderMs: 10_000, semanticVerifierMs: 10_000, ...settings },
    semantic: { embedder, verifier },
    tracing: tracing({ tracerProvider, clock, contextOf: () => inTrace }),
  });
  return { ...scene, ...recorded };
}

it('the calls that a lookup waits for are spans beside it, with the services, the models and what they used', async () => {
  const { stored, spans, span } = setUp({ semanticUpper: 0.95, semanticJudge: 'none' });
  await stored({ question: capital });
  await settled();
  const before = spans().length;
  const again = await stored({ question: capitalAgain });
  expect(again.cacheStatus.detail).toBe('semantic');
  await settled();
  const more = spans().slice(before);
  expect(more.map(({ name }) => name)).toEqual(['embeddings emb-1', 'chat judge-1', 'askonce lookup']);
  const [embedding, verdict, lookup] = more;
  for (const one of more) expect(one).toMatchObject({ traceId: caller.traceId, parentSpanId: caller.spanId });
  expect(embedding).toMatchObject({
    kind: 'CLIENT',
    links: [],
    attributes: {
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.request.model': 'emb-1',
      'gen_ai.usage.input_tokens': 7,
      'server.address': 'embeddings.test',
      'server.port': 443,
      'askonce.semantic.part': 'embedder',
      'askonce.request_id': lookup?.attributes['askonce.request_id'],
    },
  });
  expect(verdict?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.usage.input_tokens': 400,
    'gen_ai.usage.output_tokens': 2,
    'askonce.semantic.part': 'verifier',
  });
  const lengths = [embedding, verdict].map((one) => (one?.end ?? 0) - (one?.start ?? 0));
  expect(lengths).toEqual([40, 60]);
  expect(lookup?.attributes['askonce.hit.kind']).toBe('semantic');
  expect(span('chat gpt-x').attributes['askonce.semantic.part']).toBeUndefined();
  expect(unknownAttributes(spans())).toEqual([]);
  expect(JSON.stringify(spans())).not.toMatch(/capital|Paris/);
});

it("a judge's call is a trace of its own, with a link to the lookup of the request whose answer it judges", async () => {
  const { stored, spans, span } = setUp({ semanticAuditShare: 1, semanticJudge: 'verifier' });
  await stored({ question: capital });
  await stored({ question: capitalAgain });
  await settled();
  await settled();
  const judged = span('chat judge-1');
  const lookup = spans().findLast(({ name }) => name === 'askonce lookup');
  expect(judged).toMatchObject({ kind: 'CLIENT', parentSpanId: undefined, links: [lookup?.spanId] });
  expect(judged.traceId).not.toBe(caller.traceId);
  expect(judged.attributes).toMatchObject({
    'askonce.semantic.part': 'judge',
    'askonce.request_id': lookup?.attributes['askonce.request_id'],
  });
});

it('calls for requests that are not sampled have no spans', async () => {
  const settings = { semanticAuditShare: 1, semanticJudge: 'verifier' };
  const { stored, spans, count } = setUp(settings, new AlwaysOffSampler());
  await stored({ question: capital });
  await stored({ question: capitalAgain });
  await settled();
  await settled();
  expect(count('semantic-call')).toBeGreaterThan(2);
  expect(spans()).toEqual([]);
});
