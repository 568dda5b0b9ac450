/**
 * What counts for the key of a call of the AI SDK, what bypasses the cache, and what an application says about its calls.
 */
import { customProvider } from 'ai';
import { MockImageModelV4, MockLanguageModelV3, MockRerankingModelV4, MockSpeechModelV4 } from 'ai/test';
import { createCache } from 'askonce';
import { askonceMiddleware, withAskonce } from 'askonce/ai-sdk';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Call, mockModel, question, setUpModel, statusIn, textResult, usage } from './support/ai-sdk.ts';
import { settled } from './support/gated-provider.ts';

/** How many calls of the model two calls make, one after the other. */
async function callsFor(one: Call, other: Call): Promise<number> {
  const { model, calls } = setUpModel({ generate: (_call, index) => textResult(`answer ${index}`) });
  await model.doGenerate(one);
  await model.doGenerate(other);
  return calls();
}

const schema = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } } as const;
const turned = { type: 'object', properties: { b: { type: 'string' }, a: { type: 'string' } } } as const;
const tool = (inputSchema: typeof schema | typeof turned) =>
  ({ type: 'function', name: 'weather', inputSchema }) as const;

function withFile(data: Uint8Array | string | URL): Call {
  const of = data instanceof URL ? ({ type: 'url', url: data } as const) : ({ type: 'data', data } as const);
  const content = [{ type: 'file' as const, mediaType: 'image/png', data: of }];
  return { prompt: [{ role: 'user', content }] };
}

const png = new Uint8Array([137, 80, 78, 71, 0, 255]);

describe('calls that are the same question', () => {
  it.each<[string, Call, Call]>([
    [
      'in a temperature that hardly differs',
      question('a', { temperature: 0.7 }),
      question('a', { temperature: 0.72 }),
    ],
    [
      'in a limit on tokens that the answer keeps',
      question('a', { maxOutputTokens: 100 }),
      question('a', { maxOutputTokens: 50 }),
    ],
    ['in outer white space', question('  a\n'), question('a')],
    [
      'in an option at its default',
      question('a', { toolChoice: { type: 'auto' }, reasoning: 'provider-default' }),
      question('a', { responseFormat: { type: 'text' } }),
    ],
    [
      'in labels for the provider',
      question('a', { providerOptions: { openai: { user: 'ada' } } }),
      question('a'),
    ],
    [
      'in marks for the prompt cache',
      question('a', { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } }),
      question('a'),
    ],
    [
      'in headers that infrastructure adds',
      question('a', { headers: { 'User-Agent': 'ai/7', traceparent: '00-1' } }),
      question('a'),
    ],
    ['in how bytes are written', withFile(png), withFile(Buffer.from(png).toString('base64'))],
    [
      'in options without a value',
      Object.assign(question('a', { providerOptions: { mock: { b: undefined } } }), { seed: undefined }),
      question('a'),
    ],
  ])('differ %s', async (_how, one, other) => {
    expect(await callsFor(one, other)).toBe(1);
  });
});

