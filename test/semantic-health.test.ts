/**
 * What an operator sees of the semantic tier's health: trouble that lasts is shown, part by part, and goes once it is over.
 */
import { type Clock, systemClock } from 'askonce';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { gatewayForTest, type TestGateway } from './support/gateway.ts';
import { startRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import {
  answerWith,
  inBandSettings,
  json,
  type Service,
  startEmbedder,
  startModel,
} from './support/semantic-services.ts';

const adminKey = 'the-key-of-all-admin-calls';
const minute = 60_000;

/** The machine's time, and what a test adds to it. */
function clockAhead(): Clock & { advance(ms: number): void } {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    schedule: systemClock.schedule,
    advance(ms) {
      ahead += ms;
    },
  };
}

const healthSchema = z.object({
  status: z.string(),
  semantic: z.object({
    state: z.string(),
    trouble: z.array(z.object({ part: z.string(), message: z.string() })),
  }),
});

async function started(embedder: Service, settings: GatewaySettingsInput = {}) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('By mail.') }));
  const clock = clockAhead();
  const gateway = await gatewayForTest(
    provider.url,
    {
      adminKey,
      ...inBandSettings(embedder),
      ...settings,
    },
    clock,
  );
  const get = (path: string) =>
    fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${adminKey}` } });
  const health = async () => healthSchema.parse(await (await get('/cache/health')).json());
  /** Asks until the state is as wished, at most ten seconds long. */
  const becomes = (state: string) =>
    expect.poll(async () => (await health()).semantic.state, { timeout: 10_000 }).toBe(state);
  return { gateway, clock, get, health, becomes };
}

async function ask(gateway: TestGateway, content: string): Promise<string> {
  const answer = await gateway.ask('/v1/chat/completions', chatRequest(content));
  expect(answer.status).toBe(200);
  return String(answer.headers['cache-status']);
}

const questions = Array.from({ length: 8 }, (_, at) => `How can I reset my password for account ${at + 1}?`);

describe('the health of the semantic tier', () => {
  it('is off where there is no tier, and ok where nothing is wrong', async () => {
    const embedder = await startEmbedder({});
    const without = await started(embedder, { semanticCache: false });
    expect(await without.health()).toMatchObject({ status: 'ok', semantic: { state: 'off', trouble: [] } });
    const { gateway, health, becomes } = await started(embedder);
    await ask(gateway, 'How can I reset my password?');
    await becomes('ok');
    expect(await health()).toMatchObject({ status: 'ok', semantic: { trouble: [] } });
  });

  it('shows an embedder that fails as long as it is not called, and no more once it answers again', async () => {
    const embedder = await startEmbedder({});
    const { gateway, clock, get, health, becomes } = await started(embedder);
    await ask(gateway, 'How can I reset my password?');
    await becomes('ok');
    let isDown = true;
    embedder.behave((_, response) =>
      isDown ? json(response, {}, 503) : json(response, { data: [{ embedding: [1, 0, 0] }] }),
    );
    for (const question of questions) await ask(gateway, question);
    const degraded = await health();
    expect(degraded).toMatchObject({ status: 'degraded', semantic: { state: 'degraded' } });
    expect(degraded.semantic.trouble).toEqual([{ part: 'embedder', message: expect.stringMatching(/./) }]);
    expect(JSON.stringify(degraded)).not.toContain('password');
    // A load balancer goes on sending requests: they are answered.
    expect((await get('/healthz')).status).toBe(200);
    expect(await (await get('/cache/semantic')).json()).toMatchObject({
      trouble: degraded.semantic.trouble,
      embedder: { open: true, trouble: degraded.semantic.trouble[0]?.message },
    });
    expect(await (await get('/cache/stats')).json()).toMatchObject({ semantic: degraded.semantic });
    isDown = false;
    clock.advance(minute);
    await ask(gateway, 'How can I reset my password for account 99?');
    await becomes('ok');
    expect((await health()).status).toBe('ok');
  });

  it('shows a verifier that fails, and no more once it answers again', async () => {
    const words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota'];
    // Each question is 20 degrees from the one before, and so in the band of that one alone.
    const embedder = await startEmbedder(
      Object.fromEntries(words.map((word, at) => [`on ${word}`, 20 * at])),
    );
    const model = await startModel('yes');
    model.behave((_, response) => json(response, {}, 500));
    const { gateway, clock, health, becomes } = await started(embedder, {
      semanticVerifierBaseUrl: model.url,
      semanticVerifierModel: 'small',
      semanticVerifierApiKey: 'sk-verifier',
      semanticJudge: 'none',
    });
    const question = (word: string) => `How can my password be reset on ${word}?`;
    for (const word of words.slice(0, -1)) await ask(gateway, question(word));
    await becomes('degraded');
    const { semantic } = await health();
    expect(semantic.trouble).toMatchObject([{ part: 'verifier' }]);
    expect(JSON.stringify(semantic)).not.toContain('sk-verifier');
    model.behave((_, response) => answerWith(response, 'yes'));
    clock.advance(minute);
    expect(await ask(gateway, question(words.at(-1) ?? ''))).toContain('detail="semantic"');
    await becomes('ok');
  });
});

describe('the health of what gateways share', () => {
  it('shows labels that cannot be written and a feed that cannot be read while Redis is away, and no more once they can', async () => {
    const server = await startRedis();
    const embedder = await startEmbedder({ 'reset my password': 0, 'password be reset': 10 });
    const model = await startModel('yes');
    let judge: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      model.behave((_, response) => {
        judge = () => answerWith(response, 'yes');
        resolve();
      });
    });
    const { gateway, health, becomes, clock } = await started(embedder, {
      redisUrl: server.url,
      semanticAuditShare: 1,
      semanticVerifierBaseUrl: model.url,
      semanticVerifierModel: 'small',
      semanticVerifierApiKey: 'sk-verifier',
    });
    await ask(gateway, 'How can I reset my password?');
    await becomes('ok');
    // A would-be hit that is audited: the provider answers it, and the judge has not decided yet.
    await ask(gateway, 'How can my password be reset?');
    await asked;
    await server.kill();
    judge();
    await expect
      .poll(async () => (await health()).semantic.trouble.map(({ part }) => part), { timeout: 10_000 })
      .toEqual(['feed', 'labels']);
    expect(await health()).toMatchObject({ status: 'degraded' });
    await server.restart();
    clock.advance(minute);
    await becomes('ok');
  });
});
