import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { embedMany, generateObject, generateText, jsonSchema, Output, streamText, tool } from 'ai';
import { startSimulatedProvider } from 'askonce/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clientSetUp } from './support/client-set-up.ts';

const provider = await startSimulatedProvider();
const setup = await clientSetUp(provider);
afterAll(() => setup.close());
const { twice } = setup;
const openai = createOpenAI({
  apiKey: 'sk-openai-test',
  baseURL: `${setup.gateway.url}/v1`,
  fetch: setup.fetch,
});
const anthropic = createAnthropic({
  apiKey: 'sk-anthropic-test',
  baseURL: `${setup.gateway.url}/v1`,
  fetch: setup.fetch,
});

const models = [
  ['OpenAI chat', openai.chat('gpt-4.1-mini')],
  ['OpenAI responses', openai.responses('gpt-4.1-mini')],
  ['Anthropic', anthropic('claude-sonnet-5')],
] as const;

let asked = 0;
/** A question that has not been asked before. */
function prompt(): string {
  asked += 1;
  return `What is the weather in Lisbon on day ${asked}?`;
}

const weather = tool({
  description: 'Tells the weather of a city.',
  inputSchema: jsonSchema<{ city: string }>({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }),
  execute: ({ city }) => `21 degrees in ${city}`,
});
const place = z.object({ city: z.string(), degrees: z.int().min(-10).max(40) });

describe.each(models)('%s through the AI SDK', (_name, model) => {
  it('the AI SDK generates the same text from a stored answer', async () => {
    const request = { model, prompt: prompt(), maxRetries: 0 };
    const { text } = await twice(async () => {
      const made = await generateText(request);
      return { text: made.text, usage: made.usage, finishReason: made.finishReason };
    });
    expect(text).toMatch(/\w/);
  });

  it('the AI SDK streams the same text from a stored answer, part by part', async () => {
    const request = { model, prompt: prompt(), maxRetries: 0 };
    const { parts } = await twice(async () => {
      const made = streamText(request);
      const parts: string[] = [];
      for await (const part of made.textStream) parts.push(part);
      return { parts, usage: await made.usage, finishReason: await made.finishReason };
    });
    expect(parts.length).toBeGreaterThan(3);
  });

  it('the AI SDK gets the same tool calls from a stored answer, whole and streamed', async () => {
    const called = [{ toolName: 'weather', input: { city: expect.any(String) } }];
    const [plain, streamed] = [prompt(), prompt()];
    const whole = await twice(
      async () => (await generateText({ model, prompt: plain, tools: { weather }, maxRetries: 0 })).toolCalls,
    );
    expect(whole).toMatchObject(called);
    const inParts = await twice(
      async () => await streamText({ model, prompt: streamed, tools: { weather }, maxRetries: 0 }).toolCalls,
    );
    expect(inParts).toMatchObject(called);
  });

  it('the AI SDK’s images count by their bytes or by their URL', async () => {
    const png = Buffer.from('iVBORw0KGgo=', 'base64');
    for (const data of [png, new URL('https://example.test/cat.png')]) {
      const content = [
        { type: 'text' as const, text: prompt() },
        { type: 'file' as const, data, mediaType: 'image/png' },
      ];
      const request = { model, messages: [{ role: 'user' as const, content }], maxRetries: 0 };
      expect(await twice(async () => (await generateText(request)).text)).toMatch(/\w/);
    }
  });
});

it.each(models.slice(0, 2))(
  '%s generates the same object by a schema from a stored answer',
  async (_name, model) => {
    const request = { model, schema: place, prompt: prompt(), maxRetries: 0 };
    const object = await twice(async () => (await generateObject(request)).object);
    expect(place.safeParse(object).success).toBe(true);
    const asText = { model, prompt: prompt(), output: Output.object({ schema: place }), maxRetries: 0 };
    const output = await twice(async () => (await generateText(asText)).output);
    expect(place.safeParse(output).success).toBe(true);
  },
);

it('the AI SDK’s `embedMany` gets the same vectors from stored answers', async () => {
  const request = {
    model: openai.embedding('text-embedding-3-small'),
    values: ['one', 'two', 'three'],
    maxRetries: 0,
  };
  const first = (await embedMany(request)).embeddings;
  expect(setup.status).toBe('askonce; fwd=miss; stored; detail="0/3"');
  const calls = provider.calls;
  expect((await embedMany({ ...request, values: ['three', 'one'] })).embeddings).toEqual([
    first[2],
    first[0],
  ]);
  expect(setup.status).toContain('; hit; ');
  expect(provider.calls).toBe(calls);
});