describe('calls that are other questions', () => {
  it.each<[string, Call, Call]>([
    ['in their text', question('a'), question('b')],
    [
      'in a limit on tokens that the answer exceeds',
      question('a', { maxOutputTokens: 100 }),
      question('a', { maxOutputTokens: 3 }),
    ],
    [
      'in options for the provider',
      question('a', { providerOptions: { mock: { effort: 'low' } } }),
      question('a', { providerOptions: { mock: { effort: 'high' } } }),
    ],
    ['in headers that count', question('a', { headers: { 'x-style': 'curt' } }), question('a')],
    [
      'in their credentials',
      question('a', { headers: { Authorization: 'Bearer 1' } }),
      question('a', { headers: { authorization: 'Bearer 2' } }),
    ],
    [
      'in the order of properties in a schema',
      question('a', { tools: [tool(schema)] }),
      question('a', { tools: [tool(turned)] }),
    ],
    ['in the bytes of a file', withFile(png), withFile(png.slice(1))],
    [
      'in the URL of a file',
      withFile(new URL('https://a.test/1.png')),
      withFile(new URL('https://a.test/2.png')),
    ],
    [
      'in an option that the SDK has added since',
      question('a'),
      Object.assign(question('a'), { verbosity: 'low' }),
    ],
  ])('differ %s', async (_how, one, other) => {
    expect(await callsFor(one, other)).toBe(2);
  });

  it('models of one name at other addresses, or of other providers, share nothing', async () => {
    const cache = createCache();
    const models = ['https://one.test/v1', 'https://two.test/v1?key=secret'].map((baseURL) =>
      Object.assign(mockModel({ generate: () => textResult(baseURL) }), { config: { baseURL } }),
    );
    const [first, second] = models.map((model) => withAskonce(model, { cache }));
    const texts: unknown[] = [];
    for (const model of [first, second, first, second]) {
      const part = (await model?.doGenerate(question('Who?')))?.content[0];
      texts.push(part?.type === 'text' && part.text);
    }
    expect(texts).toEqual([
      'https://one.test/v1',
      'https://two.test/v1?key=secret',
      'https://one.test/v1',
      'https://two.test/v1?key=secret',
    ]);
    expect(models.map(({ doGenerateCalls }) => doGenerateCalls.length)).toEqual([1, 1]);
    for await (const entries of cache.entries())
      for (const { meta } of entries)
        expect(meta.upstream).toMatch(/^ai-sdk:mock-provider@https:\/\/\w+\.test\/v1$/);
    const named = withAskonce(models[0] ?? mockModel({}), { cache, upstream: 'staging' });
    expect(statusIn((await named.doGenerate(question('Who?'))).providerMetadata)).toBe('miss');
  });
});

describe('calls that bypass the cache', () => {
  const providerTool = (id: `${string}.${string}`): Call => ({
    ...question('a'),
    tools: [{ type: 'provider', id, name: 'it', args: {} }],
  });

  it.each<[string, Call]>([
    ['side-effects', providerTool('openai.web_search')],
    ['side-effects', providerTool('anthropic.web_search_20260209')],
    ['side-effects', providerTool('google.code_execution')],
    ['side-effects', providerTool('newcomer.new_tool')],
    ['side-effects', question('a', { providerOptions: { xai: { searchParameters: { mode: 'auto' } } } })],
    [
      'side-effects',
      question('a', { providerOptions: { anthropic: { mcpServers: [{ url: 'https://a.test' }] } } }),
    ],
    ['stateful', question('a', { providerOptions: { openai: { previousResponseId: 'resp_1' } } })],
    ['stateful', question('a', { providerOptions: { anthropic: { container: { id: 'c' } } } })],
    ['unrepresentable', Object.assign(question('a'), { seed: Number.NaN })],
    ['unrepresentable', Object.assign(question('a'), { odd: () => 1 })],
    ['sensitive', question('a', { providerOptions: { askonce: { sensitive: true } } })],
    ['no-store', question('a', { providerOptions: { askonce: { noStore: true } } })],
  ])('are those that are %s', async (reason, call) => {
    const { model, calls } = setUpModel({ generate: () => textResult('again') });
    for (const _turn of [1, 2]) {
      const { content, providerMetadata } = await model.doGenerate(call);
      expect(content).toEqual([{ type: 'text', text: 'again' }]);
      expect(statusIn(providerMetadata)).toBe(`bypass ${reason}`);
    }
    expect(calls()).toBe(2);
  });

  it.each<`${string}.${string}`>([
    'openai.custom',
    'anthropic.bash_20250124',
    'anthropic.text_editor_20250728',
  ])('are not those with the tool %s, which the caller runs', async (id) => {
    expect(await callsFor(providerTool(id), providerTool(id))).toBe(1);
  });
});

