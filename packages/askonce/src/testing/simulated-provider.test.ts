import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseJson } from '../json.ts';
import { fakeClock } from './fake-clock.ts';
import { type SimulatedProvider, startSimulatedProvider } from './simulated-provider.ts';

let provider: SimulatedProvider;
let openai: OpenAI;
let anthropic: Anthropic;
beforeAll(async () => {
  provider = await startSimulatedProvider();
  openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'sk-simulated', maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: provider.url, apiKey: 'sk-simulated', maxRetries: 0 });
});
afterAll(() => provider.close());

const model = 'gpt-4.1-mini';
const ask = (content: string) => [{ role: 'user' as const, content }];
const messages = ask('What is the weather in Lisbon?');
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }];

async function listOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('chat completions', () => {
  test('the same question has the same text, and each call an id of its own', async () => {
    const before = provider.calls;
    const one = await openai.chat.completions.create({ model, messages });
    const other = await openai.chat.completions.create({ model, messages });
    expect(provider.calls).toBe(before + 2);
    expect(other.choices).toEqual(one.choices);
    expect(other.usage).toEqual(one.usage);
    expect(other.id).not.toBe(one.id);
    expect(one.choices[0]?.finish_reason).toBe('stop');
    const different = await openai.chat.completions.create({ model, messages: ask('And in Porto?') });
    expect(different.choices[0]?.message.content).not.toBe(one.choices[0]?.message.content);
  });

  test('usage is four characters a token', async () => {
    const { choices, usage } = await openai.chat.completions.create({ model, messages: ask('x'.repeat(41)) });
    const text = choices[0]?.message.content ?? '';
    expect(usage?.prompt_tokens).toBe(11);
    expect(usage?.completion_tokens).toBe(Math.ceil([...text].length / 4));
    expect(usage?.total_tokens).toBe(11 + Math.ceil([...text].length / 4));
  });

  test('streamed, the same text comes token by token, with usage only where it is asked for', async () => {
    const whole = await openai.chat.completions.create({ model, messages });
    const chunks = await listOf(await openai.chat.completions.create({ model, messages, stream: true }));
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(chunks.length).toBe((whole.usage?.completion_tokens ?? 0) + 2);
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
    const stream_options = { include_usage: true };
    const withUsage = await listOf(
      await openai.chat.completions.create({ model, messages, stream: true, stream_options }),
    );
    expect(withUsage.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(withUsage.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  test.each(['max_tokens', 'max_completion_tokens'])('%s cuts the answer off', async (limit) => {
    const { choices, usage } = await openai.chat.completions.create({ model, messages, [limit]: 5 });
    expect(choices[0]?.finish_reason).toBe('length');
    expect(usage?.completion_tokens).toBe(5);
    expect(choices[0]?.message.content).toHaveLength(20);
  });

  test('n answers differ, plain and streamed', async () => {
    const { choices } = await openai.chat.completions.create({ model, messages, n: 3 });
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(3);
    const chunks = await listOf(
      await openai.chat.completions.create({ model, messages, n: 3, stream: true }),
    );
    const texts = [0, 1, 2].map((index) =>
      chunks
        .flatMap(({ choices: [choice] }) => (choice?.index === index ? (choice.delta.content ?? '') : ''))
        .join(''),
    );
    expect(texts).toEqual(choices.map(({ message }) => message.content));
  });

  test('a tool that is offered is called, plain and in deltas, and its result is answered with text', async () => {
    const plain = await openai.chat.completions.create({ model, messages, tools });
    const { message, finish_reason } = plain.choices[0] ?? {};
    expect(finish_reason).toBe('tool_calls');
    const called = message?.tool_calls?.[0];
    expect(called).toMatchObject({
      type: 'function',
      function: { name: 'get_weather', arguments: '{"city":"Lisbon"}' },
    });
    const streamed = await openai.chat.completions.stream({ model, messages, tools }).finalChatCompletion();
    expect(streamed.choices[0]?.finish_reason).toBe('tool_calls');
    expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'get_weather', arguments: '{"city":"Lisbon"}' },
    });
    const result = { role: 'tool' as const, tool_call_id: called?.id ?? '', content: '21 degrees' };
    const conversation = message === undefined ? [] : [...messages, message, result];
    const answered = await openai.chat.completions.create({ model, messages: conversation, tools });
    expect(answered.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.any(String) },
    });
  });

  test('no tool is called where that is forbidden, and the one that is named where it is', async () => {
    const forbidden = await openai.chat.completions.create({ model, messages, tools, tool_choice: 'none' });
    expect(forbidden.choices[0]?.finish_reason).toBe('stop');
    const other = { type: 'function' as const, function: { name: 'other' } };
    const named = await openai.chat.completions.create({
      model,
      messages,
      tools: [...tools, other],
      tool_choice: other,
    });
    expect(named.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'other' } });
  });

  test('JSON modes answer with JSON, fitting the schema where there is one', async () => {
    const anything = await openai.chat.completions.create({
      model,
      messages,
      response_format: { type: 'json_object' },
    });
    expect(parseJson(anything.choices[0]?.message.content ?? '')).toBeTypeOf('object');
    const place = z.strictObject({ city: z.string(), degrees: z.int().min(-10).max(40) });
    const schema = z.record(z.string(), z.unknown()).parse(z.toJSONSchema(place));
    const format = { type: 'json_schema' as const, json_schema: { name: 'place', schema } };
    const fitted = await openai.chat.completions.create({ model, messages, response_format: format });
    expect(place.safeParse(parseJson(fitted.choices[0]?.message.content ?? '')).success).toBe(true);
  });

  test('images are taken, and billed', async () => {
    const image = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AAAA' } };
    const content = [{ type: 'text' as const, text: 'What is this?' }, image];
    const { usage } = await openai.chat.completions.create({ model, messages: [{ role: 'user', content }] });
    expect(usage?.prompt_tokens).toBe(4 + 85);
  });

  test('a stop sequence ends the answer before it', async () => {
    const whole = (await openai.chat.completions.create({ model, messages, seed: 1 })).choices[0]?.message
      .content;
    const stopped = await openai.chat.completions.create({ model, messages, stop: ['Lisbon'] });
    expect(whole).toContain('Lisbon');
    expect(stopped.choices[0]?.message.content).not.toContain('Lisbon');
    expect(stopped.choices[0]?.finish_reason).toBe('stop');
  });
});

