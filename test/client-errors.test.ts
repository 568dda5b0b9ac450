import Anthropic from '@anthropic-ai/sdk';
import { type RecordedAnswer, startRecordedProvider, startSimulatedProvider } from 'askonce/testing';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewaySettingsInput } from '../packages/gateway/src/index.ts';
import { completion, events } from './support/chat.ts';
import { clientSetUp } from './support/client-set-up.ts';
import { gates } from './support/gates.ts';

type Provider = Parameters<typeof clientSetUp>[0];

async function clients(provider: Provider, maxRetries = 0, settings: GatewaySettingsInput = {}) {
  const setup = await clientSetUp(provider, settings);
  onTestFinished(() => setup.close());
  const { fetch } = setup;
  const baseURL = setup.gateway.url;
  return {
    ...setup,
    openai: (apiKey = 'sk-right') => new OpenAI({ apiKey, baseURL: `${baseURL}/v1`, maxRetries, fetch }),
    anthropic: (apiKey = 'sk-right') => new Anthropic({ apiKey, baseURL, maxRetries, fetch }),
  };
}

const messages = [{ role: 'user' as const, content: 'What goes wrong?' }];
const chat = { model: 'gpt-4.1-mini', messages };
const message = { model: 'claude-sonnet-5', max_tokens: 100, messages };