describe('models that the SDK takes', () => {
  it('a name is a model of the default provider, as in the SDK', async () => {
    const mock = mockModel({ generate: () => textResult('by name') });
    const before = globalThis.AI_SDK_DEFAULT_PROVIDER;
    onTestFinished(() => {
      globalThis.AI_SDK_DEFAULT_PROVIDER = before;
    });
    globalThis.AI_SDK_DEFAULT_PROVIDER = customProvider({ languageModels: { 'maker/model': mock } });
    const model = withAskonce('maker/model', { cache: createCache() });
    for (const _turn of [1, 2])
      expect((await model.doGenerate(question('Who?'))).content).toEqual([{ type: 'text', text: 'by name' }]);
    expect(mock.doGenerateCalls).toHaveLength(1);
  });

  it('a model of the specification v3 is one of v4', async () => {
    const file = { type: 'file', mediaType: 'image/png', data: new Uint8Array([1, 2]) } as const;
    const old = new MockLanguageModelV3({
      doGenerate: async () => ({
        content: [file, { type: 'text', text: 'old' }],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage,
        warnings: [],
      }),
    });
    const model = withAskonce(old, { cache: createCache() });
    for (const _turn of [1, 2])
      expect((await model.doGenerate(question('Draw.'))).content).toStrictEqual([
        { ...file, data: { type: 'data', data: file.data } },
        { type: 'text', text: 'old' },
      ]);
    expect(old.doGenerateCalls).toHaveLength(1);
  });
});

describe('models of other kinds', () => {
  it.each([new MockImageModelV4(), new MockSpeechModelV4(), new MockRerankingModelV4()])(
    'are refused when they are wrapped',
    (other) => {
      // An application in JavaScript may pass any object.
      const wrap = (model: object) =>
        Reflect.apply(withAskonce, undefined, [model, { cache: createCache() }]);
      expect(() => wrap(other)).toThrow('takes language models and embedding models');
    },
  );
});

