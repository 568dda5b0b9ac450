/**
 * Shadow mode and roll-out through the gateway, with OpenAI's client: from shadow to all callers, and back.
 */
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { gatewayForTest, type TestGateway } from './support/gateway.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { answerWith, startEmbedder, startModel } from './support/semantic-services.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const adminKey = 'the-key-of-all-admin-calls';
/** 5 degrees apart is a similarity of 0.996, 20 degrees is 0.94. */
const topics = { 'reset my password': 0, 'password be reset': 5, 'password be renewed': 20 };
const asked = 'How can I reset my password?';
const inOtherWords = 'How can my password be reset?';

async function setUp(settings: GatewaySettingsInput = {}) {
  const embedder = await startEmbedder(topics);
  const provider = await startRememberingProvider(({ body }) =>
    body.includes('"stream":true')
      ? { headers: { 'content-type': 'text/event-stream' }, body: streamed }
      : { body: chatAnswer('By mail.') },
  );
  const start = (own: GatewaySettingsInput = {}) =>
    gatewayForTest(provider.url, {
      adminKey,
      secret: 'the secret of both gateways',
      semanticCache: true,
      semanticMode: 'shadow',
      semanticEmbedder: 'remote',
      embeddingsBaseUrl: embedder.url,
      semanticModel: 'plane',
      semanticUpper: 0.95,
      semanticLower: 0.9,
      semanticGuards: [],
      semanticGates: [],
      semanticEmbedderMs: 30_000,
      ...settings,
      ...own,
    });
  return { provider, start };
}

const chunk = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const streamed = `${chunk({ role: 'assistant', content: 'By mail.' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`;

const openaiAt = ({ url }: TestGateway) =>
  new OpenAI({ apiKey: 'sk-ada', baseURL: `${url}/v1`, maxRetries: 0 });

async function ask(client: OpenAI, content: string, user?: string) {
  const { data, response } = await client.chat.completions
    .create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content }],
      ...(user === undefined ? {} : { user }),
    })
    .withResponse();
  const { headers } = response;
  return {
    text: data.choices[0]?.message.content,
    status: headers.get('cache-status'),
    match: headers.get('askonce-match'),
  };
}

const labels = z.looseObject({ right: z.number(), wrong: z.number() });
const report = z.looseObject({
  mode: z.string(),
  rollout: z.object({ percent: z.number(), served: z.number() }),
  shadow: z.object({ hits: z.number(), tokens: z.number() }),
  reuse: z.looseObject({ questions: z.number(), reused: z.number(), verified: z.number() }),
  recommendation: z.string(),
  pools: z.array(
    z.looseObject({
      similar: z.looseObject({ standing: z.string(), labels }),
      decisions: z.looseObject({ serve: z.number(), shadow: z.number() }),
    }),
  ),
  nearMisses: z.array(z.looseObject({ match: z.string(), keptApartBy: z.looseObject({ by: z.string() }) })),
});

