/**
 * AskonceCache behind LangChain's own models, against the simulated provider.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type AnthropicInput, ChatAnthropic } from '@langchain/anthropic';
import { BaseLanguageModel } from '@langchain/core/language_models/base';
import type { BaseChatModel, BaseChatModelParams } from '@langchain/core/language_models/chat_models';
import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import type { Generation } from '@langchain/core/outputs';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, type ChatOpenAIFields, OpenAI } from '@langchain/openai';
import type { WalkedEntry } from 'askonce';
import { AskonceCache, type AskonceCacheOptions } from 'askonce/langchain';
import { fakeClock, type SimulatedProvider, startSimulatedProvider } from 'askonce/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { capital, capitalAgain, setUpSemantic } from './support/semantic-set-up.ts';
import { observedCache } from './support/set-up-cache.ts';

let provider: SimulatedProvider;
beforeAll(async () => {
  provider = await startSimulatedProvider();
  return () => provider.close();
});

const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'Returns the weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

function setUp(options: AskonceCacheOptions = {}) {
  // LangChain downloads a table to estimate the tokens of a stream.
  vi.spyOn(BaseLanguageModel.prototype, 'getNumTokens').mockResolvedValue(0);
  const clock = fakeClock();
  const observed = observedCache({ clock });
  const cache = new AskonceCache(observed.cache, options);
  const openai = (more: ChatOpenAIFields = {}) =>
    new ChatOpenAI({
      model: 'gpt-4.1-mini',
      apiKey: 'sk-simulated',
      cache,
      maxRetries: 0,
      configuration: { baseURL: `${provider.url}/v1` },
      ...more,
    });
  const anthropic = (more: AnthropicInput & BaseChatModelParams = {}) =>
    new ChatAnthropic({
      model: 'claude-sonnet-4-5',
      apiKey: 'sk-simulated',
      anthropicApiUrl: provider.url,
      cache,
      maxRetries: 0,
      ...more,
    });
  /** The provider's calls for some work. */
  const callsFor = async (work: () => Promise<unknown>) => {
    const before = provider.calls;
    await work();
    return provider.calls - before;
  };
  return { ...observed, clock, lookups: cache, openai, anthropic, callsFor };
}

/** A message as it says itself, less its usage, which LangChain sets to zero for what comes from a cache. */
function plain(message: AIMessage) {
  return { ...JSON.parse(JSON.stringify(message.toDict().data)), usage_metadata: undefined };
}

const usageSchema = z.object({ output_tokens: z.number(), total_tokens: z.number() });
const usageOf = ({ usage_metadata }: { readonly usage_metadata?: unknown }) =>
  usageSchema.parse(usage_metadata);

const vendors = ['openai', 'anthropic'] as const;