describe('what an application says about a call', () => {
  it('the options for the cache never reach the model', async () => {
    const { model, mock } = setUpModel({ generate: () => textResult('a') });
    const providerOptions = { askonce: { tags: ['topic=sky'] }, mock: { effort: 'low' } };
    await model.doGenerate(question('a', { providerOptions, headers: { a: 'b' } }));
    const [call] = mock.doGenerateCalls;
    expect(call?.providerOptions).toEqual({ mock: { effort: 'low' } });
    expect(call?.headers).toEqual({ a: 'b' });
    expect(call?.prompt).toEqual(question('a').prompt);
  });

  it('users and tenants have answers of their own, by option or by call', async () => {
    let tenant = 'one';
    const { model, calls } = setUpModel(
      { generate: (_call, index) => textResult(String(index)) },
      {},
      { context: () => ({ tenant }) },
    );
    const asking = async (user: string) => {
      const { content } = await model.doGenerate(
        question('a', { providerOptions: { askonce: { user, tenant: 'x' } } }),
      );
      return content[0]?.type === 'text' ? content[0].text : 'none';
    };
    expect([await asking('ada'), await asking('bob'), await asking('ada')]).toEqual(['0', '1', '0']);
    tenant = 'two';
    expect([await asking('ada'), await asking('ada')]).toEqual(['2', '2']);
    expect(calls()).toBe(3);
  });

  it.each(['context', 'directives'])(
    'an unknown part of the %s is refused: with a misspelt user, answers would be shared',
    async (name) => {
      const misspelt: object = { [name]: async () => ({ usr: 'ada' }) };
      const { model, calls } = setUpModel({ generate: () => textResult('for all') }, {}, misspelt);
      await expect(model.doGenerate(question('a'))).rejects.toMatchObject({
        code: 'invalid_settings',
        message: expect.stringMatching(`^${name}\\.usr: there is no such option`),
      });
      expect(calls()).toBe(0);
    },
  );

  it('answers are invalidated by the tags and the category of their calls', async () => {
    const { model, calls, cache } = setUpModel({ generate: () => textResult('a') });
    const call = question('a', { providerOptions: { askonce: { tags: ['topic=sky'], category: 'Facts' } } });
    await model.doGenerate(call);
    expect(await cache.invalidate({ tags: ['topic=sky'] })).toBe(1);
    await model.doGenerate(call);
    expect(await cache.invalidate({ category: 'facts' })).toBe(1);
    await model.doGenerate(call);
    expect(calls()).toBe(3);
  });

  it('an answer has the lifetime of its call; past its freshness it is served and refreshed behind', async () => {
    const texts = ['old', 'new'];
    const { model, calls, clock } = setUpModel(
      { generate: (_call, index) => textResult(texts[index] ?? 'none') },
      { staleWhileRevalidate: true },
    );
    const left = new AbortController();
    const call = question('a', {
      abortSignal: left.signal,
      providerOptions: { askonce: { ttl: 100, staleAfter: 10 } },
    });
    const asking = async () => {
      const { content, providerMetadata } = await model.doGenerate(call);
      return [content[0]?.type === 'text' && content[0].text, statusIn(providerMetadata)];
    };
    await asking();
    clock.advance(20_000);
    expect(await asking()).toEqual(['old', 'hit memory']);
    await settled();
    expect(await asking()).toEqual(['new', 'hit memory']);
    expect(calls()).toBe(2);
    clock.advance(101_000);
    expect((await asking())[1]).toBe('miss');
  });

  it('directives of the options apply to every call, and over those of the call', async () => {
    const { model, calls } = setUpModel(
      { generate: () => textResult('a') },
      {},
      { directives: (call) => (call.headers?.['x-fresh'] ? { noCache: true } : {}) },
    );
    await model.doGenerate(question('a'));
    await model.doGenerate(question('a', { providerOptions: { askonce: { onlyIfCached: true } } }));
    expect(calls()).toBe(1);
    const { model: fresh, calls: freshCalls } = setUpModel(
      { generate: () => textResult('a') },
      {},
      { directives: () => ({ noCache: true }) },
    );
    for (const _turn of [1, 2]) await fresh.doGenerate(question('a'));
    expect(freshCalls()).toBe(2);
  });

  it('a call that asks for a stored answer alone is refused if there is none', async () => {
    const { model, calls } = setUpModel({ generate: () => textResult('a') });
    const call = question('a', { providerOptions: { askonce: { onlyIfCached: true } } });
    await expect(model.doGenerate(call)).rejects.toMatchObject({ code: 'not_cached' });
    expect(calls()).toBe(0);
  });

  it.each<[object, RegExp]>([
    [{ tag: ['a=b'] }, /^providerOptions\.askonce\.tag: there is no such option; did you mean tags\?$/],
    [
      { semantic: { of: true } },
      /^providerOptions\.askonce\.semantic\.of: there is no such option; did you mean off\?$/,
    ],
    [
      { template: { id: 'a', versoin: '1' } },
      /template\.versoin: there is no such option; did you mean version\?$/,
    ],
    [{ temperature: 1 }, /^providerOptions\.askonce\.temperature: there is no such option$/],
    [{ tags: 'a=b' }, /providerOptions\.askonce\.tags: must be a list/],
    [{ ttl: -1 }, /providerOptions\.askonce\.ttl/],
    [{ language: 'no language' }, /language/],
  ])('a wrong option %j is named', async (askonce, message) => {
    const { model, calls } = setUpModel({ generate: () => textResult('a') });
    const call = Object.assign(question('a'), { providerOptions: { askonce } });
    await expect(model.doGenerate(call)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(message),
    });
    expect(calls()).toBe(0);
  });

  it('a call that nests deeper than the cache reads is answered by the model', async () => {
    let deep: unknown = 'end';
    for (let level = 0; level < 510; level += 1) deep = [deep];
    const call = Object.assign(question('a'), { providerOptions: { mock: { deep } } });
    const { model, calls } = setUpModel({ generate: () => textResult('a') });
    for (const _turn of [1, 2]) {
      const { content, providerMetadata } = await model.doGenerate(call);
      expect(content).toEqual([{ type: 'text', text: 'a' }]);
      expect(statusIn(providerMetadata)).toBe('bypass');
    }
    expect(calls()).toBe(2);
  });

  it('a closed cache caches nothing, and the model answers', async () => {
    const { model, cache, calls } = setUpModel({ generate: () => textResult('a') });
    await cache.close();
    for (const _turn of [1, 2]) {
      const { content, providerMetadata } = await model.doGenerate(question('a'));
      expect(content).toEqual([{ type: 'text', text: 'a' }]);
      expect(statusIn(providerMetadata)).toBe('bypass');
    }
    expect(calls()).toBe(2);
  });

  it('the middleware has the version of the specification that it implements', () => {
    expect(askonceMiddleware({ cache: createCache() }).specificationVersion).toBe('v4');
  });
});
