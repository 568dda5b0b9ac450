import { afterAll, expect, test } from 'vitest';
import {
  messages,
  startSimulatedClients,
  weatherParameters,
} from '../../../../../test/support/simulated-clients.ts';

const { provider, anthropic } = await startSimulatedClients();
afterAll(() => provider.close());

const claude = 'claude-sonnet-5';
const request = { model: claude, max_tokens: 1_000, messages };
const weather = [{ name: 'get_weather', input_schema: weatherParameters }];

test('a message is the same as a body and as a stream', async () => {
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

test('a tool is called, in a body and in deltas, and its result is answered with text', async () => {
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

test('tokens are counted as in the usage, and counting them is not a generation', async () => {
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
