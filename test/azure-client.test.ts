/**
 * Azure's paths through the gateway and the caching fetch: the official client for Azure, and what it does not send.
 */
import { createCache } from 'askonce';
import { cachingFetch } from 'askonce/fetch';
import { startSimulatedProvider } from 'askonce/testing';
import OpenAI, { AzureOpenAI } from 'openai';
import { afterAll, describe, expect, it } from 'vitest';
import { clientSetUp, listOf } from './support/client-set-up.ts';
import { cacheStatusOf, gatewayForTest } from './support/gateway.ts';
import { chatAnswer, startRememberingProvider } from './support/remembering-provider.ts';

const provider = await startSimulatedProvider();
const setup = await clientSetUp(provider, { azureOpenaiEndpoint: provider.url });
afterAll(() => setup.close());
const { twice } = setup;
const apiVersion = '2024-10-21';
const common = { apiKey: 'azure-key', maxRetries: 0, fetch: setup.fetch } as const;
const azure = new AzureOpenAI({ ...common, endpoint: setup.gateway.url, apiVersion });

let asked = 0;
/** A question that has not been asked before. */
function messages() {
  asked += 1;
  return [{ role: 'user' as const, content: `What is the weather in Lisbon on day ${asked}?` }];
}

describe('the official client for Azure, through the gateway', () => {
  it('reads the same chat completion from a stored answer, with a deployment of its own or the model for one', async () => {
    for (const deployment of [undefined, 'our-own']) {
      const client = new AzureOpenAI({ ...common, endpoint: setup.gateway.url, apiVersion, deployment });
      const request = { model: 'gpt-4.1-mini', messages: messages() };
      const completion = await twice(() => client.chat.completions.create(request));
      expect(completion.choices[0]?.message.content).toMatch(/\w/);
    }
  });

  it('reads the same stream from a stored answer', async () => {
    const request = { model: 'gpt-4.1-mini', messages: messages(), stream: true as const };
    const chunks = await twice(async () => listOf(await azure.chat.completions.create(request)));
    expect(chunks.length).toBeGreaterThan(1);
  });

  it('reads the same completion, embeddings and response from stored answers', async () => {
    const content = `Is it raining on day ${asked}?`;
    await twice(() => azure.completions.create({ model: 'instruct', prompt: content, max_tokens: 400 }));
    await twice(() => azure.embeddings.create({ model: 'vectors', input: content }));
    await twice(() => azure.responses.create({ model: 'gpt-4.1-mini', input: content }));
  });

  it('a client of the v1 API reads the same answers, too', async () => {
    const v1 = new OpenAI({ ...common, baseURL: `${setup.gateway.url}/openai/v1` });
    const request = { model: 'gpt-4.1-mini', messages: messages() };
    await twice(() => v1.chat.completions.create(request));
    await twice(() => v1.responses.create({ model: 'gpt-4.1-mini', input: 'Which day is it?' }));
  });

  it('a path that is not cached passes through with its query', async () => {
    const response = await fetch(`${setup.gateway.url}/openai/models?api-version=${apiVersion}`, {
      headers: { 'api-key': 'azure-key' },
    });
    expect([response.status, cacheStatusOf(response)]).toEqual([200, 'askonce; fwd=bypass']);
  });
});

