/**
 * The AI SDK itself with models behind the cache, whose providers are simulated on loopback.
 */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import {
  embedMany,
  generateObject,
  generateText,
  isStepCount,
  jsonSchema,
  Output,
  streamObject,
  streamText,
  tool,
} from 'ai';
import { createCache } from 'askonce';
import { withAskonce } from 'askonce/ai-sdk';
import { startSimulatedProvider } from 'askonce/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { statusIn } from './support/ai-sdk.ts';

globalThis.AI_SDK_LOG_WARNINGS = false;

const provider = await startSimulatedProvider();
const cache = createCache();
afterAll(async () => {
  await cache.close();
  await provider.close();
});
const openai = createOpenAI({ apiKey: 'sk-openai-test', baseURL: `${provider.url}/v1` });
const anthropic = createAnthropic({ apiKey: 'sk-anthropic-test', baseURL: `${provider.url}/v1` });

const models = [
  ['OpenAI chat', withAskonce(openai.chat('gpt-4.1-mini'), { cache })],
  ['OpenAI responses', withAskonce(openai.responses('gpt-4.1-mini'), { cache })],
  ['Anthropic', withAskonce(anthropic('claude-sonnet-5'), { cache })],
] as const;

let asked = 0;
/** A question that has not been asked before. */
function prompt(): string {
  asked += 1;
  return `What is the weather in Lisbon on day ${asked}?`;
}