describe('completions', () => {
  const completionModel = 'gpt-3.5-turbo-instruct';
  test('plain and streamed are the same, at most 16 tokens unless told otherwise', async () => {
    const request = { model: completionModel, prompt: ['Once upon a time', 'It was a dark night'] };
    const plain = await openai.completions.create(request);
    expect(plain.choices.map(({ finish_reason }) => finish_reason)).toEqual(['length', 'length']);
    expect(plain.usage?.completion_tokens).toBe(32);
    const stream_options = { include_usage: true };
    const chunks = await listOf(
      await openai.completions.create({ ...request, stream: true, stream_options }),
    );
    const texts = [0, 1].map((index) =>
      chunks.map(({ choices: [choice] }) => (choice?.index === index ? choice.text : '')).join(''),
    );
    expect(texts).toEqual(plain.choices.map(({ text }) => text));
    expect(chunks.at(-1)?.usage).toEqual(plain.usage);
    const long = await openai.completions.create({
      ...request,
      prompt: [1, 2, 3],
      max_tokens: 500,
      echo: true,
    });
    expect(long.choices[0]).toMatchObject({ finish_reason: 'stop', text: expect.stringMatching(/^1 2 3/) });
    expect(long.usage?.prompt_tokens).toBe(3);
  });
});

describe('embeddings', () => {
  const small = 'text-embedding-3-small';
  const create = (input: string | string[] | number[] | number[][], more: object = {}) =>
    openai.embeddings.create({ model: small, input, encoding_format: 'float', ...more });
  const dot = (one: readonly number[] = [], other: readonly number[] = []) =>
    one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);

  test('vectors have length 1, are the same for the same text, and closer for words in common', async () => {
    const { data, usage } = await create([
      'reset my password',
      'how to reset a password',
      'ship to Portugal',
    ]);
    const [one, close, far] = data.map(({ embedding }) => embedding);
    expect(one).toHaveLength(1_536);
    for (const vector of [one, close, far]) expect(dot(vector, vector)).toBeCloseTo(1, 5);
    expect(dot(one, close)).toBeGreaterThan(dot(one, far) + 0.2);
    expect((await create('reset my password')).data[0]?.embedding).toEqual(one);
    expect(usage.total_tokens).toBe(5 + 6 + 4);
  });

  test('base64 holds the same numbers, and is what the client asks for by itself', async () => {
    const float = await create('hello');
    const decoded = await openai.embeddings.create({ model: small, input: 'hello' });
    expect([...(decoded.data[0]?.embedding ?? [])]).toEqual(float.data[0]?.embedding);
    const raw = await openai.embeddings.create({ model: small, input: 'hello', encoding_format: 'base64' });
    expect(raw.data[0]?.embedding).toBeTypeOf('string');
  });

  test('dimensions shorten the vector, which has length 1 again', async () => {
    const { data } = await create('hello', { dimensions: 256 });
    expect(data[0]?.embedding).toHaveLength(256);
    expect(dot(data[0]?.embedding, data[0]?.embedding)).toBeCloseTo(1, 5);
    await expect(create('hello', { dimensions: 3_000 })).rejects.toMatchObject({
      status: 400,
      param: 'dimensions',
    });
    const large = await create('hello', { model: 'text-embedding-3-large' });
    expect(large.data[0]?.embedding).toHaveLength(3_072);
  });

  test('token numbers are taken, one text or several', async () => {
    const one = await create([5, 6, 7]);
    const several = await create([[5, 6, 7], [8]]);
    expect(several.data[0]?.embedding).toEqual(one.data[0]?.embedding);
    expect(several.usage.prompt_tokens).toBe(4);
  });
});

