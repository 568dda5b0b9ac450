import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { eventStream, jsonResponse, messages, setUpFetch } from './support/caching-fetch.ts';
import { apiError, completion, events } from './support/chat.ts';

function anthropicEvents(): readonly string[] {
  const event = (type: string, rest: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  return [
    event('message_start', {
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-x',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 9, output_tokens: 1 },
      },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Paris.' } }),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 3 },
    }),
    event('message_stop', {}),
  ];
}

const anthropicMessage = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'text', text: 'Paris.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 3 },
});

// Its warnings about unknown models are beside the point here.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

describe('official clients on the caching fetch', () => {
  it('the openai client is answered from one call, plain and streamed', async () => {
    const { fetch, seen } = setUpFetch(({ body }) =>
      body.includes('"stream":true') ? eventStream(events(['Pa', 'ris.'])) : jsonResponse(completion()),
    );
    const client = new OpenAI({ apiKey: 'k', baseURL: 'https://provider.test/v1', fetch, maxRetries: 0 });
    const plain = () => client.chat.completions.create({ model: 'gpt-x', messages });
    const answers = await Promise.all([plain(), plain(), plain()]);
    expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual(Array(3).fill('Paris.'));
    for (let time = 0; time < 2; time++) {
      let text = '';
      for await (const chunk of await client.chat.completions.create({
        model: 'gpt-y',
        messages,
        stream: true,
      }))
        text += chunk.choices[0]?.delta.content ?? '';
      expect(text).toBe('Paris.');
    }
    expect(seen.length).toBe(2);
  });

  it('the openai client gets the provider’s errors as they are', async () => {
    const { fetch } = setUpFetch(() =>
      jsonResponse(apiError('slow down', 'rate_limit_error'), {
        status: 429,
        headers: { 'retry-after': '7' },
      }),
    );
    const client = new OpenAI({ apiKey: 'k', baseURL: 'https://provider.test/v1', fetch, maxRetries: 0 });
    const error: unknown = await client.chat.completions
      .create({ model: 'gpt-x', messages })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, type: 'rate_limit_error' });
    expect(error instanceof OpenAI.APIError && error.headers?.get('retry-after')).toBe('7');
  });

  it('the anthropic client is answered from one call, plain and streamed', async () => {
    const { fetch, seen } = setUpFetch(({ body }) =>
      body.includes('"stream":true') ? eventStream(anthropicEvents()) : jsonResponse(anthropicMessage),
    );
    const client = new Anthropic({ apiKey: 'k', baseURL: 'https://provider.test', fetch, maxRetries: 0 });
    for (let time = 0; time < 2; time++) {
      const message = await client.messages.create({ model: 'claude-x', max_tokens: 50, messages });
      expect(message.content[0]).toMatchObject({ type: 'text', text: 'Paris.' });
      const streamed = await client.messages
        .stream({ model: 'claude-y', max_tokens: 50, messages })
        .finalText();
      expect(streamed).toBe('Paris.');
    }
    expect(seen.map(({ url }) => url)).toEqual(Array(2).fill('https://provider.test/v1/messages'));
  });

  it('the AI SDK is answered from one call through both of its providers', async () => {
    const { fetch, seen } = setUpFetch(({ url, body }) => {
      if (url.endsWith('/messages'))
        return body.includes('"stream":true')
          ? eventStream(anthropicEvents())
          : jsonResponse(anthropicMessage);
      return body.includes('"stream":true')
        ? eventStream(events(['Pa', 'ris.'], { usage: true }))
        : jsonResponse(completion());
    });
    const openai = createOpenAI({ apiKey: 'k', baseURL: 'https://provider.test/v1', fetch });
    const anthropic = createAnthropic({ apiKey: 'k', baseURL: 'https://anthropic.test/v1', fetch });
    const prompt = 'What is the capital of France?';
    for (const model of [openai.chat('gpt-x'), anthropic('claude-x')]) {
      for (let time = 0; time < 2; time++) {
        expect((await generateText({ model, prompt, maxRetries: 0 })).text).toBe('Paris.');
        const { textStream } = streamText({ model, prompt: 'Streamed?', maxRetries: 0 });
        let text = '';
        for await (const piece of textStream) text += piece;
        expect(text).toBe('Paris.');
      }
    }
    expect(seen.length).toBe(4);
  });
});
