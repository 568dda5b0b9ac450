/**
 * LangChain's models with `cachingFetch`: what a LangChain cache cannot do, streams and single-flight included.
 */
import { ChatAnthropic } from '@langchain/anthropic';
import { BaseLanguageModel } from '@langchain/core/language_models/base';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { cachingFetch } from 'askonce/fetch';
import { type SimulatedProvider, startSimulatedProvider } from 'askonce/testing';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { observedCache } from './support/set-up-cache.ts';

let provider: SimulatedProvider;
beforeAll(async () => {
  provider = await startSimulatedProvider();
  return () => provider.close();
});
beforeEach(() => {
  // LangChain downloads a table to estimate the tokens of a stream.
  vi.spyOn(BaseLanguageModel.prototype, 'getNumTokens').mockResolvedValue(0);
});

function setUp() {
  const observed = observedCache({});
  const fetch = cachingFetch({ cache: observed.cache });
  const openai = new ChatOpenAI({
    model: 'gpt-4.1-mini',
    apiKey: 'sk-simulated',
    maxRetries: 0,
    configuration: { baseURL: `${provider.url}/v1`, fetch },
  });
  const anthropic = new ChatAnthropic({
    model: 'claude-sonnet-4-5',
    apiKey: 'sk-simulated',
    anthropicApiUrl: provider.url,
    maxRetries: 0,
    clientOptions: { fetch },
  });
  return { ...observed, fetch, models: { openai, anthropic } satisfies Record<string, BaseChatModel> };
}

async function chunksOf(model: BaseChatModel, question: string): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of await model.stream(question)) chunks.push(chunk.text);
  return chunks;
}

describe.each(['openai', 'anthropic'] as const)('a model of %s with cachingFetch', (vendor) => {
  it('an answer is stored once, and comes back with its usage', async () => {
    const { models, count } = setUp();
    const before = provider.calls;
    const first = await models[vendor].invoke('Where is my parcel?');
    const second = await models[vendor].invoke('Where is my parcel?');
    expect([second.text, second.usage_metadata]).toEqual([first.text, first.usage_metadata]);
    expect([provider.calls - before, count('hit')]).toEqual([1, 1]);
  });

  it('a stream is stored, and comes back chunk by chunk', async () => {
    const { models, count } = setUp();
    const before = provider.calls;
    const first = await chunksOf(models[vendor], 'Is there a garden?');
    expect(await chunksOf(models[vendor], 'Is there a garden?')).toEqual(first);
    expect(first.length).toBeGreaterThan(3);
    expect([provider.calls - before, count('hit')]).toEqual([1, 1]);
  });

  it('callers that ask the same at once share one call, also as a stream', async () => {
    const { models } = setUp();
    const before = provider.calls;
    const [texts, streams] = [
      await Promise.all(Array.from({ length: 10 }, () => models[vendor].invoke('How late is it?'))),
      await Promise.all(Array.from({ length: 10 }, () => chunksOf(models[vendor], 'How far is it?'))),
    ];
    expect(new Set(texts.map(({ text }) => text)).size).toBe(1);
    expect(new Set(streams.map((chunks) => chunks.join(''))).size).toBe(1);
    expect(provider.calls - before).toBe(2);
  });
});

it('OpenAI’s embeddings with cachingFetch are asked text by text', async () => {
  const { fetch } = setUp();
  const embeddings = new OpenAIEmbeddings({
    model: 'text-embedding-3-small',
    apiKey: 'sk-simulated',
    maxRetries: 0,
    configuration: { baseURL: `${provider.url}/v1`, fetch },
  });
  const before = provider.calls;
  const [a, b] = await embeddings.embedDocuments(['a', 'b']);
  expect(await embeddings.embedDocuments(['b', 'a'])).toEqual([b, a]);
  expect(provider.calls - before).toBe(1);
});