describe('responses', () => {
  const input = 'What is the weather in Lisbon?';
  test('plain and streamed are the same response', async () => {
    const plain = await openai.responses.create({ model, input, instructions: 'Be brief.' });
    expect(plain.status).toBe('completed');
    expect(plain.output_text).toContain('Lisbon');
    const request = { model, input, instructions: 'Be brief.', stream: true as const };
    const events = await listOf(await openai.responses.create(request));
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.slice(0, 4).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
    ]);
    const deltas = events.flatMap((event) =>
      event.type === 'response.output_text.delta' ? event.delta : [],
    );
    expect(deltas.join('')).toBe(plain.output_text);
    expect(deltas).toHaveLength(plain.usage?.output_tokens ?? 0);
    const last = events.at(-1);
    expect(last).toMatchObject({
      type: 'response.completed',
      response: { usage: plain.usage, status: 'completed' },
    });
    const final = await openai.responses.stream(request).finalResponse();
    expect(final.output_text).toBe(plain.output_text);
  });

  test('a function is called, plain and in deltas; its result is answered with text', async () => {
    const functions = [{ type: 'function' as const, name: 'get_weather', parameters, strict: true }];
    const plain = await openai.responses.create({ model, input, tools: functions });
    const call = plain.output[0];
    expect(call).toMatchObject({
      type: 'function_call',
      name: 'get_weather',
      arguments: '{"city":"Lisbon"}',
    });
    const final = await openai.responses.stream({ model, input, tools: functions }).finalResponse();
    expect(final.output[0]).toMatchObject({ type: 'function_call', arguments: '{"city":"Lisbon"}' });
    const result = { type: 'function_call_output' as const, call_id: 'call_1', output: '21 degrees' };
    const items = [{ role: 'user' as const, content: input }, result];
    const answered = await openai.responses.create({ model, input: items, tools: functions });
    expect(answered.output[0]?.type).toBe('message');
  });

  test('max_output_tokens leaves it incomplete', async () => {
    const plain = await openai.responses.create({ model, input, max_output_tokens: 6 });
    expect(plain).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    expect(plain.usage?.output_tokens).toBe(6);
    const stream = await openai.responses.create({ model, input, max_output_tokens: 6, stream: true });
    expect((await listOf(stream)).at(-1)?.type).toBe('response.incomplete');
  });

  test('structured text fits its schema; a previous response is not known', async () => {
    const format = { type: 'json_schema' as const, name: 'place', schema: parameters };
    const { output_text } = await openai.responses.create({ model, input, text: { format } });
    expect(parseJson(output_text)).toEqual({ city: 'Lisbon' });
    const unknown = openai.responses.create({ model, input, previous_response_id: 'resp_1' });
    await expect(unknown).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
  });
});

