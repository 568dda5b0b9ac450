/**
 * A question in other words through the gateway, with the official clients.
 */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { gatewayForTest, type TestGateway } from './support/gateway.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { startEmbedder } from './support/semantic-services.ts';

const adminKey = 'the-key-of-all-admin-calls';

/** 5 degrees apart is a similarity of 0.996, 30 degrees is 0.866. */
const topics = {
  'reset my password': 0,
  'password be reset': 5,
  'change my password': 30,
  'opening hours': 120,
};
const asked = 'How can I reset my password?';
const inOtherWords = 'How can my password be reset?';

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'text', text: 'By mail.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 5 },
};

const chunk = (delta: object, finish: string | null, usage?: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: usage === undefined ? [{ index: 0, delta, finish_reason: finish }] : [], ...(usage && { usage }) })}\n\n`;
const streamed = [
  chunk({ role: 'assistant', content: 'By ' }, null),
  chunk({ content: 'mail.' }, null),
  chunk({}, 'stop'),
  chunk({}, null, { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 }),
  'data: [DONE]\n\n',
].join('');

async function setUp(settings: GatewaySettingsInput = {}) {
  const embedder = await startEmbedder(topics);
  const provider = await startRememberingProvider(({ url, body }) => {
    if (url === '/v1/messages') return { body: JSON.stringify(message) };
    return body.includes('"stream":true')
      ? { headers: { 'content-type': 'text/event-stream' }, body: streamed }
      : { body: chatAnswer('By mail.') };
  });
  const gateway = await gatewayForTest(provider.url, {
    adminKey,
    semanticCache: true,
    semanticEmbedder: 'remote',
    embeddingsBaseUrl: embedder.url,
    embeddingsApiKey: 'sk-embedder',
    semanticModel: 'plane',
    semanticUpper: 0.95,
    semanticGuards: [],
    // The tests are not about the speed of a busy machine.
    semanticEmbedderMs: 30_000,
    ...settings,
  });
  return { embedder, provider, gateway };
}

const headersOf = ({ headers }: { readonly headers: Headers }) => ({
  status: headers.get('cache-status'),
  similarity: headers.get('askonce-similarity'),
  match: headers.get('askonce-match'),
  question: headers.get('askonce-question'),
});

const openaiAt = ({ url }: TestGateway, apiKey = 'sk-ada') =>
  new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });

/** Asks by OpenAI's client. Resolves with the answer's text and the headers of the semantic tier. */
async function ask(client: OpenAI, content: string, headers: Readonly<Record<string, string>> = {}) {
  const { data, response } = await client.chat.completions
    .create({ model: 'gpt-4o', messages: [{ role: 'user', content }] }, { headers })
    .withResponse();
  return { text: data.choices[0]?.message.content, ...headersOf(response) };
}

const semanticHit = /^askonce; hit; ttl=\d+; detail="semantic"$/;

describe('the same question in other words through the gateway', () => {
  it('an OpenAI client gets the stored answer, with its similarity and an id for feedback', async () => {
    const { gateway, provider, embedder } = await setUp();
    const client = openaiAt(gateway);
    expect(await ask(client, asked)).toMatchObject({ text: 'By mail.', similarity: null, match: null });
    const hit = await ask(client, inOtherWords);
    expect(hit).toEqual({
      text: 'By mail.',
      status: expect.stringMatching(semanticHit),
      similarity: '0.996',
      match: expect.stringMatching(/^[\w-]+$/),
      question: null,
    });
    expect(provider.seen).toHaveLength(1);
    expect(embedder.credentials.every((credential) => credential === 'Bearer sk-embedder')).toBe(true);
    // The first question itself stays an exact hit, and says nothing of the tier.
    expect(await ask(client, asked)).toMatchObject({
      status: expect.stringContaining('detail="memory"'),
      similarity: null,
      match: null,
    });
  });

  it('a stored body answers a stream in other words, and a stored stream a body', async () => {
    const { gateway, provider } = await setUp();
    const client = openaiAt(gateway);
    await ask(client, asked);
    const request = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: inOtherWords }] };
    const { data, response } = await client.chat.completions
      .create({ ...request, stream: true, stream_options: { include_usage: true } })
      .withResponse();
    let text = '';
    for await (const { choices } of data) text += choices[0]?.delta.content ?? '';
    expect([text, response.headers.get('cache-status')]).toEqual([
      'By mail.',
      expect.stringMatching(semanticHit),
    ]);
    expect(provider.seen).toHaveLength(1);

    const other = openaiAt(gateway, 'sk-bob');
    const stream = await other.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: asked }],
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const _ of stream);
    expect(await ask(other, inOtherWords)).toMatchObject({
      text: 'By mail.',
      status: expect.stringMatching(semanticHit),
    });
    expect(provider.seen).toHaveLength(2);
  });

  it('an Anthropic client gets the stored answer as well', async () => {
    const { gateway, provider } = await setUp();
    const client = new Anthropic({ apiKey: 'sk-ada', baseURL: gateway.url, maxRetries: 0 });
    const create = (content: string) =>
      client.messages
        .create({ model: 'claude-x', max_tokens: 100, messages: [{ role: 'user', content }] })
        .withResponse();
    await create(asked);
    const { data, response } = await create(inOtherWords);
    expect(data.content).toEqual(message.content);
    expect(headersOf(response)).toMatchObject({
      status: expect.stringMatching(semanticHit),
      similarity: '0.996',
    });
    expect(provider.seen).toHaveLength(1);
  });

  it('another credential, system prompt, model or question gets an answer of its own', async () => {
    const { gateway, provider } = await setUp();
    await ask(openaiAt(gateway), asked);
    expect((await ask(openaiAt(gateway, 'sk-eve'), inOtherWords)).status).toContain('fwd=miss');
    const client = openaiAt(gateway);
    const other = await client.chat.completions
      .create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: inOtherWords }] })
      .withResponse();
    expect(headersOf(other.response).status).toContain('fwd=miss');
    expect((await ask(client, 'What are your opening hours?')).status).toContain('fwd=miss');
    expect((await ask(client, 'How can I change my password?')).status).toContain('fwd=miss');
    expect(provider.seen).toHaveLength(5);
  });

  it('greetings and politeness need no threshold', async () => {
    const { gateway, provider } = await setUp({ semanticUpper: undefined });
    const client = openaiAt(gateway);
    await ask(client, asked);
    expect(await ask(client, 'Hi, how can I reset my password, please?')).toMatchObject({
      status: expect.stringMatching(semanticHit),
      similarity: '1.000',
    });
    // An unknown embedder has no prior.
    expect((await ask(client, inOtherWords)).status).toContain('fwd=miss');
    expect(provider.seen).toHaveLength(2);
  });
});

describe('Askonce-Semantic', () => {
  it('off keeps a request out, a lower rate serves less, and question names the first question', async () => {
    const { gateway, provider } = await setUp();
    const client = openaiAt(gateway);
    await ask(client, asked);
    const semantic = (text: string, value: string) => ask(client, text, { 'askonce-semantic': value });
    expect((await semantic(inOtherWords, 'off')).status).toContain('fwd=miss');
    expect(provider.seen).toHaveLength(2);
    const shown = await semantic('How can my password be reset again?', 'question, max-error=0.02');
    expect(shown).toMatchObject({ status: expect.stringMatching(semanticHit) });
    expect(shown.question).toMatch(/^%"How can .*password.*"$/);
    const wrong = await gateway.ask('/v1/chat/completions', chatRequest(asked), {
      'askonce-semantic': 'of',
    });
    expect([wrong.status, wrong.body.toString()]).toEqual([
      400,
      expect.stringContaining('The header Askonce-Semantic is wrong'),
    ]);
  });
});

describe('feedback through the gateway', () => {
  const send = (gateway: TestGateway, body: object, headers: Readonly<Record<string, string>>) =>
    gateway.ask('/cache/feedback', JSON.stringify(body), headers);
  const ada = { authorization: 'Bearer sk-ada' };

  it('wrong blocks the stored answer for other questions at once, and not for its own', async () => {
    const { gateway, provider } = await setUp();
    const client = openaiAt(gateway);
    await ask(client, asked);
    const { match } = await ask(client, inOtherWords);
    const eve = await send(gateway, { match, verdict: 'wrong' }, { authorization: 'Bearer sk-eve' });
    expect([eve.status, eve.body.toString()]).toEqual([403, expect.stringContaining('feedback_forbidden')]);
    const answered = await send(gateway, { match, verdict: 'wrong' }, ada);
    expect([answered.status, JSON.parse(answered.body.toString())]).toEqual([200, { blocked: true }]);
    expect((await ask(client, inOtherWords)).status).toContain('fwd=miss');
    expect((await ask(client, asked)).status).toContain('askonce; hit');
    expect(provider.seen).toHaveLength(2);
    expect((await send(gateway, { match: 'unknown', verdict: 'wrong' }, ada)).status).toBe(404);
  });

  it('right blocks nothing, and the admin key speaks for every credential', async () => {
    const { gateway, provider } = await setUp();
    const client = openaiAt(gateway);
    await ask(client, asked);
    const { match } = await ask(client, inOtherWords);
    const admin = { authorization: `Bearer ${adminKey}` };
    const right = await send(gateway, { match, verdict: 'right' }, ada);
    expect([right.status, JSON.parse(right.body.toString())]).toEqual([200, { blocked: false }]);
    expect((await ask(client, 'How could my password be reset?')).match).not.toBe(null);
    expect((await send(gateway, { match, verdict: 'wrong' }, admin)).status).toBe(200);
    expect((await ask(client, 'How can the password be reset?')).status).toContain('fwd=miss');
    expect(provider.seen).toHaveLength(2);
  });
});

describe('the admin calls of the semantic tier', () => {
  const report = z.looseObject({
    embedder: z.looseObject({ calls: z.number() }),
    guards: z.record(z.string(), z.number()),
    gates: z.record(z.string(), z.number()),
    pools: z.array(z.looseObject({})),
    nearMisses: z.array(z.looseObject({ match: z.string() })),
  });
  const explained = z.looseObject({
    kind: z.string(),
    semantic: z.looseObject({
      out: z.string().optional(),
      nearest: z.array(
        z.looseObject({ question: z.string(), similarity: z.number(), keptApartBy: z.unknown().optional() }),
      ),
    }),
  });

  async function admin(gateway: TestGateway, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(gateway.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    return await response.json();
  }

  const request = (content: string) => ({
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer sk-ada' },
    body: JSON.parse(chatRequest(content)),
  });

  it('explain shows the nearest stored questions, their similarity, and what keeps each apart', async () => {
    const { gateway, provider } = await setUp({ semanticGuards: ['negation'] });
    await gateway.ask('/v1/chat/completions', chatRequest(asked), { authorization: 'Bearer sk-ada' });
    const explain = async (content: string) =>
      explained.parse(await admin(gateway, '/cache/explain', request(content))).semantic;
    const served = await explain(inOtherWords);
    expect(served.nearest[0]).toMatchObject({ similarity: expect.closeTo(0.9962, 3) });
    expect(served.nearest[0]?.question).toMatch(/reset my password/i);
    expect(served.nearest[0]?.keptApartBy).toBeUndefined();
    expect((await explain('How can I change my password?')).nearest[0]?.keptApartBy).toMatchObject({
      by: 'threshold',
    });
    expect(
      (await explain('How can my password not be reset? My password be reset!')).nearest[0],
    ).toMatchObject({
      keptApartBy: { by: 'guard', detail: expect.stringContaining('negation') },
    });
    expect((await explain('What is the weather today?')).out).toContain('gate fresh');
    expect(provider.seen).toHaveLength(1);
  });

  it('the report counts what gates, guards and the embedder did, and lists pairs that feedback takes', async () => {
    const { gateway } = await setUp({ semanticGuards: ['negation'] });
    const client = openaiAt(gateway);
    await ask(client, asked);
    await ask(client, 'What is the weather today?');
    await ask(client, 'How can my password not be reset? My password be reset!');
    const read = report.parse(await admin(gateway, '/cache/semantic'));
    expect(read).toMatchObject({ gates: { fresh: 1 }, guards: { negation: 1 } });
    expect(read.embedder.calls).toBeGreaterThanOrEqual(2);
    expect(read.nearMisses).not.toEqual([]);
    const match = read.nearMisses[0]?.match;
    const judged = await admin(gateway, '/cache/feedback', { match, verdict: 'right' });
    expect(judged).toEqual({ blocked: false });
  });
});

it('a gateway with the built-in embedder needs no service, and its settings say what it serves from', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('By mail.') }));
  const gateway = await gatewayForTest(provider.url, {
    semanticCache: true,
    semanticEmbedderMs: 30_000,
  });
  const client = openaiAt(gateway);
  await ask(client, 'How do I reset my password?');
  expect(await ask(client, 'Hello! How do I reset my password? Thanks!')).toMatchObject({
    text: 'By mail.',
    status: expect.stringMatching(semanticHit),
  });
  expect(provider.seen).toHaveLength(1);
});
