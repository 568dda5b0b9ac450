import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { listOf } from '../../../../../test/support/openai-recordings.ts';
import {
  ask,
  messages,
  model,
  startSimulatedClients,
  weatherParameters,
} from '../../../../../test/support/simulated-clients.ts';
import { parseJson } from '../../json.ts';

const { provider, openai } = await startSimulatedClients();
afterAll(() => provider.close());

const weather = { name: 'get_weather', parameters: weatherParameters };
const tools = [{ type: 'function' as const, function: weather }];

test('equal questions get equal text, and each call gets its own id', async () => {
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

test('a stream has the same text token by token, and usage only on request', async () => {
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

test('n answers differ, as a body and as a stream', async () => {
  const { choices } = await openai.chat.completions.create({ model, messages, n: 3 });
  expect(new Set(choices.map(({ message }) => message.content)).size).toBe(3);
  const chunks = await listOf(await openai.chat.completions.create({ model, messages, n: 3, stream: true }));
  const texts = [0, 1, 2].map((index) =>
    chunks
      .flatMap(({ choices: [choice] }) => (choice?.index === index ? (choice.delta.content ?? '') : ''))
      .join(''),
  );
  expect(texts).toEqual(choices.map(({ message }) => message.content));
});

test('an offered tool is called, in a body and in deltas, and its result is answered with text', async () => {
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

test('the tool choice of a request can forbid calls or demand a tool', async () => {
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

test('images are accepted and counted in the usage', async () => {
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
