import { afterAll, expect, test } from 'vitest';
import { startSimulatedClients } from '../../../../../test/support/simulated-clients.ts';

const { provider, openai } = await startSimulatedClients();
afterAll(() => provider.close());

const small = 'text-embedding-3-small';
const create = (input: string | string[] | number[] | number[][], more: object = {}) =>
  openai.embeddings.create({ model: small, input, encoding_format: 'float', ...more });
const dot = (one: readonly number[] = [], other: readonly number[] = []) =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);

test('vectors have length 1, are equal for equal texts, and closer where texts share words', async () => {
  const { data, usage } = await create(['reset my password', 'how to reset a password', 'ship to Portugal']);
  const [one, close, far] = data.map(({ embedding }) => embedding);
  expect(one).toHaveLength(1_536);
  for (const vector of [one, close, far]) expect(dot(vector, vector)).toBeCloseTo(1, 5);
  expect(dot(one, close)).toBeGreaterThan(dot(one, far) + 0.2);
  expect((await create('reset my password')).data[0]?.embedding).toEqual(one);
  expect(usage.total_tokens).toBe(5 + 6 + 4);
});

test('base64 has the same numbers, and is what the client requests by default', async () => {
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

test('token numbers are accepted, for one text or several', async () => {
  const one = await create([5, 6, 7]);
  const several = await create([[5, 6, 7], [8]]);
  expect(several.data[0]?.embedding).toEqual(one.data[0]?.embedding);
  expect(several.usage.prompt_tokens).toBe(4);
});