describe.each(vendors)('a model of %s with AskonceCache', (vendor) => {
  it('an answer is stored once and comes back as the same message, with its metadata and zero tokens', async () => {
    const set = setUp();
    const model = set[vendor]();
    const first = await model.invoke('Where is my order?');
    expect(usageOf(first).output_tokens).toBeGreaterThan(0);
    expect(
      await set.callsFor(async () => {
        const second = await model.invoke('Where is my order?');
        expect(AIMessage.isInstance(second)).toBe(true);
        expect(plain(second)).toEqual(plain(first));
        expect(second.response_metadata).toEqual(first.response_metadata);
        expect(second.usage_metadata).toEqual({ input_tokens: 0, output_tokens: 0, total_tokens: 0 });
      }),
    ).toBe(0);
    expect([set.count('miss'), set.count('hit')]).toEqual([1, 1]);
  });

  it('a call of a tool comes back as it was made', async () => {
    const set = setUp();
    const model = set[vendor]().bindTools([weather]);
    const first = await model.invoke('What is the weather in Lisbon?');
    expect(first.tool_calls).toMatchObject([{ name: 'weather', type: 'tool_call' }]);
    const second = await model.invoke('What is the weather in Lisbon?');
    expect(second.tool_calls).toEqual(first.tool_calls);
    expect(plain(second).content).toEqual(plain(first).content);
    expect(set.count('hit')).toBe(1);
  });

  it('an answer that the model assembles from a stream is stored, and is the same with and without streaming', async () => {
    const set = setUp();
    const streamed = await set[vendor]({ streaming: true }).invoke('Is the shop open?');
    const calls = await set.callsFor(async () => {
      const again = await set[vendor]({ streaming: true }).invoke('Is the shop open?');
      expect([again.text, again.tool_calls]).toEqual([streamed.text, streamed.tool_calls]);
      const whole = await set[vendor]().invoke('Is the shop open?', { signal: AbortSignal.timeout(60_000) });
      expect(whole.text).toBe(streamed.text);
    });
    expect(calls).toBe(0);
  });

  it('LangChain asks no cache when it streams', async () => {
    const set = setUp();
    const model = set[vendor]();
    const stream = async () => {
      let text = '';
      for await (const chunk of await model.stream('Is there a garden?')) text += chunk.text;
      return text;
    };
    expect(await set.callsFor(async () => expect(await stream()).toBe(await stream()))).toBe(2);
    expect(set.events).toEqual([]);
  });

  it('an answer that was cut off is not stored', async () => {
    const set = setUp();
    const model = set[vendor]({ maxTokens: 3 });
    expect(
      await set.callsFor(async () => {
        for (const _time of [1, 2]) await model.invoke('Tell me everything.');
      }),
    ).toBe(2);
    expect(set.count('stored')).toBe(0);
  });

  it('tools and schemas that a call is given as objects are never confused, and those that are bound are cached', async () => {
    const set = setUp();
    const make = () => set[vendor]();
    const toolNamed = (name: string) =>
      tool(async () => 'done', { name, description: name, schema: z.object({ city: z.string() }) });
    const [weather, news] = [toolNamed('weather'), toolNamed('news')];
    const asked = 'What is there in Lisbon?';
    for (const given of [weather, news, weather])
      expect(await set.callsFor(() => make().invoke(asked, { tools: [given] }))).toBe(1);
    for (const schema of [z.object({ a: z.string().min(1) }), z.object({ a: z.string().min(2) })]) {
      const shaped = { name: 'shaped', description: 'shaped', schema };
      expect(await set.callsFor(() => make().invoke(asked, { tools: [shaped] }))).toBe(1);
    }
    for (const [given, calls] of [[weather, 1] as const, [news, 1] as const, [weather, 0] as const])
      expect(await set.callsFor(() => make().bindTools([given]).invoke(asked))).toBe(calls);
    const structured = (schema: z.ZodObject) => make().withStructuredOutput(schema, { includeRaw: true });
    const [one, other] = [z.object({ a: z.string().min(1) }), z.object({ a: z.string().min(2) })];
    for (const [schema, calls] of [[one, 1] as const, [other, 1] as const, [one, 0] as const])
      expect(await set.callsFor(() => structured(schema).invoke(asked))).toBe(calls);
  });

  it('other parameters, other tools and other prompts are other questions', async () => {
    const set = setUp();
    const invoke = [
      () => set[vendor]().invoke('Hello'),
      () => set[vendor]({ temperature: 0.3 }).invoke('Hello'),
      () => set[vendor]().bindTools([weather]).invoke('Hello'),
      () => set[vendor]().invoke([new SystemMessage('Be brief.'), new HumanMessage('Hello')]),
      () => set[vendor]().invoke('Hello!'),
    ];
    const all = async () => {
      for (const one of invoke) await one();
    };
    expect([await set.callsFor(all), await set.callsFor(all)]).toEqual([invoke.length, 0]);
  });

  it('a batch asks the model for those prompts alone that are not stored', async () => {
    const set = setUp();
    const model: BaseChatModel = set[vendor]();
    const first = await model.invoke('one');
    const calls = await set.callsFor(async () => {
      const [one, two] = await model.batch(['one', 'two']);
      expect([one?.text, typeof two?.text]).toEqual([first.text, 'string']);
    });
    expect(calls).toBe(1);
  });

  it('prompts that differ in an image alone are never answered from the cache', async () => {
    const set = setUp();
    const ask = (data: string) =>
      set[vendor]().invoke([
        new HumanMessage({
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
          ],
        }),
      ]);
    expect(
      await set.callsFor(async () => {
        for (const data of ['AAAA', 'BBBB']) await ask(data);
      }),
    ).toBe(2);
    expect(set.count('stored')).toBe(0);
  });
});

