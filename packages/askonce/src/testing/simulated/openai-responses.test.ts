import { afterAll, expect, test } from 'vitest';
import { listOf } from '../../../../../test/support/openai-recordings.ts';
import {
  model,
  startSimulatedClients,
  weatherParameters,
} from '../../../../../test/support/simulated-clients.ts';
import { parseJson } from '../../json.ts';

const { provider, openai } = await startSimulatedClients();
afterAll(() => provider.close());

const input = 'What is the weather in Lisbon?';
test('a response is the same as a body and as a stream', async () => {
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
  const deltas = events.flatMap((event) => (event.type === 'response.output_text.delta' ? event.delta : []));
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

test('a function is called, in a body and in deltas, and its result is answered with text', async () => {
  const functions = [
    { type: 'function' as const, name: 'get_weather', parameters: weatherParameters, strict: true },
  ];
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

test('max_output_tokens leaves the response incomplete', async () => {
  const plain = await openai.responses.create({ model, input, max_output_tokens: 6 });
  expect(plain).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
  });
  expect(plain.usage?.output_tokens).toBe(6);
  const stream = await openai.responses.create({ model, input, max_output_tokens: 6, stream: true });
  expect((await listOf(stream)).at(-1)?.type).toBe('response.incomplete');
});

test('structured text fits its schema, and a previous response is unknown', async () => {
  const format = { type: 'json_schema' as const, name: 'place', schema: weatherParameters };
  const { output_text } = await openai.responses.create({ model, input, text: { format } });
  expect(parseJson(output_text)).toEqual({ city: 'Lisbon' });
  const unknown = openai.responses.create({ model, input, previous_response_id: 'resp_1' });
  await expect(unknown).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' });
});
