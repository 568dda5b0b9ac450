/**
 * Requests of every kind by the official clients, through a gateway that is traced: their spans as a collector gets them,
 * their log lines, and what none of these may hold.
 */
import Anthropic from '@anthropic-ai/sdk';
import { fakeClock } from 'askonce/testing';
import OpenAI from 'openai';
import { expect, it, onTestFinished } from 'vitest';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { prettyLine } from '../packages/gateway/src/log/pretty.ts';
import { gatewayForTest } from './support/gateway.ts';
import { startOtlpReceiver } from './support/otlp-receiver.ts';
import { chatAnswer, chatRequest, startProvider } from './support/remembering-provider.ts';
import { startEmbedder } from './support/semantic-services.ts';
import { type RecordedSpan, unknownAttributes } from './support/spans.ts';

/** In all prompts, answers, tags, names of users and credentials. */
const marker = 'zanzibarmark';
const adminKey = `the-admin-key-${marker}`;
const chatPath = '/v1/chat/completions';
const message = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x' },
  content: [{ type: 'text', text: `By mail, ${marker}.` }],
  ...{ stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 3, output_tokens: 5 } },
};
const chunk = (choices: readonly object[], more: object = {}) =>
  `data: ${JSON.stringify({ id: 'c-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices, ...more })}\n\n`;
const firstChunk = chunk([{ index: 0, delta: { role: 'assistant', content: marker }, finish_reason: null }]);
const otherChunks = [
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
  chunk([], { usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } }),
  'data: [DONE]\n\n',
].join('');

/** Questions by their angles: 5 degrees apart is a similarity of 0.996. */
const topics = {
  ...{ 'reset my password': 0, 'password be reset': 5, 'other stream': 60 },
  ...{ 'other way': 120, 'other wrong': 180, 'other broken': 240 },
};

/** A provider that answers by what it is asked. */
const startProviderOfAll = () =>
  startProvider((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const begin = (status: number, type: string) => response.writeHead(status, { 'content-type': type });
      if (body.includes('broken')) {
        begin(200, 'text/event-stream').write(firstChunk, () => response.destroy());
      } else if (body.includes('wrong')) {
        const error = { message: `no ${marker}`, type: 'invalid_request_error', param: null, code: null };
        begin(400, 'application/json').end(JSON.stringify({ error }));
      } else if (request.url === '/v1/messages') begin(200, 'application/json').end(JSON.stringify(message));
      else if (body.includes('"stream":true')) begin(200, 'text/event-stream').end(firstChunk + otherChunks);
      else begin(200, 'application/json').end(chatAnswer(`By mail, ${marker}.`));
    });
  });

const callers = {
  'askonce-user': marker,
  'askonce-session': marker,
  'askonce-tenant': marker,
  'askonce-tags': `team=${marker}`,
};

