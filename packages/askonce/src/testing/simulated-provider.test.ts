import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, expect, test } from 'vitest';
import { messages, model, startSimulatedClients } from '../../../../test/support/simulated-clients.ts';
import { fakeClock } from './fake-clock.ts';
import { startSimulatedProvider } from './simulated-provider.ts';

const { provider, openai, anthropic } = await startSimulatedClients();
afterAll(() => provider.close());

test('every answer says that it is simulated, and has its own request id and rate limits', async () => {
  const answered = () => openai.chat.completions.create({ model, messages }).asResponse();
  const [one, other] = [(await answered()).headers, (await answered()).headers];
  expect(one.get('x-simulated-provider')).toBe('askonce');
  expect(one.get('x-request-id')).toMatch(/^req_/);
  expect(one.get('x-request-id')).not.toBe(other.get('x-request-id'));
  expect(one.get('openai-processing-ms')).toMatch(/^\d+$/);
  expect(one.get('x-ratelimit-remaining-requests')).toMatch(/^\d+$/);
  const claude = { model: 'claude-sonnet-5', max_tokens: 9, messages };
  const { headers } = await anthropic.messages.create(claude).asResponse();
  expect(headers.get('request-id')).toMatch(/^req_/);
  expect(headers.get('anthropic-ratelimit-requests-reset')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test('models are listed in the shape of both families, and one is found by its id', async () => {
  const { data } = await openai.models.list();
  expect(data.every(({ owned_by }) => owned_by === 'askonce-simulated')).toBe(true);
  expect(await openai.models.retrieve(model)).toMatchObject({ id: model, object: 'model' });
  expect((await anthropic.models.list()).data[0]).toMatchObject({
    type: 'model',
    owned_by: 'askonce-simulated',
  });
  expect(await anthropic.models.retrieve('claude-sonnet-5')).toMatchObject({ id: 'claude-sonnet-5' });
});

test('an error is reported in the shape of the family, and does not count as a call', async () => {
  const before = provider.calls;
  const post = async (path: string, body: string, headers: Record<string, string>) => {
    const response = await fetch(`${provider.url}${path}`, { method: 'POST', body, headers });
    return { status: response.status, body: await response.json() };
  };
  const key = { authorization: 'Bearer k' };
  const claudeKey = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' };
  const chatPath = '/v1/chat/completions';
  expect(await post(chatPath, '{}', {})).toMatchObject({
    status: 401,
    body: { error: { type: 'invalid_request_error' } },
  });
  expect(await post(chatPath, '{"messages":[]}', key)).toMatchObject({
    status: 400,
    body: { error: { param: 'model', code: 'missing_required_parameter' } },
  });
  expect(await post(chatPath, '{"model":"m"}', key)).toMatchObject({
    status: 400,
    body: { error: { param: 'messages' } },
  });
  expect(await post('/v1/responses', '{"model":"m"}', key)).toMatchObject({
    status: 400,
    body: { error: { param: 'input', code: 'missing_required_parameter' } },
  });
  expect(await post(chatPath, '{', key)).toMatchObject({ status: 400 });
  const format = { type: 'json_schema', json_schema: { schema: { $ref: '#/%' } } };
  const malformed = JSON.stringify({ model, messages, response_format: format });
  expect(await post(chatPath, malformed, key)).toMatchObject({ status: 400 });
  expect(await post('/v1/unknown', '{}', key)).toMatchObject({ status: 404 });
  expect(await post('/v1/messages', '{}', {})).toMatchObject({
    status: 401,
    body: {
      type: 'error',
      error: { type: 'authentication_error' },
      request_id: expect.stringMatching(/^req_/),
    },
  });
  expect(await post('/v1/messages', '{"model":"m","messages":[]}', claudeKey)).toMatchObject({
    status: 400,
    body: { type: 'error', error: { type: 'invalid_request_error' } },
  });
  expect(await post('/v1/messages', '{}', { 'x-api-key': 'k' })).toMatchObject({ status: 400 });
  expect(provider.calls).toBe(before);
});

test('models and keys that the options do not accept are refused', async () => {
  const strict = await startSimulatedProvider({
    models: ['only-this'],
    acceptKey: (key) => key === 'right',
  });
  try {
    const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${strict.url}/v1`, apiKey, maxRetries: 0 });
    const create = (apiKey: string, name: string) =>
      clientOf(apiKey).chat.completions.create({ model: name, messages });
    await expect(create('wrong', 'only-this')).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
    await expect(create('right', 'another')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    expect((await create('right', 'only-this')).model).toBe('only-this');
    await expect(clientOf('right').models.retrieve('an/other')).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('`an/other`'),
    });
    expect((await clientOf('right').models.list()).data.map(({ id }) => id)).toEqual(['only-this']);
    const claude = new Anthropic({ baseURL: strict.url, apiKey: 'right', maxRetries: 0 });
    await expect(claude.messages.create({ model: 'x', max_tokens: 1, messages })).rejects.toMatchObject({
      status: 404,
    });
    expect(strict.calls).toBe(1);
  } finally {
    await strict.close();
  }
});

test('the first token has its latency, and each further one another', async () => {
  const clock = fakeClock();
  const slow = await startSimulatedProvider({ latency: { firstTokenMs: 500, perTokenMs: 20 }, clock });
  try {
    const client = new OpenAI({ baseURL: `${slow.url}/v1`, apiKey: 'k', maxRetries: 0 });
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    const chunks = stream[Symbol.asyncIterator]();
    expect((await chunks.next()).value?.choices[0]?.delta.role).toBe('assistant');
    let came = false;
    const first = chunks.next().then(({ value }) => {
      came = true;
      return value?.choices[0]?.delta.content;
    });
    clock.advance(499);
    await client.models.list();
    expect(came).toBe(false);
    clock.advance(1);
    expect(await first).toBeTypeOf('string');
    clock.advance(20);
    expect((await chunks.next()).value?.choices[0]?.delta.content).toBeTypeOf('string');
  } finally {
    await slow.close();
  }
});
