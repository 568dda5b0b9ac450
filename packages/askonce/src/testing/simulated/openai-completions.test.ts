import { afterAll, expect, test } from 'vitest';
import { listOf } from '../../../../../test/support/openai-recordings.ts';
import { startSimulatedClients } from '../../../../../test/support/simulated-clients.ts';

const { provider, openai } = await startSimulatedClients();
afterAll(() => provider.close());

const completionModel = 'gpt-3.5-turbo-instruct';
test('a completion is the same as a body and as a stream, with 16 tokens at most by default', async () => {
  const request = { model: completionModel, prompt: ['Once upon a time', 'It was a dark night'] };
  const plain = await openai.completions.create(request);
  expect(plain.choices.map(({ finish_reason }) => finish_reason)).toEqual(['length', 'length']);
  expect(plain.usage?.completion_tokens).toBe(32);
  const stream_options = { include_usage: true };
  const chunks = await listOf(await openai.completions.create({ ...request, stream: true, stream_options }));
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