async function setUp() {
  const [provider, embedder, receiver] = await Promise.all([
    startProviderOfAll(),
    startEmbedder(topics),
    startOtlpReceiver(),
  ]);
  const clock = fakeClock();
  const settings: GatewaySettingsInput = {
    traces: 'otlp',
    metrics: 'open',
    semanticEmbedder: 'remote',
    ...{ otlpEndpoint: receiver.url, spanDelayMs: 20, adminKey },
    ...{ staleWhileRevalidate: true, staleDays: 1 / 24, ttlDays: 1, negativeCache: true },
    ...{ semanticCache: true, embeddingsBaseUrl: embedder.url, semanticModel: 'plane' },
    ...{ semanticUpper: 0.95, semanticGuards: [], semanticEmbedderMs: 30_000 },
  };
  const gateway = await gatewayForTest(provider, settings, clock);
  let traces = 0;
  /** Headers of a request in a trace of its own. */
  function traced() {
    traces += 1;
    const traceId = String(traces).padStart(32, 'a');
    return { traceId, headers: { ...callers, traceparent: `00-${traceId}-b7ad6b7169203331-01` } };
  }
  const client = { apiKey: `sk-${marker}`, maxRetries: 0 };
  const openai = new OpenAI({ ...client, baseURL: `${gateway.url}/v1` });
  const anthropic = new Anthropic({ ...client, baseURL: gateway.url });
  const asked = (content: string) => ({
    model: 'gpt-4o',
    user: marker,
    messages: [{ role: 'user' as const, content: `${content} ${marker}?` }],
  });
  return {
    ...{ gateway, receiver, clock },
    ask: async (content: string, { traceId, headers } = traced()) => {
      const { response } = await openai.chat.completions.create(asked(content), { headers }).withResponse();
      return { traceId, match: response.headers.get('askonce-match') ?? '' };
    },
    async stream(content: string, { traceId, headers } = traced()): Promise<string> {
      const request = { ...asked(content), stream: true, stream_options: { include_usage: true } } as const;
      for await (const _ of await openai.chat.completions.create(request, { headers }));
      return traceId;
    },
    async message(): Promise<string> {
      const { traceId, headers } = traced();
      const request = { model: 'claude-x', max_tokens: 50, messages: asked('Which other way').messages };
      await anthropic.messages.create(request, { headers });
      return traceId;
    },
    traced,
    post: (path: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
      gateway.ask(path, body, { authorization: `Bearer sk-${marker}`, ...callers, ...headers }),
    /** The spans of a trace, once its server span and so many others have come. */
    spansOf: (traceId: string, least: number) =>
      receiver.found((spans) => {
        const own = spans.filter((one) => one.traceId === traceId);
        return own.length >= least && own.some(({ kind }) => kind === 'SERVER') ? own : undefined;
      }),
  };
}

const named = (spans: readonly RecordedSpan[], name: string) => spans.find((one) => one.name === name);
const namesOf = (spans: readonly RecordedSpan[]) => spans.map(({ name }) => name).toSorted();

it('requests of every kind by the official clients have the spans of what they caused', async () => {
  const { gateway, receiver, clock, ask, stream, message: say, traced, spansOf } = await setUp();

  const streamedMiss = await spansOf(await stream('Which other stream'), 5);
  await gateway.happened('stored', 1);
  const streamedHit = await spansOf(await stream('Which other stream'), 2);
  expect(namesOf(streamedMiss)).toEqual([
    'POST /v1/chat/completions',
    'askonce lookup',
    'askonce store',
    'chat gpt-4o',
    'embeddings plane',
  ]);
  expect(named(streamedMiss, 'chat gpt-4o')?.attributes).toMatchObject({
    'gen_ai.request.stream': true,
    'gen_ai.usage.output_tokens': 5,
    'gen_ai.response.id': 'c-1',
  });
  expect(namesOf(streamedHit)).toEqual(['POST /v1/chat/completions', 'askonce lookup']);

  const said = await spansOf(await say(), 5);
  await gateway.happened('stored', 2);
  const saidAgain = await spansOf(await say(), 2);
  expect(named(said, 'chat claude-x')?.attributes).toMatchObject({
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.usage.input_tokens': 3,
    'gen_ai.usage.output_tokens': 5,
    'gen_ai.response.finish_reasons': ['end_turn'],
  });
  expect(namesOf(saidAgain)).toEqual(['POST /v1/messages', 'askonce lookup']);

  await ask('How can I reset my password');
  await gateway.happened('stored', 3);
  const inOtherWords = await spansOf((await ask('How can my password be reset')).traceId, 3);
  expect(namesOf(inOtherWords)).toEqual(['POST /v1/chat/completions', 'askonce lookup', 'embeddings plane']);
  expect(named(inOtherWords, 'askonce lookup')?.attributes).toMatchObject({
    'askonce.hit.kind': 'semantic',
    'askonce.similarity': expect.closeTo(0.996, 3),
  });

  const refused = traced();
  await expect(ask('Which other wrong', refused)).rejects.toThrow(OpenAI.BadRequestError);
  const again = traced();
  await expect(ask('Which other wrong', again)).rejects.toThrow(OpenAI.BadRequestError);
  const remembered = await spansOf(again.traceId, 2);
  expect(namesOf(remembered)).toEqual(['POST /v1/chat/completions', 'askonce lookup']);
  for (const { attributes } of remembered) expect(attributes['askonce.outcome']).toBe('negative');

  const cut = traced();
  await expect(stream('Which other broken', cut)).rejects.toThrow();
  const broken = await spansOf(cut.traceId, 4);
  expect(named(broken, 'chat gpt-4o')).toMatchObject({
    isError: true,
    attributes: { 'gen_ai.request.stream': true, 'error.type': expect.any(String) },
  });
  expect(named(broken, 'askonce store')).toBeUndefined();

  clock.advance(3_605_000);
  const stale = await spansOf((await ask('How can I reset my password')).traceId, 2);
  const refresh = await receiver.found((spans) => named(spans, 'askonce refresh'));
  const lookup = named(stale, 'askonce lookup');
  expect(lookup?.attributes).toMatchObject({ 'askonce.outcome': 'hit', 'askonce.fresh': false });
  expect(refresh).toMatchObject({ parentSpanId: undefined, links: [lookup?.spanId], isError: false });
  const refreshing = receiver.spans.filter(({ traceId }) => traceId === refresh.traceId);
  expect(named(refreshing, 'chat gpt-4o')).toMatchObject({
    parentSpanId: refresh.spanId,
    attributes: { 'askonce.call.cause': 'refresh' },
  });
  expect(unknownAttributes(receiver.spans)).toEqual([]);
}, 60_000);

it('no log line, span, metric or event has what a prompt, an answer, a tag, a name or a credential says', async () => {
  const { gateway, receiver, ask, stream, message: say, post } = await setUp();
  const admin = { authorization: `Bearer ${adminKey}` };
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.message);
  process.on('warning', note);
  onTestFinished(() => {
    process.off('warning', note);
  });
  await stream('Which other stream');
  await gateway.happened('stored', 1);
  await stream('Which other stream');
  await say();
  await ask('How can I reset my password');
  await gateway.happened('stored', 3);
  const { match } = await ask('How can my password be reset');
  for (let twice = 0; twice < 2; twice++) await expect(ask('Which other wrong')).rejects.toThrow();
  await expect(stream('Which other broken')).rejects.toThrow();
  const statuses = [
    await post(chatPath, chatRequest(marker), { 'cache-control': 'no-store' }),
    await post(chatPath, `{"messages":"${marker}`),
    await post(chatPath, chatRequest(marker), { 'askonce-ttl': marker }),
    await post(chatPath, chatRequest(`another ${marker}`), { 'cache-control': 'only-if-cached' }),
    await post(`/v1/files?key=${marker}`, `{"of":"${marker}"}`),
    await post('/cache/feedback', JSON.stringify({ match, verdict: 'wrong' })),
    await post('/cache/feedback', JSON.stringify({ match: marker, verdict: 'right' })),
    await post('/cache/invalidate', JSON.stringify({ user: marker })),
    await post('/cache/invalidate', JSON.stringify({ user: marker }), admin),
    await post('/cache/invalidate', JSON.stringify({ [marker]: marker }), admin),
    await post(`/cache/users/${marker}`, '{}', admin),
  ].map(({ status }) => status);
  expect(statuses.slice(0, 10)).toEqual([200, 400, 400, 504, 200, 200, 404, 401, 200, 400]);
  const scraped = await fetch(`${gateway.url}/metrics`, {
    headers: { accept: 'application/openmetrics-text; version=1.0.0' },
  });
  const metrics = await scraped.text();
  await gateway.close();

  const lines = gateway.log.map((line) => JSON.parse(line));
  const ofRequests = lines.filter(({ requestId, path, call }) => requestId && (path ?? call));
  // One line for each request; the clients have made 8.
  expect(new Set(ofRequests.map(({ requestId }) => requestId)).size).toBe(8 + statuses.length);
  expect(ofRequests).toHaveLength(8 + statuses.length);
  expect(ofRequests.filter(({ call }) => call === 'POST /cache/feedback')).toMatchObject([
    { status: 200, verdict: 'wrong', traceId: expect.any(String) },
  ]);
  const answered = ofRequests.filter(({ msg }) => msg === 'answered');
  expect(answered.map(({ cache }) => cache)).toEqual(
    expect.arrayContaining(['miss', 'hit memory', 'hit semantic', 'hit negative', 'bypass no-store']),
  );
  for (const line of answered) {
    expect(line).toMatchObject({ headMs: expect.any(Number), totalMs: expect.any(Number) });
    expect(prettyLine(JSON.stringify(line))).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}answered requestId=req_\w+ .*\n$/,
    );
    if (/^(?:hit (?:memory|semantic)|miss)$/.test(line.cache) && line.status === 200)
      expect(line).toMatchObject({ entry: expect.stringMatching(/^[0-9a-f]{12}$/) });
  }
  expect(answered.filter(({ cache, inputTokens }) => /^hit [ms]/.test(cache) && inputTokens !== 3)).toEqual(
    [],
  );
  expect(metrics).toContain('trace_id="aaaa');
  // A response that is traced has one listener more.
  expect(warnings.filter((text) => text.includes('ServerResponse'))).toEqual([]);
  expect(receiver.spans.length).toBeGreaterThan(20);
  const exemplars = Array.from(metrics.matchAll(/# \{([^}]*)\}/g), ([, labels = '']) =>
    labels.replace(/[",=]/g, ''),
  );
  for (const labels of exemplars) expect(labels.length).toBeLessThanOrEqual(128);
  for (const text of [gateway.log.join(''), receiver.text, metrics]) {
    expect(text).not.toContain(marker);
    expect(text).not.toMatch(/reset my password|By mail/);
  }
}, 60_000);
