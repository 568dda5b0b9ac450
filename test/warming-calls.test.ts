/**
 * `POST /cache/warm` and what follows it: the answers that official clients then get, the progress, the bounds, the shutdown.
 */
import Anthropic from '@anthropic-ai/sdk';
import { startSimulatedProvider } from 'askonce/testing';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { gatewayForTest, type TestGateway } from './support/gateway.ts';
import { chatAnswer, startProvider, startRememberingProvider } from './support/remembering-provider.ts';
import { polled } from './support/shared-gateways.ts';

const adminKey = 'the-key-of-all-admin-calls';
const progressSchema = z.looseObject({
  id: z.string().optional(),
  state: z.string().optional(),
  cost: z.number().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

const settings = {
  ...{ adminKey, openaiApiKey: 'sk-test', anthropicApiKey: 'sk-test', warmPerSecond: 1000 },
} satisfies GatewaySettingsInput;

function warmingAt({ url }: Pick<TestGateway, 'url'>) {
  async function call(method: string, path: string, body?: unknown) {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return {
      status: response.status,
      headers: response.headers,
      ...progressSchema.parse(await response.json()),
    };
  }
  const begin = (entries: readonly unknown[]) => call('POST', '/cache/warm', { entries });
  const progress = (id: string | undefined) => call('GET', `/cache/warm/${id}`);
  return {
    begin,
    progress,
    stop: (id: string | undefined) => call('DELETE', `/cache/warm/${id}`),
    async warmed(entries: readonly unknown[]) {
      const begun = await begin(entries);
      expect(begun).toMatchObject({ status: 202, id: expect.any(String) });
      return await polled(
        () => progress(begun.id),
        ({ state }) => state !== 'waiting' && state !== 'running',
      );
    },
  };
}

async function simulated(more: GatewaySettingsInput = {}) {
  const provider = await startSimulatedProvider();
  onTestFinished(() => provider.close());
  const gateway = await gatewayForTest(provider.url, { ...settings, ...more });
  return { provider, gateway, ...warmingAt(gateway) };
}

const questions = {
  en: 'How do I reset my password?',
  ru: 'Как сбросить пароль?',
  es: '¿Cómo restablezco mi contraseña?',
  pt: 'Como redefino a minha palavra-passe?',
  he: 'איך מאפסים את הסיסמה?',
};

describe('a warmed question', () => {
  it('is a hit for the official client of OpenAI, in five languages, as a body and as a stream', async () => {
    const { gateway, provider, warmed } = await simulated();
    const entries = Object.entries(questions).map(([language, question]) => ({
      ...{ model: 'gpt-4.1-mini', system: 'You are a support assistant.', question, language },
      ...{ category: 'account', tags: ['source=test'], temperature: 0.2 },
    }));
    expect(await warmed(entries)).toMatchObject({
      ...{ state: 'done', questions: 5, processed: 5, created: 5, skipped: 0, failed: 0, failures: [] },
      ...{ inputTokens: expect.any(Number), costEstimated: false },
    });
    const openai = new OpenAI({ apiKey: 'sk-test', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    for (const question of Object.values(questions)) {
      const asked = {
        model: 'gpt-4.1-mini',
        messages: [
          { role: 'system' as const, content: 'You are a support assistant.' },
          { role: 'user' as const, content: question },
        ],
        temperature: 0.2,
      };
      const { response } = await openai.chat.completions.create(asked).withResponse();
      expect(response.headers.get('cache-status')).toMatch(/^askonce; hit;/);
      const stream = await openai.chat.completions.create({ ...asked, stream: true }).withResponse();
      expect(stream.response.headers.get('cache-status')).toMatch(/^askonce; hit;/);
      for await (const _ of stream.data);
    }
    expect(provider.calls).toBe(5);
  });

  it('is a hit for the official client of Anthropic', async () => {
    const { gateway, provider, warmed } = await simulated();
    const model = 'claude-sonnet-5';
    expect(await warmed([{ model, question: 'Open on Sunday?', system: 'Be brief.' }])).toMatchObject({
      created: 1,
    });
    const anthropic = new Anthropic({ apiKey: 'sk-test', baseURL: gateway.url, maxRetries: 0 });
    const { response } = await anthropic.messages
      .create({
        model,
        max_tokens: 1024,
        system: 'Be brief.',
        messages: [{ role: 'user', content: 'Open on Sunday?' }],
      })
      .withResponse();
    expect(response.headers.get('cache-status')).toMatch(/^askonce; hit;/);
    expect(provider.calls).toBe(1);
  });

  it('is a hit for a client that sends Anthropic’s key and version in another way, which the settings name', async () => {
    const { gateway, warmed } = await simulated({
      warmAnthropicVersion: '2023-06-01',
      warmAnthropicKeyHeader: 'x-api-key',
    });
    const model = 'claude-sonnet-5';
    expect(await warmed([{ model, question: 'Open?' }])).toMatchObject({ created: 1 });
    const answer = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: {
        'x-api-key': 'sk-test',
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ model, max_tokens: 500, messages: [{ role: 'user', content: 'Open?' }] }),
    });
    expect(answer.headers.get('cache-status')).toMatch(/^askonce; hit;/);
  });

  it('is a hit for a client that names an organisation and a project', async () => {
    const { gateway, warmed } = await simulated({ openaiOrganization: 'org-1', openaiProject: 'proj-1' });
    await warmed([{ model: 'gpt-4.1-mini', question: 'Open?' }]);
    const openai = new OpenAI({
      ...{ apiKey: 'sk-test', organization: 'org-1', project: 'proj-1' },
      ...{ baseURL: `${gateway.url}/v1`, maxRetries: 0 },
    });
    const { response } = await openai.chat.completions
      .create({ model: 'gpt-4.1-mini', messages: [{ role: 'user', content: 'Open?' }] })
      .withResponse();
    expect(response.headers.get('cache-status')).toMatch(/^askonce; hit;/);
  });

  it('is a hit for an embedding by its protocol', async () => {
    const { gateway, warmed } = await simulated();
    const entry = { model: 'text-embedding-3-small', protocol: 'openai-embeddings', question: 'Open?' };
    expect(await warmed([entry])).toMatchObject({ created: 1 });
    const answer = await gateway.ask('/v1/embeddings', '{"model":"text-embedding-3-small","input":"Open?"}');
    expect(answer.headers['cache-status']).toMatch(/^askonce; hit;/);
  });

  it('is a miss for another key, unless the scope is shared and the provider has accepted that key', async () => {
    const question = { model: 'gpt-4.1-mini', question: 'Open on Sunday?' };
    const body = JSON.stringify({
      model: 'gpt-4.1-mini',
      messages: [{ role: 'user', content: 'Open on Sunday?' }],
    });
    const other = { authorization: 'Bearer sk-of-another' };
    const own = await simulated();
    await own.warmed([question]);
    const missed = await own.gateway.ask('/v1/chat/completions', body, other);
    expect(missed.headers['cache-status']).toMatch(/fwd=miss/);
    const shared = await simulated({ scope: 'shared' });
    await shared.warmed([question]);
    await shared.gateway.ask('/v1/chat/completions', body.replace('Sunday', 'Monday'), other);
    const hit = await shared.gateway.ask('/v1/chat/completions', body, other);
    expect(hit.headers['cache-status']).toMatch(/^askonce; hit;/);
  });

  it('is in no use until a caller asks it: warming’s own looks are no hits, and find nothing without an error', async () => {
    const { gateway, warmed } = await simulated();
    const body = '{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"Open?"}]}';
    const look = { 'askonce-warm': 'look' };
    expect(await gateway.ask('/v1/chat/completions', body, look)).toMatchObject({ status: 504 });
    const entries = [{ model: 'gpt-4.1-mini', question: 'Open?' }];
    expect(await warmed(entries)).toMatchObject({ created: 1 });
    expect(await warmed(entries)).toMatchObject({ skipped: 1 });
    expect(await gateway.ask('/v1/chat/completions', body, look)).toMatchObject({ status: 200 });
    const authorization = `Bearer ${adminKey}`;
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    const hits = Array.from(text.matchAll(/^askonce_tier_hits_total\{.*\} (\d+)$/gm), ([, count]) => count);
    expect(hits.length).toBeGreaterThan(0);
    expect(new Set(hits)).toEqual(new Set(['0']));
    expect(text).toContain('askonce_error_replies_total{code="not_cached"} 0');
    expect(gateway.log.filter((line) => line.includes('not_cached'))).toEqual([]);
    const listed = await (await fetch(`${gateway.url}/cache/entries`, { headers: { authorization } })).json();
    expect(listed).toMatchObject({ entries: [{ hits: 0 }] });
    expect(listed).not.toMatchObject({ entries: [{ lastHit: expect.anything() }] });
  });

  it('is skipped the second time, and can be invalidated by its tag', async () => {
    const { gateway, provider, warmed } = await simulated();
    const entries = [{ model: 'gpt-4.1-mini', question: 'Open?', tags: ['source=test'] }];
    await warmed(entries);
    expect(await warmed(entries)).toMatchObject({ state: 'done', skipped: 1, created: 0, cost: 0 });
    expect(provider.calls).toBe(1);
    const removed = await fetch(`${gateway.url}/cache/invalidate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: '{"tags":"source=test"}',
    });
    expect(await removed.json()).toEqual({ removed: 1 });
  });
});

describe('the figures of warming', () => {
  it('metrics count questions, calls and spending by their cause, and no requests', async () => {
    const { gateway, warmed } = await simulated();
    const entries = [1, 2, 2].map((number) => ({ model: 'gpt-4.1-mini', question: `Question ${number}?` }));
    const { cost } = await warmed(entries);
    expect(cost).toBeGreaterThan(0);
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    for (const line of [
      'askonce_warmed_total{outcome="created"} 2',
      'askonce_warmed_total{outcome="skipped"} 1',
      'askonce_provider_calls_total{cause="warm"} 2',
      'askonce_requests_total{outcome="hit"} 0',
      'askonce_requests_total{outcome="miss"} 0',
    ])
      expect(text.split('\n')).toContain(line);
    const spent = Number(/^askonce_spent_cost_total\{reason="warm"\} (\S+)$/m.exec(text)?.[1]);
    expect(spent).toBeCloseTo(Number(cost), 9);
  });

  it('each job is audited without text, and has a line when it ends', async () => {
    const { gateway, warmed } = await simulated();
    await warmed([{ model: 'gpt-4.1-mini', question: 'A secret question?' }]);
    expect(gateway.log.filter((line) => line.includes('warming was started'))).toHaveLength(1);
    expect(gateway.log.filter((line) => line.includes('warming done: 1 created'))).toHaveLength(1);
    expect(gateway.log.join('\n')).not.toMatch(/secret question|sk-test/);
  });
});

describe('a call that warms', () => {
  it('is refused without a key for the provider, and then asks nothing', async () => {
    const { begin, provider } = await simulated({ openaiApiKey: undefined });
    const entries = [
      { model: 'claude-sonnet-5', question: 'Open?' },
      { model: 'gpt-4.1-mini', question: 'Open?' },
    ];
    expect(await begin(entries)).toMatchObject({
      status: 409,
      error: { code: 'warm_without_key', message: expect.stringContaining('OPENAI_API_KEY') },
    });
    expect(provider.calls).toBe(0);
  });

  it('sends the environment’s key to no further provider, which needs one of its own', async () => {
    const local = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
    const providers = [
      {
        name: 'local',
        protocol: 'openai' as const,
        baseUrl: `${local.url}/v1`,
        models: [{ prefix: 'local/' }],
      },
    ];
    const without = await simulated({ providers });
    const entries = [{ model: 'local/one', question: 'Open?' }];
    expect(await without.begin(entries)).toMatchObject({
      error: { message: expect.stringContaining('local') },
    });
    const own = await simulated({ providers, warmApiKeys: { local: 'sk-local' } });
    await own.warmed(entries);
    const none = await simulated({ providers, warmApiKeys: { local: '' } });
    await none.warmed(entries);
    expect(local.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-local', undefined]);
  });

  it.each([
    [{ question: 'Open?' }, /entries\.1: model: is missing/],
    [
      { model: 'm', question: 'Open?', temprature: 1 },
      /entries\.1: temprature: is unknown; did you mean temperature/,
    ],
    [{ model: 'm', question: 'Open?', faq_id: 1 }, /entries\.1: faq_id: is unknown/],
    [{ model: 'm' }, /entries\.1: it has neither a question nor messages/],
    [{ model: 'm', question: 7 }, /entries\.1: question: must be a question/],
  ])('is refused whole for a wrong entry: %j', async (entry, message) => {
    const { begin } = await simulated();
    expect(await begin([{ model: 'm', question: 'Right?' }, entry])).toMatchObject({
      status: 400,
      error: { code: 'invalid_request', message: expect.stringMatching(message) },
    });
  });

  it('waits while another job runs; ten may wait, and one more is refused', async () => {
    const release = Promise.withResolvers<void>();
    const url = await startProvider((request, response) => {
      request.resume();
      void release.promise.then(() => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('Yes.'));
      });
    });
    const gateway = await gatewayForTest(url, settings);
    const { begin, progress, stop } = warmingAt(gateway);
    const begun: (string | undefined)[] = [];
    for (let number = 0; number < 11; number += 1)
      begun.push((await begin([{ model: 'm', question: `Question ${number}?` }])).id);
    const refused = await begin([{ model: 'm', question: 'One more?' }]);
    expect(refused).toMatchObject({ status: 429, error: { code: 'warm_limited' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await progress(begun[0])).toMatchObject({ state: 'running', processed: 0 });
    expect(await progress(begun[10])).toMatchObject({ state: 'waiting' });
    expect(await stop(begun[10])).toMatchObject({ state: 'stopped', reason: 'it was asked to stop' });
    release.resolve();
    await polled(
      () => progress(begun[9]),
      ({ state }) => state === 'done',
    );
    expect(await progress(begun[10])).toMatchObject({ state: 'stopped', processed: 0 });
  });

  it('an unknown job is 404', async () => {
    const { progress, stop } = await simulated();
    for (const call of [progress, stop])
      expect(await call('none')).toMatchObject({ status: 404, error: { code: 'warm_unknown' } });
  });
});

it('a provider that limits, fails and breaks off is asked again, and the job says what it could not get', async () => {
  const calls = new Map<string, number>();
  const { url, seen } = await startRememberingProvider(({ body }) => {
    const call = (calls.get(body) ?? 0) + 1;
    calls.set(body, call);
    if (body.includes('limited') && call === 1)
      return { status: 429, headers: { 'retry-after': '1' }, body: '{}' };
    if (body.includes('failing') && call === 1) return { status: 500, body: '{}' };
    if (body.includes('wrong'))
      return { status: 400, body: '{"error":{"message":"a secret","type":"invalid_request_error"}}' };
    if (body.includes('cut')) return { body: chatAnswer('Yes').replace('"stop"', '"length"') };
    return { body: chatAnswer('Yes.') };
  });
  const gateway = await gatewayForTest(url, settings);
  const { warmed } = warmingAt(gateway);
  const entries = ['limited', 'failing', 'wrong', 'cut', 'plain'].map((question) => ({
    model: 'gpt-4o',
    question,
  }));
  expect(await warmed(entries)).toMatchObject({
    ...{ state: 'done', processed: 5, created: 3, failed: 2 },
    failures: expect.arrayContaining([
      { reason: 'the provider refuses the request (status 400)', count: 1, entries: [2] },
      { reason: expect.stringMatching(/^the answer was not stored \(/), count: 1, entries: [3] },
    ]),
  });
  expect(seen).toHaveLength(7);
});

it('a gateway that shuts down ends its jobs after the questions that are being asked', async () => {
  const asked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  let calls = 0;
  const url = await startProvider((request, response) => {
    request.resume();
    calls += 1;
    asked.resolve();
    void release.promise.then(() => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('Yes.'));
    });
  });
  const gateway = await gatewayForTest(url, { ...settings, warmConcurrency: 1 });
  await warmingAt(gateway).begin(
    Array.from({ length: 50 }, (_, number) => ({ model: 'gpt-4o', question: `Question ${number}?` })),
  );
  await asked.promise;
  const closed = gateway.close();
  release.resolve();
  await closed;
  expect(calls).toBe(1);
  const again = await gatewayForTest(url, { ...settings, dataDir: gateway.dataDir });
  const { warmed } = warmingAt(again);
  expect(await warmed([{ model: 'gpt-4o', question: 'Question 0?' }])).toMatchObject({ skipped: 1 });
});