describe('messages', () => {
  const claude = 'claude-sonnet-5';
  const request = { model: claude, max_tokens: 1_000, messages };
  const weather = [{ name: 'get_weather', input_schema: parameters }];

  test('plain and streamed are the same message', async () => {
    const plain = await anthropic.messages.create(request);
    expect(plain).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
    const final = await anthropic.messages.stream(request).finalMessage();
    expect(final.content).toMatchObject(plain.content);
    expect(final.usage).toMatchObject({ input_tokens: 8, output_tokens: plain.usage.output_tokens });
    const raw = await fetch(`${provider.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ ...request, stream: true }),
    });
    const names = [...(await raw.text()).matchAll(/^event: (.+)$/gm)].map(([, name]) => name);
    expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  test('a tool is called, plain and in deltas; its result is answered with text', async () => {
    const plain = await anthropic.messages.create({ ...request, tools: weather });
    const called = { type: 'tool_use', name: 'get_weather', input: { city: 'Lisbon' } };
    expect(plain).toMatchObject({ stop_reason: 'tool_use', content: [called] });
    const final = await anthropic.messages.stream({ ...request, tools: weather }).finalMessage();
    expect(final).toMatchObject({ stop_reason: 'tool_use', content: [called] });
    const result = [{ type: 'tool_result' as const, tool_use_id: 'toolu_1', content: '21 degrees' }];
    const conversation = [...messages, { role: 'user' as const, content: result }];
    const answered = await anthropic.messages.create({ ...request, tools: weather, messages: conversation });
    expect(answered.content[0]?.type).toBe('text');
  });

  test('max_tokens and stop sequences end the message, and say so', async () => {
    const cut = await anthropic.messages.create({ ...request, max_tokens: 5 });
    expect(cut).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 5 } });
    const stopped = await anthropic.messages.create({ ...request, stop_sequences: ['Lisbon'] });
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'Lisbon' });
  });

  test('tokens are counted as they are billed, which is no generation', async () => {
    const before = provider.calls;
    const system = 'Be brief.';
    const { input_tokens } = await anthropic.messages.countTokens({
      model: claude,
      messages,
      system,
      tools: weather,
    });
    expect(provider.calls).toBe(before);
    const { usage } = await anthropic.messages.create({ ...request, system, tools: weather });
    expect(usage.input_tokens).toBe(input_tokens);
  });
});

describe('round the calls', () => {
  test('every answer says that it is simulated, and has a request id of its own and rate limits', async () => {
    const ask = () => openai.chat.completions.create({ model, messages }).asResponse();
    const [one, other] = [(await ask()).headers, (await ask()).headers];
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

  test('models are listed for both families, and one is found by its id', async () => {
    const { data } = await openai.models.list();
    expect(data.every(({ owned_by }) => owned_by === 'askonce-simulated')).toBe(true);
    expect(await openai.models.retrieve(model)).toMatchObject({ id: model, object: 'model' });
    expect((await anthropic.models.list()).data[0]).toMatchObject({
      type: 'model',
      owned_by: 'askonce-simulated',
    });
    expect(await anthropic.models.retrieve('claude-sonnet-5')).toMatchObject({ id: 'claude-sonnet-5' });
  });

  test('what is wrong is told in the shape of the family, and counts as no call', async () => {
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

  test('where models and keys are told, others are refused', async () => {
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

  test('the first token takes its time, and each further one its own', async () => {
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
});