describe("Azure's paths", () => {
  async function setUp() {
    const seen = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
    const gateway = await gatewayForTest(seen.url, { azureOpenaiEndpoint: `${seen.url}/resource/` });
    const ask = async (path: string, more: { readonly key?: string; readonly model?: string } = {}) => {
      const { key = 'one', model } = more;
      const response = await fetch(gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'api-key': key },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Open?' }] }),
      });
      expect(await response.text()).toBe(chatAnswer('x'));
      return cacheStatusOf(response)?.includes('hit') ? 'hit' : cacheStatusOf(response);
    };
    return { ...seen, ask };
  }
  const path = '/openai/deployments/ours/chat/completions?api-version=2024-10-21';
  const miss = 'askonce; fwd=miss; stored';

  it('the deployment is the model, also of a body that names none or another', async () => {
    const { ask, seen } = await setUp();
    expect([await ask(path), await ask(path), await ask(path, { model: 'gpt-4o' })]).toEqual([
      miss,
      'hit',
      'hit',
    ]);
    expect(seen[0]).toMatchObject({ url: `/resource${path}`, headers: { 'api-key': 'one' } });
  });

  it('deployment, api-version and key part', async () => {
    const { ask } = await setUp();
    await ask(path);
    expect(await ask(path.replace('ours', 'theirs'))).toBe(miss);
    expect(await ask(path.replace('2024-10-21', '2025-01-01-preview'))).toBe(miss);
    expect(await ask(path, { key: 'two' })).toBe(miss);
  });

  it('without a deployment and a model a request bypasses the cache', async () => {
    const { ask } = await setUp();
    expect(await ask('/openai/v1/chat/completions')).toBe('askonce; fwd=bypass; detail="unrepresentable"');
  });

  it.each([
    ['/openai', '/openai'],
    ['/openai/v1', '/openai'],
    ['/openai/deployments/ours', '/openai'],
    ['/v1', '/openai'],
    ['', '/openai'],
    ['/team/openai', '/team/openai'],
  ])('a base URL for OpenAI that ends in "%s" names the host of Azure paths', async (base, found) => {
    const provider = await startRememberingProvider(() => ({ body: '{}' }));
    const gateway = await gatewayForTest(provider.url, { openaiBaseUrl: provider.url + base });
    await fetch(`${gateway.url}/openai/models?api-version=1`);
    expect(provider.seen[0]?.url).toBe(`${found}/models?api-version=1`);
  });

  it("nothing is sent to OpenAI's own host: without an endpoint there is no such route", async () => {
    const gateway = await gatewayForTest('http://127.0.0.1:1', {
      openaiBaseUrl: 'https://api.openai.com/v1',
    });
    for (const method of ['GET', 'POST']) {
      const response = await fetch(gateway.url + path, { method });
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { error: { code: 'route_unknown', message: expect.stringContaining('azureOpenaiEndpoint') } },
      ]);
    }
  });
});

it.each([
  undefined,
  ['https://ours.openai.azure.com'],
  ['https://ours.openai.azure.com/openai/'],
  ['https://ours.openai.azure.com/openai/deployments/ours'],
])('the caching fetch takes calls to Azure below %s', async (upstreams) => {
  let calls = 0;
  const beneath: typeof fetch = async () => {
    calls += 1;
    return new Response(chatAnswer('x'), { headers: { 'content-type': 'application/json' } });
  };
  const caching = cachingFetch({ cache: createCache(), fetch: beneath, upstreams });
  const client = new AzureOpenAI({
    apiKey: 'azure-key',
    endpoint: 'https://ours.openai.azure.com',
    apiVersion,
    deployment: 'ours',
    fetch: caching,
  });
  const request = { model: 'gpt-4o', messages: messages() };
  for (const _ of [1, 2]) await client.chat.completions.create(request);
  expect(calls).toBe(1);
  const bare = {
    method: 'POST',
    headers: { 'api-key': 'azure-key' },
    body: JSON.stringify({ messages: messages() }),
  };
  const url = `https://ours.openai.azure.com/openai/deployments/ours/chat/completions?api-version=${apiVersion}`;
  for (const _ of [1, 2]) await (await caching(url, bare)).text();
  expect(calls).toBe(2);
  const elsewhere = cachingFetch({
    cache: createCache(),
    fetch: beneath,
    upstreams: ['https://ours.openai.azure.com/openai/deployments/our'],
  });
  for (const _ of [1, 2]) await (await elsewhere(url, bare)).text();
  expect(calls).toBe(4);
});