describe('AskonceCache', () => {
  it('several generations of one prompt come back in their order', async () => {
    const set = setUp();
    const model = set.openai({ n: 3 });
    const texts = async () => {
      const { generations } = await model.generate([[new HumanMessage('Name a colour.')]]);
      return generations[0]?.map(({ text }: Generation) => text);
    };
    const first = await texts();
    expect(new Set(first).size).toBe(3);
    expect(await set.callsFor(async () => expect(await texts()).toEqual(first))).toBe(0);
  });

  it('a model of OpenAI’s responses is cached with its reasoning and metadata', async () => {
    const set = setUp();
    const model = set.openai({ useResponsesApi: true });
    const first = await model.invoke('Where is Lyon?');
    const second = await model.invoke('Where is Lyon?');
    expect(plain(second)).toEqual(plain(first));
    expect(set.count('hit')).toBe(1);
  });

  it('the Unicode form of a prompt does not count, whatever turn it is in', async () => {
    const set = setUp();
    const model = set.openai();
    const turns = (name: string) => [new HumanMessage(name), new AIMessage('Yes?'), new HumanMessage(name)];
    for (const name of ['Ren\u00e9', 'Rene\u0301']) await model.invoke(turns(name));
    for (const name of ['Ren\u00e9', 'Rene\u0301']) await model.invoke([new SystemMessage(name)]);
    expect(set.count('hit')).toBe(2);
  });

  it('a completion of text is cached as a generation of text', async () => {
    const set = setUp();
    const model = new OpenAI({
      model: 'gpt-3.5-turbo-instruct',
      maxTokens: 500,
      apiKey: 'sk-simulated',
      cache: set.lookups,
      configuration: { baseURL: `${provider.url}/v1` },
    });
    const first = await model.invoke('Once upon a time');
    expect(await model.invoke('Once upon a time')).toBe(first);
    expect(set.count('hit')).toBe(1);
  });

  it('what a caller does to a hit does not reach the next one', async () => {
    const set = setUp();
    const model = set.openai();
    const first = await model.invoke('Hello');
    const hit = await model.invoke('Hello');
    hit.content = 'changed';
    hit.response_metadata['model_name'] = 'changed';
    expect(plain(await model.invoke('Hello'))).toEqual(plain(first));
  });

  it('an answer expires by its lifetime, and a stale one is a miss that is answered anew', async () => {
    const set = setUp({ directives: { ttl: 60, staleAfter: 30 } });
    const model = set.openai();
    const ask = () => set.callsFor(() => model.invoke('Hello'));
    expect([await ask(), await ask()]).toEqual([1, 0]);
    set.clock.advance(31_000);
    expect([await ask(), await ask()]).toEqual([1, 0]);
    expect(set.events.filter(({ type }) => type === 'miss')).toMatchObject([
      { reason: 'absent' },
      { reason: 'stale' },
    ]);
    set.clock.advance(61_000);
    expect(await ask()).toBe(1);
  });

  it('a stale answer is served as long as maxStale allows', async () => {
    const set = setUp({ directives: { ttl: 60, staleAfter: 10, maxStale: 20 } });
    const ask = () => set.callsFor(() => set.openai().invoke('Hello'));
    await ask();
    set.clock.advance(25_000);
    expect(await ask()).toBe(0);
    set.clock.advance(10_000);
    expect(await ask()).toBe(1);
  });

  it('answers are found by tag and by domain event, and removed', async () => {
    const set = setUp({ context: { tags: ['team=search'] }, invalidateOn: ['prices.changed'] });
    const model = set.openai();
    await model.invoke('Hello');
    expect(await set.cache.invalidate({ tags: ['team=search'] })).toBe(1);
    await model.invoke('Hello');
    expect(await set.cache.emit({ type: 'prices.changed' })).toBe(1);
    expect(await set.callsFor(() => model.invoke('Hello'))).toBe(1);
  });

  it('tenants share no answers, and each call’s tenant may come from its context', async () => {
    const tenants = new AsyncLocalStorage<string>();
    const set = setUp({ context: () => ({ tenant: tenants.getStore() }) });
    const model = set.openai();
    const ask = (tenant: string) => tenants.run(tenant, () => set.callsFor(() => model.invoke('Hello')));
    expect([await ask('acme'), await ask('acme'), await ask('other')]).toEqual([1, 0, 1]);
  });

  it('models under different names share no answers', async () => {
    const set = setUp();
    const named = (name: string) => new AskonceCache(set.cache, { name });
    const ask = (name: string) => set.callsFor(() => set.openai({ cache: named(name) }).invoke('Hello'));
    expect([await ask('a'), await ask('b'), await ask('a')]).toEqual([1, 1, 0]);
  });

  it('a key encoder decides what counts', async () => {
    const set = setUp();
    set.lookups.makeDefaultKeyEncoder((prompt = '') => prompt.toLowerCase());
    expect(
      await set.callsFor(async () => {
        await set.openai().invoke('Hello');
        await set.openai({ temperature: 0.7 }).invoke('HELLO');
      }),
    ).toBe(1);
  });

  it('the API key that LangChain puts among the parameters is in no event and no entry, and the prompt in no event', async () => {
    const set = setUp();
    await set.openai({ apiKey: 'sk-very-secret' }).invoke('Where is my private order?');
    const entries: WalkedEntry[] = [];
    for await (const some of set.cache.entries()) entries.push(...some);
    expect(entries).toHaveLength(1);
    expect(JSON.stringify([set.events, entries])).not.toContain('sk-very-secret');
    expect(JSON.stringify(set.events)).not.toContain('private order');
  });

  it('a closed cache leaves the answers to the model', async () => {
    const set = setUp();
    await set.cache.close();
    expect(
      await set.callsFor(async () => {
        for (const _time of [1, 2]) expect((await set.openai().invoke('Hello')).text).not.toBe('');
      }),
    ).toBe(2);
  });

  it('a wrong context is reported by the first lookup', async () => {
    const set = setUp({ context: { tags: [''] } });
    await expect(set.openai().invoke('Hello')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('a context that comes as a promise, or has a misspelt name, is reported and shares no answers', async () => {
    const promised: object = { context: async () => ({ user: 'ann' }) };
    const misspelt: object = { context: { usr: 'ann' } };
    for (const options of [promised, misspelt])
      await expect(setUp(options).openai().invoke('Hello')).rejects.toMatchObject({
        code: 'invalid_settings',
      });
  });

  it('hits report the tokens that they save, and the model of the answer', async () => {
    const set = setUp();
    const model = set.anthropic();
    const first = await model.invoke('Where is my order?');
    await model.invoke('Where is my order?');
    expect(set.events.find(({ type }) => type === 'hit')).toMatchObject({
      savedTokens: usageOf(first).total_tokens,
      model: 'claude-sonnet-4-5',
    });
  });

  it('the answers of a model are found by its name, and removed', async () => {
    const set = setUp();
    await set.openai().invoke('Hello');
    await set.anthropic().invoke('Hello');
    expect(await set.cache.invalidate({ model: 'gpt-4.1-mini' })).toBe(1);
    expect(await set.callsFor(() => set.anthropic().invoke('Hello'))).toBe(0);
  });

  it('a prompt whose last turn asks the same in other words is a semantic hit', async () => {
    const { cache, count } = setUpSemantic();
    const set = setUp();
    const model = set.openai({ cache: new AskonceCache(cache) });
    const turns = (question: string) => [new SystemMessage('Be brief.'), new HumanMessage(question)];
    const first = await model.invoke(turns(capital));
    expect(
      await set.callsFor(async () => {
        expect((await model.invoke(turns(capitalAgain))).text).toBe(first.text);
      }),
    ).toBe(0);
    expect(count('hit')).toBe(1);
    const other = [new SystemMessage('Be long.'), new HumanMessage(capitalAgain)];
    expect(await set.callsFor(() => model.invoke(other))).toBe(1);
  });
});