/** Asks twice: the first answer comes from the provider, the second from the cache. Resolves with both. */
async function twice<Answer>(
  ask: () => PromiseLike<Answer>,
  expected = 1,
): Promise<readonly [Answer, Answer]> {
  const before = provider.calls;
  const first = await ask();
  expect(provider.calls).toBe(before + expected);
  const second = await ask();
  expect(provider.calls).toBe(before + expected);
  return [first, second];
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

describe.each(models)('%s through the AI SDK and the cache', (_name, model) => {
  it('generates once, with the same text, usage and response the second time', async () => {
    const request = { model, prompt: prompt(), maxRetries: 0 };
    const [first, second] = await twice(() => generateText(request));
    expect(first.text).toMatch(/\w/);
    for (const name of ['text', 'usage', 'finishReason', 'reasoningText', 'toolCalls', 'warnings'] as const)
      expect(second[name]).toEqual(first[name]);
    const { id, modelId, timestamp } = first.response;
    // Anthropic sends no time, so the SDK takes that of the call.
    const sent = model.provider.startsWith('anthropic') ? {} : { timestamp };
    expect(second.response).toMatchObject({ id, modelId, ...sent });
    expect(first.response.headers).toBeDefined();
    expect(second.response.headers).toBeUndefined();
    expect(statusIn(first.providerMetadata)).toBe('miss');
    expect(statusIn(second.providerMetadata)).toBe('hit memory');
  });

  it('streams once, part by part, with all that the parts say', async () => {
    const request = { model, prompt: prompt(), maxRetries: 0 };
    const [first, second] = await twice(async () => {
      const made = streamText(request);
      const parts: unknown[] = [];
      for await (const part of made.stream) if (!/^(?:start|finish)/.test(part.type)) parts.push(part);
      return { parts, usage: await made.usage, text: await made.text, status: await made.providerMetadata };
    });
    expect(second.parts).toEqual(first.parts);
    expect(second.usage).toEqual(first.usage);
    expect(first.parts.length).toBeGreaterThan(4);
    expect([first, second].map(({ status }) => statusIn(status))).toEqual(['miss', 'hit memory']);
  });

  it('streams what was generated, and generates what was streamed', async () => {
    for (const order of ['generate', 'stream']) {
      const request = { model, prompt: prompt(), tools: { weather }, maxRetries: 0 };
      const generate = async () => {
        const { toolCalls, usage, finishReason } = await generateText(request);
        return { toolCalls, usage, finishReason };
      };
      const stream = async () => {
        const made = streamText(request);
        await made.consumeStream();
        return {
          toolCalls: await made.toolCalls,
          usage: await made.usage,
          finishReason: await made.finishReason,
        };
      };
      const before = provider.calls;
      const [first, second] =
        order === 'generate' ? [await generate(), await stream()] : [await stream(), await generate()];
      expect(provider.calls).toBe(before + 1);
      expect(second).toEqual(first);
      expect(first.toolCalls).toMatchObject([{ toolName: 'weather', input: { city: expect.any(String) } }]);
    }
  });

  it('runs a loop of tools with one call a step, and none when it is run again', async () => {
    const request = {
      model,
      prompt: prompt(),
      tools: { weather },
      stopWhen: isStepCount(5),
      maxRetries: 0,
    };
    const [first, second] = await twice(() => generateText(request), 2);
    expect(first.steps).toHaveLength(2);
    expect(second.text).toBe(first.text);
    expect(second.steps.map(({ providerMetadata }) => statusIn(providerMetadata))).toEqual([
      'hit memory',
      'hit memory',
    ]);
    const keys = second.steps.map(({ providerMetadata }) => providerMetadata?.['askonce']?.['key']);
    expect(new Set(keys).size).toBe(2);
    const before = provider.calls;
    const streamed = streamText(request);
    expect(await streamed.text).toBe(first.text);
    expect(provider.calls).toBe(before);
  });

  it('answers many who ask at once by one call', async () => {
    const request = { model, prompt: prompt(), maxRetries: 0 };
    const before = provider.calls;
    const texts = await Promise.all(
      Array.from({ length: 20 }, async () => (await generateText(request)).text),
    );
    expect(new Set(texts).size).toBe(1);
    expect(provider.calls).toBe(before + 1);
  });
});

it.each(models.slice(0, 2))('%s makes an object by a schema once', async (_name, model) => {
  const asObject = { model, schema: place, prompt: prompt(), maxRetries: 0 };
  const [first, second] = await twice(async () => (await generateObject(asObject)).object);
  expect(second).toEqual(first);
  const before = provider.calls;
  const streamed = streamObject(asObject);
  for await (const part of streamed.partialObjectStream) expect(part).toBeTypeOf('object');
  expect(await streamed.object).toEqual(first);
  expect(provider.calls).toBe(before);
  const asOutput = { model, prompt: prompt(), output: Output.object({ schema: place }), maxRetries: 0 };
  const [output, again] = await twice(async () => (await generateText(asOutput)).output);
  expect(again).toEqual(output);
});

it('a model is asked again at another address', async () => {
  const other = await startSimulatedProvider();
  try {
    const elsewhere = createOpenAI({ apiKey: 'sk-openai-test', baseURL: `${other.url}/v1` });
    const request = { prompt: prompt(), maxRetries: 0 };
    await generateText({ ...request, model: models[0][1] });
    await generateText({ ...request, model: withAskonce(elsewhere.chat('gpt-4.1-mini'), { cache }) });
    expect(other.calls).toBe(1);
  } finally {
    await other.close();
  }
});

it('many values are embedded once each', async () => {
  const model = withAskonce(openai.embedding('text-embedding-3-small'), { cache });
  const values = ['one', 'two', 'three'];
  const [first, second] = await twice(() => embedMany({ model, values, maxRetries: 0 }));
  expect(second.embeddings).toStrictEqual(first.embeddings);
  expect(second.usage).toEqual(first.usage);
  const before = provider.calls;
  const mixed = await embedMany({ model, values: ['three', 'four', 'one'], maxRetries: 0 });
  expect(provider.calls).toBe(before + 1);
  expect([mixed.embeddings[0], mixed.embeddings[2]]).toStrictEqual([
    first.embeddings[2],
    first.embeddings[0],
  ]);
  expect(statusIn(mixed.providerMetadata)).toBe('miss 2/3');
});