async function thrownBy(asked: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(asked).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('the official clients throw the same errors as without a gateway', () => {
  const strict = () =>
    startSimulatedProvider({
      models: ['gpt-4.1-mini', 'claude-sonnet-5'],
      acceptKey: (key) => key === 'sk-right',
    });

  it('a wrong key throws an AuthenticationError whose message does not contain the key', async () => {
    const { openai, anthropic } = await clients(await strict());
    const one = await thrownBy(openai('sk-wrong').chat.completions.create(chat));
    expect(one).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(one).toMatchObject({ status: 401, code: 'invalid_api_key', requestID: expect.any(String) });
    const other = await thrownBy(anthropic('sk-wrong').messages.create(message));
    expect(other).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(other).toMatchObject({ status: 401, error: { error: { type: 'authentication_error' } } });
  });

  it('a wrong key is refused although the answer is stored', async () => {
    const { openai, anthropic, twice } = await clients(await strict(), 0, { scope: 'shared' });
    await twice(() => openai().chat.completions.create(chat));
    await twice(() => anthropic().messages.create(message));
    const one = await thrownBy(openai('sk-wrong').chat.completions.create(chat));
    const other = await thrownBy(anthropic('sk-wrong').messages.create(message));
    expect([one, other]).toMatchObject([{ status: 401 }, { status: 401 }]);
  });

  it('an unknown model throws a NotFoundError', async () => {
    const { openai, anthropic } = await clients(await strict());
    const one = await thrownBy(openai().chat.completions.create({ ...chat, model: 'gpt-none' }));
    expect(one).toBeInstanceOf(OpenAI.NotFoundError);
    expect(one).toMatchObject({ status: 404, code: 'model_not_found' });
    const other = await thrownBy(anthropic().messages.create({ ...message, model: 'claude-none' }));
    expect(other).toBeInstanceOf(Anthropic.NotFoundError);
  });

  it('a request that the provider refuses throws a BadRequestError that names the field', async () => {
    const { openai, anthropic } = await clients(await strict());
    const one = await thrownBy(openai().chat.completions.create({ ...chat, max_tokens: -1 }));
    expect(one).toBeInstanceOf(OpenAI.BadRequestError);
    expect(one).toMatchObject({ status: 400, param: 'max_tokens' });
    const other = await thrownBy(anthropic().messages.create({ ...message, max_tokens: 0 }));
    expect(other).toBeInstanceOf(Anthropic.BadRequestError);
    expect(other).toMatchObject({ status: 400, error: { error: { type: 'invalid_request_error' } } });
  });

  it('an unreachable provider throws the client family’s error with status 502', async () => {
    const provider = await startSimulatedProvider();
    const { openai, anthropic } = await clients(provider, 0, { connectRetries: 0 });
    await provider.close();
    const one = await thrownBy(openai().chat.completions.create(chat));
    expect(one).toBeInstanceOf(OpenAI.InternalServerError);
    expect(one).toMatchObject({ status: 502, code: 'provider_unreachable' });
    const other = await thrownBy(anthropic().messages.create(message));
    expect(other).toBeInstanceOf(Anthropic.InternalServerError);
    expect(other).toMatchObject({ status: 502, error: { type: 'error', error: { type: 'api_error' } } });
  });
});

describe('a rate limit', () => {
  const limited: RecordedAnswer = {
    status: 429,
    headers: { 'retry-after-ms': '1', 'retry-after': '7', 'x-ratelimit-remaining-requests': '0' },
    body: Buffer.from(
      '{"type":"error","error":{"type":"rate_limit_error","message":"Slow down","code":"rate_limit_exceeded"}}',
    ),
  };

  it('a rate limit throws a RateLimitError that states when to retry', async () => {
    const { openai, anthropic } = await clients(await startRecordedProvider({ answer: () => limited }));
    const one = await thrownBy(openai().chat.completions.create(chat));
    expect(one).toBeInstanceOf(OpenAI.RateLimitError);
    const other = await thrownBy(anthropic().messages.create(message));
    expect(other).toBeInstanceOf(Anthropic.RateLimitError);
    for (const error of [one, other]) {
      const headers =
        error instanceof OpenAI.APIError || error instanceof Anthropic.APIError ? error.headers : undefined;
      expect(headers?.get('retry-after')).toBe('7');
      expect(headers?.get('x-ratelimit-remaining-requests')).toBe('0');
    }
  });

  it.each([429, 500, 503, 529])(
    'the client retries after %i and gets the answer in the end',
    async (status) => {
      let asked = 0;
      const provider = await startRecordedProvider({
        answer: () => {
          asked += 1;
          return asked < 3 ? { ...limited, status } : { body: Buffer.from(completion()) };
        },
      });
      const { openai } = await clients(provider, 2);
      const { choices } = await openai().chat.completions.create(chat);
      expect(choices[0]?.message.content).toBe('Paris.');
      expect(provider.calls).toBe(3);
      await openai().chat.completions.create(chat);
      expect(provider.calls).toBe(3);
    },
  );
});

describe('a client that aborts in mid-stream', () => {
  const pieces = events(['one ', 'two ', 'three '], { usage: true });
  const cuts = pieces.map((_, index) => Buffer.byteLength(pieces.slice(0, index + 1).join('')));

  async function held(settings: GatewaySettingsInput) {
    const gate = gates();
    const provider = await startRecordedProvider({
      answer: () => ({
        body: Buffer.from(pieces.join('')),
        headers: { 'content-type': 'text/event-stream' },
        cuts,
        pauseBeforePiece: (index) => gate.wait(index),
      }),
    });
    const made = await clients(provider, 0, settings);
    const open = () =>
      made.openai().chat.completions.create({
        ...chat,
        stream: true,
        stream_options: { include_usage: true },
      });
    gate.open(2);
    return { ...made, gate, provider, open };
  }

  /** Reads the text up to `enough`, or to the end. */
  async function read(stream: AsyncIterable<OpenAI.ChatCompletionChunk>, enough?: string): Promise<string> {
    let text = '';
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? '';
      if (text === enough) break;
    }
    return text;
  }

  it('an abort ends the provider’s work if the settings say so', async () => {
    const { provider, open } = await held({ abandoned: 'cancel' });
    const stream = await open();
    // Leaving the loop aborts the request.
    expect(await read(stream, 'one ')).toBe('one ');
    expect(stream.controller.signal.aborted).toBe(true);
    await expect.poll(() => provider.abandoned).toBe(1);
  });

  it('an abort does not disturb the other readers of the stream', async () => {
    const { provider, open, gate } = await held({ abandoned: 'cancel' });
    const [leaving, staying] = [await open(), await open()];
    expect(await read(leaving, 'one ')).toBe('one ');
    gate.open(Number.POSITIVE_INFINITY);
    expect(await read(staying)).toBe('one two three ');
    expect([provider.calls, provider.abandoned]).toEqual([1, 0]);
  });

  it('an aborted answer is finished by default and serves the next request', async () => {
    const { provider, open, gate, gateway } = await held({});
    expect(await read(await open(), 'one ')).toBe('one ');
    gate.open(Number.POSITIVE_INFINITY);
    await gateway.happened('stored', 1);
    expect(await read(await open())).toBe('one two three ');
    expect(provider.calls).toBe(1);
  });
});
