/**
 * A remote embedder or verifier in trouble costs a gateway its semantic hits, and never an answer.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { gatewayForTest, type TestGateway } from './support/gateway.ts';
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
/** 20 degrees apart is a similarity of 0.94: in the band. */
const topics = { 'reset my password': 0, 'password be reset': 20 };
const asked = 'How can I reset my password?';
const inOtherWords = 'How can my password be reset?';

async function setUp(embedder: Service, settings: GatewaySettingsInput = {}) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('By mail.') }));
  const gateway = await gatewayForTest(provider.url, {
    adminKey,
    ...inBandSettings(embedder),
    ...settings,
  });
  return { provider, gateway };
}

async function ask(gateway: TestGateway, content: string): Promise<string> {
  const answer = await gateway.ask('/v1/chat/completions', chatRequest(content));
  expect([answer.status, answer.body.toString()]).toEqual([200, chatAnswer('By mail.')]);
  return String(answer.headers['cache-status']);
}

const part = z.looseObject({ open: z.boolean(), calls: z.number(), failures: z.number() });
const report = z.looseObject({ embedder: part, verifier: part.optional() });

async function reportOf(gateway: TestGateway) {
  const response = await fetch(`${gateway.url}/cache/semantic`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  return report.parse(await response.json());
}

/** Different questions, so that none is an exact hit and none is embedded twice. */
const questions = Array.from({ length: 12 }, (_, at) => `How can I reset my password for account ${at + 1}?`);

describe('a remote embedder in trouble', () => {
  const troubles: readonly {
    readonly how: string;
    readonly spoil: (service: Service) => unknown;
    readonly settings?: GatewaySettingsInput;
  }[] = [
    { how: 'is dead', spoil: (service) => service.stop() },
    {
      how: 'answers with an error',
      spoil: (service) => service.behave((_, response) => json(response, {}, 500)),
    },
    {
      how: 'answers with a page',
      spoil: (service) => service.behave((_, response) => response.end('<html></html>')),
    },
    {
      how: 'answers with vectors of another length each time',
      spoil: (service) =>
        service.behave((_, response, call) =>
          json(response, { data: [{ embedding: Array.from({ length: call + 1 }, () => 1) }] }),
        ),
    },
    {
      how: 'answers with what is no vector',
      spoil: (service) =>
        service.behave((_, response) => json(response, { data: [{ embedding: ['x', null] }] })),
    },
    { how: 'breaks off', spoil: (service) => service.behave((_, response) => response.destroy()) },
    // It never answers: the budget ends the wait.
    { how: 'is silent', spoil: (service) => service.behave(() => {}), settings: { semanticEmbedderMs: 20 } },
  ];

  it.each(troubles)(
    'while the embedder $how, every question is answered, and it is soon not called any more',
    async ({ spoil, settings }) => {
      const embedder = await startEmbedder(topics);
      await spoil(embedder);
      const { gateway, provider } = await setUp(embedder, settings);
      for (const question of questions) expect(await ask(gateway, question)).toContain('fwd=miss');
      expect(provider.seen).toHaveLength(questions.length);
      const { embedder: state } = await reportOf(gateway);
      expect(state.open).toBe(true);
      expect(state.calls).toBeLessThan(questions.length);
      expect(embedder.calls.length).toBeLessThan(questions.length);
      // Exact hits need no embedder.
      expect(await ask(gateway, questions[0] ?? '')).toContain('detail="memory"');
      const log = gateway.log.join('');
      expect(log).toContain('a part of the semantic tier is in trouble; requests go on without it');
      expect(log).not.toContain('reset my password');
    },
  );

  it('an embedder that fails later costs new questions their semantic hits, and no answer', async () => {
    const embedder = await startEmbedder(topics);
    const { gateway } = await setUp(embedder, { semanticLower: 0.9, semanticUpper: 0.9 });
    await ask(gateway, asked);
    expect(await ask(gateway, inOtherWords)).toContain('detail="semantic"');
    embedder.behave((_, response) => json(response, {}, 503));
    expect(await ask(gateway, 'How can my password be reset by mail?')).toContain('fwd=miss');
  });
});

describe('a verifier', () => {
  const verified = (model: Service): GatewaySettingsInput => ({
    semanticVerifierBaseUrl: model.url,
    semanticVerifierModel: 'small',
    semanticVerifierApiKey: 'sk-verifier',
    semanticJudge: 'none',
  });

  it('a model that says yes makes a doubtful pair a hit, and one that says no a miss', async () => {
    const embedder = await startEmbedder(topics);
    const model = await startModel('yes');
    const { gateway, provider } = await setUp(embedder, verified(model));
    await ask(gateway, asked);
    expect(await ask(gateway, inOtherWords)).toContain('detail="semantic"');
    expect(model.credentials).toEqual(['Bearer sk-verifier']);
    expect(model.calls[0]).toContain('By mail.');
    model.behave((_, response) => answerWith(response, 'no'));
    expect(await ask(gateway, 'How can my password be reset by me?')).toContain('fwd=miss');
    expect(provider.seen).toHaveLength(2);
    expect(gateway.log.join('')).not.toContain('sk-verifier');
  });

  // Each question is 20 degrees from the one before, and so in the band of that one alone.
  const words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota'];
  const far = Object.fromEntries(words.map((word, at) => [`on ${word}`, 20 * at]));

  it.each([
    { how: 'is dead', spoil: (service: Service): unknown => service.stop(), settings: {} },
    {
      how: 'answers with an error',
      spoil: (service: Service) => service.behave((_, response) => json(response, {}, 500)),
      settings: {},
    },
    {
      how: 'answers with a page',
      spoil: (service: Service) => service.behave((_, response) => response.end('<html>')),
      settings: {},
    },
    {
      how: 'is silent',
      spoil: (service: Service) => service.behave(() => {}),
      settings: { semanticVerifierMs: 20 },
    },
  ])(
    'while the verifier $how, doubtful questions go to the provider, and it is soon not called any more',
    async ({ spoil, settings }) => {
      const embedder = await startEmbedder(far);
      const model = await startModel('yes');
      await spoil(model);
      const { gateway, provider } = await setUp(embedder, { ...verified(model), ...settings });
      for (const word of words)
        expect(await ask(gateway, `How can my password be reset on ${word}?`)).toContain('fwd=miss');
      const { verifier } = await reportOf(gateway);
      expect(verifier).toMatchObject({ open: true });
      expect(model.calls.length).toBeLessThan(words.length - 1);
      expect(provider.seen).toHaveLength(words.length);
    },
  );
});
