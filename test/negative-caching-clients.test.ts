import Anthropic from '@anthropic-ai/sdk';
import { type ProviderFault, startFaultProvider, startRecordedProvider } from 'askonce/testing';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { completion } from './support/chat.ts';
import { clientSetUp } from './support/client-set-up.ts';

const messages = [{ role: 'user' as const, content: 'What goes wrong?' }];

async function setUp(fault: ProviderFault) {
  const provider = await startFaultProvider({ fault });
  const clients = await clientSetUp(provider, { negativeCache: true });
  onTestFinished(() => clients.close());
  const { fetch, gateway } = clients;
  const openai = new OpenAI({ apiKey: 'sk-a', baseURL: `${gateway.url}/v1`, maxRetries: 0, fetch });
  const anthropic = new Anthropic({ apiKey: 'sk-a', baseURL: gateway.url, maxRetries: 0, fetch });
  return {
    provider,
    status: () => clients.status,
    headers: () => clients.headers,
    families: [
      { sdk: OpenAI, ask: (model = 'm') => openai.chat.completions.create({ model, messages }) },
      { sdk: Anthropic, ask: (model = 'm') => anthropic.messages.create({ model, max_tokens: 9, messages }) },
    ] as const,
  };
}

function thrownBy(asked: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(asked).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('the official clients and stored errors', () => {
  it.each<[ProviderFault, 'BadRequestError' | 'RateLimitError' | 'InternalServerError', number]>([
    ['status-400', 'BadRequestError', 400],
    ['429-seconds', 'RateLimitError', 429],
    ['429-date', 'RateLimitError', 429],
    ['status-500', 'InternalServerError', 500],
    ['status-503', 'InternalServerError', 503],
    ['status-529', 'InternalServerError', 529],
  ])(
    'a stored error (%s) makes the official clients throw the same %s as the provider’s',
    async (fault, name, status) => {
      const { provider, families, status: lastStatus } = await setUp(fault);
      for (const { sdk, ask } of families) {
        const calls = provider.calls;
        const first = await thrownBy(ask());
        expect(lastStatus()).toMatch(/^askonce; fwd=miss/);
        const again = await thrownBy(ask());
        expect(lastStatus()).toMatch(/^askonce; hit; ttl=\d+; detail="negative"$/);
        expect(provider.calls).toBe(calls + 1);
        expect(again).toBeInstanceOf(sdk[name]);
        expect(first).toBeInstanceOf(sdk[name]);
        const shape = (error: unknown) => JSON.parse(JSON.stringify(error)).error;
        expect(shape(again)).toEqual(shape(first));
        expect(again).toMatchObject({ status });
      }
    },
  );

  it.each<[ProviderFault, 'AuthenticationError' | 'PermissionDeniedError' | 'NotFoundError']>([
    ['status-401', 'AuthenticationError'],
    ['status-403', 'PermissionDeniedError'],
    ['status-404', 'NotFoundError'],
  ])('an error of the account (%s: %s) is asked for each time', async (fault, name) => {
    const { provider, families, status } = await setUp(fault);
    for (const { sdk, ask } of families) {
      const calls = provider.calls;
      expect(await thrownBy(ask())).toBeInstanceOf(sdk[name]);
      expect(await thrownBy(ask())).toBeInstanceOf(sdk[name]);
      expect(status()).toMatch(/^askonce; fwd=miss/);
      expect(provider.calls).toBe(calls + 2);
    }
  });

  it('a rate limit holds back the whole model, and states when to retry', async () => {
    const { provider, families, headers } = await setUp('429-seconds');
    const [{ ask }] = families;
    await thrownBy(ask('one'));
    await thrownBy(ask('one'));
    const left = Number(headers().get('retry-after'));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(7);
    expect(headers().get('x-ratelimit-limit-requests')).toBeNull();
    await thrownBy(ask('two'));
    expect(provider.calls).toBe(2);
  });
});

it('a client that retries gets the answer once the provider has recovered', async () => {
  let asked = 0;
  const provider = await startRecordedProvider({
    answer() {
      asked += 1;
      return asked > 1
        ? { body: Buffer.from(completion()) }
        : { status: 500, body: Buffer.from('{"error":{"message":"No","type":"server_error"}}') };
    },
  });
  const clients = await clientSetUp(provider, { negativeCache: true });
  onTestFinished(() => clients.close());
  const { fetch, gateway } = clients;
  const openai = new OpenAI({ apiKey: 'sk-a', baseURL: `${gateway.url}/v1`, maxRetries: 4, fetch });
  const answer = await openai.chat.completions.create({ model: 'm', messages });
  expect(answer.choices[0]?.message.content).toBe('Paris.');
  expect(asked).toBe(2);
});
