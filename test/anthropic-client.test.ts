import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { startRecordedProvider, startSimulatedProvider } from 'askonce/testing';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { clientSetUp, listOf } from './support/client-set-up.ts';

const provider = await startSimulatedProvider();
const setup = await clientSetUp(provider);
afterAll(() => setup.close());
const { twice } = setup;
const anthropic = new Anthropic({
  apiKey: 'sk-anthropic-test',
  baseURL: setup.gateway.url,
  maxRetries: 0,
  fetch: setup.fetch,
});

const model = 'claude-sonnet-5';
let asked = 0;
/** A question that has not been asked before. */
function question() {
  asked += 1;
  const content = `What is the weather in Lisbon on day ${asked}?`;
  return { model, max_tokens: 500, messages: [{ role: 'user' as const, content }] };
}

const input_schema = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
};
const tools = [{ name: 'get_weather', input_schema }];

it('the Anthropic client reads the same message from a stored answer', async () => {
  const request = { ...question(), system: 'Be brief.' };
  const message = await twice(() => anthropic.messages.create(request));
  expect(message.content).toMatchObject([{ type: 'text', text: expect.stringMatching(/\w/) }]);
  expect(message.stop_reason).toBe('end_turn');
});

it('a hit has a request id of its own and reports the id of the original answer', async () => {
  const request = question();
  const first = await anthropic.messages.create(request);
  const second = await anthropic.messages.create(request);
  expect(second._request_id).toMatch(/^req_/);
  expect(second._request_id).not.toBe(first._request_id);
  expect(setup.headers.get('askonce-origin-request-id')).toBe(first._request_id);
});

it('the Anthropic client reads the same streamed message from a stored answer, event by event', async () => {
  const request = { ...question(), stream: true as const };
  const events = await twice(async () => listOf(await anthropic.messages.create(request)));
  expect([events.at(0)?.type, events.at(-1)?.type]).toEqual(['message_start', 'message_stop']);
});

it('the stream helper reads the same message from a stored stream, and a plain message can be made of it', async () => {
  const request = question();
  const streamed = await twice(() => anthropic.messages.stream(request).finalMessage());
  const before = provider.calls;
  const { _request_id, ...plain } = await anthropic.messages.create(request);
  expect(setup.status).toContain('detail="converted"');
  expect(plain).toMatchObject({ id: streamed.id, content: streamed.content, usage: streamed.usage });
  expect(provider.calls).toBe(before);
});

it('a stored message serves a stream to the Anthropic client', async () => {
  const request = question();
  const plain = await anthropic.messages.create(request);
  const before = provider.calls;
  const stream = anthropic.messages.stream(request);
  const text = await stream.finalText();
  expect(plain.content).toMatchObject([{ type: 'text', text }]);
  expect((await stream.finalMessage()).usage).toMatchObject({ output_tokens: plain.usage.output_tokens });
  expect(provider.calls).toBe(before);
});

it('the Anthropic client gets the same tool calls from a stored answer, whole and streamed', async () => {
  const called = [{ type: 'tool_use', name: 'get_weather', input: { city: 'Lisbon' } }];
  const request = { ...question(), tools };
  const plain = await twice(() => anthropic.messages.create(request));
  expect(plain).toMatchObject({ stop_reason: 'tool_use', content: called });
  const streaming = { ...question(), tools };
  const streamed = await twice(() => anthropic.messages.stream(streaming).finalMessage());
  expect(streamed).toMatchObject({ stop_reason: 'tool_use', content: called });
});

it('the result of a tool counts as another question than the tool’s call', async () => {
  const { messages, ...rest } = { ...question(), tools };
  const call = await anthropic.messages.create({ ...rest, messages });
  const used = call.content.find((block) => block.type === 'tool_use');
  const answer = (content: string) => [
    ...messages,
    { role: 'assistant' as const, content: call.content },
    {
      role: 'user' as const,
      content: [{ type: 'tool_result' as const, tool_use_id: used?.id ?? '', content }],
    },
  ];
  const warm = await twice(() => anthropic.messages.create({ ...rest, messages: answer('21 degrees') }));
  const cold = await twice(() => anthropic.messages.create({ ...rest, messages: answer('3 degrees') }));
  expect(warm.content).not.toEqual(cold.content);
});

it('the parse helper gets the same structured output from a stored answer, whole and streamed', async () => {
  const place = z.object({ city: z.string(), degrees: z.int() });
  const text = '{"city":"Lisbon","degrees":21}';
  const made = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 9, output_tokens: 9 },
  };
  const writing = await startRecordedProvider({
    answer: () => ({ body: Buffer.from(JSON.stringify(made)) }),
  });
  const other = await clientSetUp(writing);
  onTestFinished(() => other.close());
  const client = new Anthropic({
    apiKey: 'k',
    baseURL: other.gateway.url,
    maxRetries: 0,
    fetch: other.fetch,
  });
  const request = { ...question(), output_config: { format: zodOutputFormat(place) } };
  const { parsed_output } = await other.twice(() => client.messages.parse(request));
  expect(parsed_output).toEqual({ city: 'Lisbon', degrees: 21 });
  const streamed = await client.messages.stream(request).finalMessage();
  expect(streamed.parsed_output).toEqual(parsed_output);
  expect(writing.calls).toBe(1);
});

it('images of the Anthropic client count by their bytes or by their URL', async () => {
  const ask = (source: Anthropic.ImageBlockParam['source']) => {
    const content = [
      { type: 'image' as const, source },
      { type: 'text' as const, text: 'What is this?' },
    ];
    return anthropic.messages.create({ model, max_tokens: 500, messages: [{ role: 'user', content }] });
  };
  await twice(() => ask({ type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }));
  await twice(() => ask({ type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgs=' }));
  await twice(() => ask({ type: 'url', url: 'https://example.test/cat.png' }));
});

it('a request with a beta counts as another question', async () => {
  const request = question();
  await twice(() => anthropic.messages.create(request));
  await twice(() => anthropic.beta.messages.create({ ...request, betas: ['files-api-2025-04-14'] }));
  await twice(() => anthropic.beta.messages.create({ ...request, betas: ['context-1m-2025-08-07'] }));
});

it('counting tokens and listing models goes to the provider each time', async () => {
  const { max_tokens, ...counted } = question();
  const { input_tokens } = await anthropic.messages.countTokens(counted);
  expect(input_tokens).toBeGreaterThan(0);
  expect(setup.status).not.toContain('hit');
  const ids = (await listOf(anthropic.models.list())).map(({ id }) => id);
  expect(ids).toContain(model);
  expect((await anthropic.models.retrieve(model)).id).toBe(model);
});

it('an answer cut short by its token limit is not stored, and the question is asked again', async () => {
  const request = { ...question(), max_tokens: 2 };
  const before = provider.calls;
  for (const calls of [1, 2]) {
    expect((await anthropic.messages.create(request)).stop_reason).toBe('max_tokens');
    expect(setup.status).toBe('askonce; fwd=miss');
    expect(provider.calls - before).toBe(calls);
  }
});