async function admin(gateway: TestGateway, path: string, method = 'GET', body?: object): Promise<unknown> {
  const response = await fetch(gateway.url + path, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return await response.json();
}

const reportOf = async (gateway: TestGateway) => report.parse(await admin(gateway, '/cache/semantic'));
const rollOutTo = (gateway: TestGateway, semanticRollout: number | null) =>
  admin(gateway, '/cache/flags', 'PUT', { semanticRollout });

describe('a gateway in shadow', () => {
  it('serves the provider, judges behind it, and recommends to serve once the rate is certified; then it does', async () => {
    const { provider, start } = await setUp({ semanticJudge: 'answers', semanticMaxErrorRate: 0.2 });
    const gateway = await start();
    const client = openaiAt(gateway);
    await ask(client, asked);
    expect(await ask(client, inOtherWords)).toEqual({
      text: 'By mail.',
      status: expect.stringMatching(/^askonce; fwd=miss; (stored; )?detail="shadow"$/),
      match: null,
    });
    await gateway.happened('semantic-label', 1);
    const before = await reportOf(gateway);
    expect(before).toMatchObject({ mode: 'shadow', rollout: { percent: 0, served: 0 }, shadow: { hits: 1 } });
    expect(before.shadow.tokens).toBeGreaterThan(0);
    expect(before.recommendation).toMatch(/^Stay in shadow: about \d+ more labels without a wrong one/);

    for (let n = 2; n <= 90; n++) {
      expect((await ask(client, `${inOtherWords} ${'Now? '.repeat(n)}`)).status).toContain('detail="shadow"');
    }
    // Each was drawn while nothing was certified; 64 are needed to begin with.
    await gateway.happened('semantic-label', 64);
    expect(provider.seen).toHaveLength(91);
    expect(gateway.count('hit')).toBe(0);
    const after = await reportOf(gateway);
    expect(after.pools).toMatchObject([
      { similar: { standing: 'certified' }, decisions: { serve: 0, shadow: 90 } },
    ]);
    expect(after.reuse).toMatchObject({ questions: 90, reused: 90 });
    expect(after.recommendation).toMatch(
      /^Serve 10 % next: 90 of 90 questions would have been reused, 0 % of them wrongly \(0–[\d.]+ %\), and the stated 20 % is certified\.$/,
    );

    await rollOutTo(gateway, 100);
    const statuses: (string | null)[] = [];
    for (let n = 0; n < 12; n++)
      statuses.push((await ask(client, `Pray: ${inOtherWords} ${'So? '.repeat(n)}`)).status);
    expect(statuses.filter((status) => status?.includes('detail="semantic"')).length).toBeGreaterThan(2);
    expect(statuses.filter((status) => status?.includes('detail="shadow"'))).toEqual([]);
    expect(await reportOf(gateway)).toMatchObject({
      mode: 'serve',
      recommendation: expect.stringMatching(/^Serve on: /),
    });
    await rollOutTo(gateway, null);
    expect((await ask(client, `At last: ${inOtherWords}`)).status).toContain('detail="shadow"');
  }, 120_000);

  it('streams and bodies are in shadow alike, and metrics, ledger and explain say so', async () => {
    const { provider, start } = await setUp();
    const gateway = await start();
    const client = openaiAt(gateway);
    await ask(client, asked);
    const { data, response } = await client.chat.completions
      .create({ model: 'gpt-4o', messages: [{ role: 'user', content: inOtherWords }], stream: true })
      .withResponse();
    let text = '';
    for await (const { choices } of data) text += choices[0]?.delta.content ?? '';
    expect([text, response.headers.get('cache-status')]).toEqual([
      'By mail.',
      'askonce; fwd=miss; detail="shadow"',
    ]);
    expect((await ask(client, `${inOtherWords} Please.`)).status).toContain('detail="shadow"');
    expect(provider.seen).toHaveLength(3);
    const metrics = z
      .looseObject({ semantic_shadow: z.number(), cache_miss: z.number(), cache_hit_semantic: z.number() })
      .parse(await admin(gateway, '/cache/metrics'));
    expect(metrics).toMatchObject({ semantic_shadow: 2, cache_miss: 3, cache_hit_semantic: 0 });
    const explained = await admin(gateway, '/cache/explain', 'POST', {
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer sk-ada' },
      body: JSON.parse(chatRequest(`${inOtherWords} Why?`)),
    });
    expect(explained).toMatchObject({ semantic: { shadow: { why: 'mode', detail: expect.any(String) } } });
  });

  it('a verifier that takes long delays no reader, and an operator may block what it confirmed', async () => {
    const model = await startModel('yes');
    const held: (() => void)[] = [];
    model.behave((_, response) => held.push(() => answerWith(response, 'yes')));
    const { provider, start } = await setUp({
      semanticVerifierBaseUrl: model.url,
      semanticVerifierModel: 'small',
      semanticVerifierMs: 60_000,
      semanticJudge: 'none',
    });
    const gateway = await start();
    const client = openaiAt(gateway);
    await ask(client, asked);
    // The answer comes while the verifier is held back.
    const reply = await ask(client, 'How can my password be renewed?');
    expect([reply.text, provider.seen.length]).toEqual(['By mail.', 2]);
    expect(reply.status).not.toContain('detail');
    while (held.length === 0) await new Promise(setImmediate);
    for (const say of held) say();
    await gateway.happened('semantic-shadow', 1);
    const { reuse, nearMisses } = await reportOf(gateway);
    expect(reuse).toMatchObject({ verified: 1 });
    expect(nearMisses).toMatchObject([{ keptApartBy: { by: 'shadow' } }]);
    const match = nearMisses[0]?.match;
    expect(await admin(gateway, '/cache/feedback', 'POST', { match, verdict: 'wrong' })).toEqual({
      blocked: true,
    });
    const explained = await admin(gateway, '/cache/explain', 'POST', {
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer sk-ada' },
      body: JSON.parse(chatRequest('How could my password be renewed?')),
    });
    expect(JSON.stringify(explained)).toContain('"keptApartBy":{"by":"blocked"');
  });

  it('what the labels say outlives a restart, and what is counted begins anew', async () => {
    const { start } = await setUp({ semanticJudge: 'answers', semanticMaxErrorRate: 0.2 });
    const dataDir = temporaryFolder();
    const first = await start({ dataDir });
    const client = openaiAt(first);
    await ask(client, asked);
    for (let n = 1; n <= 80; n++) await ask(client, `${inOtherWords} ${'Now? '.repeat(n)}`);
    await first.happened('semantic-label', 64);
    expect((await reportOf(first)).recommendation).toMatch(/^Serve 10 % next: 80 of 80 questions /);
    await first.close();
    const second = await start({ dataDir });
    await ask(openaiAt(second), `${inOtherWords} Again?`);
    await expect
      .poll(async () => (await reportOf(second)).recommendation, { timeout: 30_000 })
      // Whether there is something near depends on how far the indexes are built by then.
      .toMatch(/^Serve 10 % next: [01] of 1 questions would have been reused, 0 % of them wrongly/);
  }, 60_000);
});

describe('a roll-out on two gateways', () => {
  it('serves the same callers on both, and none of them loses that as it grows', async () => {
    const { start } = await setUp();
    const gateways = [await start(), await start()];
    for (const gateway of gateways) await ask(openaiAt(gateway), asked);
    const users = Array.from({ length: 60 }, (_, at) => `user-${at}`);
    let before: readonly string[] = [];
    for (const percent of [0, 10, 50, 100, 0]) {
      const served: string[][] = [];
      for (const gateway of gateways) {
        await rollOutTo(gateway, percent);
        const here: string[] = [];
        for (const user of users) {
          const body = {
            ...z.looseObject({}).parse(JSON.parse(chatRequest(`${inOtherWords} ${percent} ${user}`))),
            user,
          };
          const { headers } = await gateway.ask('/v1/chat/completions', JSON.stringify(body), {
            authorization: 'Bearer sk-ada',
          });
          const status = String(headers['cache-status']);
          if (status.includes('detail="semantic"')) here.push(user);
          else if (!status.startsWith('askonce; hit')) expect(status).toContain('detail="shadow"');
        }
        served.push(here);
      }
      expect(served[0]).toEqual(served[1]);
      if (percent === 0) expect(served[0]).toEqual([]);
      else expect(before.filter((user) => served[0]?.includes(user) !== true)).toEqual([]);
      if (percent === 100) expect(served[0]).toEqual(users);
      before = served[0] ?? [];
    }
  }, 120_000);
});
