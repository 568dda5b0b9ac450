/**
 * The cache of the AI SDK among other middleware: what it sees of a model that is wrapped, and of settings that a model has.
 */
import { createOpenAI } from '@ai-sdk/openai';
import {
  customProvider,
  defaultEmbeddingSettingsMiddleware,
  defaultSettingsMiddleware,
  embed,
  extractReasoningMiddleware,
  generateText,
  wrapEmbeddingModel,
  wrapLanguageModel,
} from 'ai';
import { createCache } from 'askonce';
import { askonceEmbeddingMiddleware, askonceMiddleware, withAskonce } from 'askonce/ai-sdk';
import { startSimulatedProvider } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mockModel, question, textResult } from './support/ai-sdk.ts';

async function setUp() {
  const provider = await startSimulatedProvider();
  const cache = createCache();
  onTestFinished(async () => {
    await cache.close();
    await provider.close();
  });
  const openai = createOpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'sk-simulated' });
  /** The provider's calls for each of some pieces of work, one after the other. */
  const callsFor = async (...works: readonly (() => Promise<unknown>)[]) => {
    const calls: number[] = [];
    for (const work of works) {
      const before = provider.calls;
      await work();
      calls.push(provider.calls - before);
    }
    return calls;
  };
  return { cache, openai, callsFor };
}

type Wrapped = ReturnType<typeof wrapLanguageModel>;

const ask = (model: Wrapped) => () => generateText({ model, prompt: 'Why?', maxRetries: 0 });
const effort = (reasoningEffort: 'low' | 'high') =>
  defaultSettingsMiddleware({ settings: { providerOptions: { openai: { reasoningEffort } } } });

describe('a model that middleware has wrapped', () => {
  it('never gets the answers of another with other settings, and gets its own', async () => {
    const { cache, openai, callsFor } = await setUp();
    const base = openai.chat('gpt-5');
    const [low, high] = [effort('low'), effort('high')];
    const custom = customProvider({
      languageModels: {
        low: wrapLanguageModel({ model: base, middleware: low }),
        high: wrapLanguageModel({ model: base, middleware: high }),
      },
    });
    const one = withAskonce(custom.languageModel('low'), { cache });
    const other = withAskonce(custom.languageModel('high'), { cache });
    expect(await callsFor(ask(one), ask(other), ask(one), ask(other))).toEqual([1, 1, 0, 0]);
    // The object is the same, whatever wraps it.
    expect(await callsFor(ask(withAskonce(custom.languageModel('low'), { cache })))).toEqual([0]);
    const behind = [low, high].map((middleware) =>
      wrapLanguageModel({ model: base, middleware: [askonceMiddleware({ cache }), middleware] }),
    );
    expect(await callsFor(...behind.map(ask), ...behind.map(ask))).toEqual([1, 1, 0, 0]);
  });

  it('shares answers with others under the name of its upstream', async () => {
    const { cache, openai, callsFor } = await setUp();
    const made = (upstream: string) =>
      wrapLanguageModel({
        model: openai.chat('gpt-5'),
        middleware: [
          askonceMiddleware({ cache, upstream }),
          extractReasoningMiddleware({ tagName: 'think' }),
        ],
      });
    expect(await callsFor(ask(made('think')), ask(made('think')), ask(made('other')))).toEqual([1, 0, 1]);
  });

  it('shares answers where the cache stands behind the other middleware, which it sees', async () => {
    const { cache, openai, callsFor } = await setUp();
    const made = (reasoningEffort: 'low' | 'high') =>
      wrapLanguageModel({
        model: openai.chat('gpt-5'),
        middleware: [effort(reasoningEffort), askonceMiddleware({ cache })],
      });
    expect(await callsFor(ask(made('low')), ask(made('low')), ask(made('high')))).toEqual([1, 0, 1]);
  });

  it('embeds by its own settings', async () => {
    const { cache, openai, callsFor } = await setUp();
    const made = [2, 3].map((dimensions) =>
      wrapEmbeddingModel({
        model: openai.embedding('text-embedding-3-small'),
        middleware: [
          askonceEmbeddingMiddleware({ cache }),
          defaultEmbeddingSettingsMiddleware({ settings: { providerOptions: { openai: { dimensions } } } }),
        ],
      }),
    );
    const embedBy = made.map((model) => () => embed({ model, value: 'a', maxRetries: 0 }));
    expect(await callsFor(...embedBy, ...embedBy)).toEqual([1, 1, 0, 0]);
  });
});

it('settings of a model object count, but for what is no JSON in them', async () => {
  const cache = createCache();
  onTestFinished(() => cache.close());
  let calls = 0;
  const made = (own: object) => {
    const mock = mockModel({ generate: () => textResult(`answer ${++calls}`) });
    return withAskonce(Object.assign(mock, own), { cache });
  };
  const models = [
    {},
    { settings: {} },
    { settings: { fetch: () => undefined, limit: undefined } },
    { settings: { reasoning: { effort: 'low' } } },
    { settings: { reasoning: { effort: 'high' }, fetch: () => undefined } },
    { config: { extraBody: { route: 'fallback', limits: [1, Number.NaN, null] } } },
  ];
  const texts: unknown[] = [];
  for (const own of [...models, ...models]) {
    const { content } = await made(own).doGenerate(question('Why?'));
    texts.push(content[0]?.type === 'text' && content[0].text);
  }
  expect(texts).toEqual([1, 1, 1, 2, 3, 4, 1, 1, 1, 2, 3, 4].map((call) => `answer ${call}`));
});
