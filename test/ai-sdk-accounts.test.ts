/**
 * Models of the AI SDK hide their keys: what callers of several model objects share behind one cache, and what they do not.
 */
import { APICallError } from 'ai';
import { MockEmbeddingModelV4 } from 'ai/test';
import type { SettingsInput } from 'askonce';
import { withAskonce } from 'askonce/ai-sdk';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import {
  type Call,
  type ModelAnswers,
  mockModel,
  partsIn,
  question,
  type setUpModel,
  statusIn,
  textParts,
  textResult,
} from './support/ai-sdk.ts';
import { observedCache } from './support/set-up-cache.ts';

function refusal(key: string, statusCode: number | undefined): APICallError {
  return new APICallError({
    message: `no answer for ${key}`,
    url: 'https://provider.test/v1/chat',
    requestBodyValues: {},
    ...(statusCode === undefined ? {} : { statusCode }),
    isRetryable: false,
  });
}

/** Two models of one provider and name, each with a key of its own, behind one cache. */
function setUpAccounts(answers: (key: 'bad' | 'good') => ModelAnswers, settings: SettingsInput = {}) {
  const { cache } = observedCache({ clock: fakeClock(), settings });
  const wrapped = (key: 'bad' | 'good') => {
    const mock = mockModel(answers(key));
    const calls = () => mock.doGenerateCalls.length + mock.doStreamCalls.length;
    return { model: withAskonce(mock, { cache }), mock, calls, cache };
  };
  return { bad: wrapped('bad'), good: wrapped('good') };
}

const statuses = [400, 401, 403, 404, 429, 500, 529, undefined];

async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  return await work.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

describe('a failure of one model object', () => {
  it.each(statuses)('with status %s does not reach a caller of another that asks at once', async (status) => {
    const error = refusal('bad', status);
    const { promise, resolve } = Promise.withResolvers<void>();
    const { bad, good } = setUpAccounts((key) => ({
      generate: () => promise.then(() => (key === 'bad' ? Promise.reject(error) : textResult('fine'))),
    }));
    const refused = [1, 2].map(() => failureOf(bad.model.doGenerate(question('a'))));
    const answered = [1, 2].map(() => good.model.doGenerate(question('a')));
    resolve();
    for (const one of await Promise.all(refused)) expect(one).toBe(error);
    for (const one of await Promise.all(answered))
      expect(one.content).toEqual([{ type: 'text', text: 'fine' }]);
    expect([bad.calls(), good.calls()]).toEqual([1, 1]);
  });

  it.each(statuses)('with status %s does not end the stream of another', async (status) => {
    const error = refusal('bad', status);
    const { promise, resolve } = Promise.withResolvers<void>();
    const { bad, good } = setUpAccounts((key) => ({
      stream: () => promise.then(() => (key === 'bad' ? Promise.reject(error) : textParts('so fine'))),
    }));
    const refused = failureOf(bad.model.doStream(question('a')));
    const answered = good.model.doStream(question('a'));
    resolve();
    expect(await refused).toBe(error);
    const deltas = (await partsIn((await answered).stream)).flatMap((part) =>
      part.type === 'text-delta' ? [part.delta] : [],
    );
    expect(deltas.join('')).toBe('so fine');
    expect([bad.calls(), good.calls()]).toEqual([1, 1]);
  });

  it.each([400, 429, 500])('with status %s is remembered for that object alone', async (status) => {
    const { bad, good } = setUpAccounts(
      (key) => ({
        generate: () => (key === 'bad' ? Promise.reject(refusal('bad', status)) : textResult('fine')),
      }),
      { negativeCache: true },
    );
    for (const _turn of [1, 2])
      expect(await failureOf(bad.model.doGenerate(question('a')))).toMatchObject({ statusCode: status });
    expect(bad.calls()).toBe(1);
    const { content, providerMetadata } = await good.model.doGenerate(question('a'));
    expect(content).toEqual([{ type: 'text', text: 'fine' }]);
    expect(statusIn(providerMetadata)).toMatch(/^miss/);
  });

  it.each([0, 5])(
    'does not reach embeddings of another, with a batch window of %s ms',
    async (batchWindowMs) => {
      const clock = fakeClock();
      const { cache } = observedCache({ clock, settings: { batchWindowMs } });
      const { promise, resolve } = Promise.withResolvers<void>();
      const embedding = (key: string) =>
        withAskonce(
          new MockEmbeddingModelV4({
            maxEmbeddingsPerCall: 10,
            doEmbed: async ({ values }) => {
              await promise;
              if (key === 'bad') throw refusal(key, 401);
              return {
                embeddings: values.map(({ length }) => [length, 1]),
                usage: { tokens: 1 },
                warnings: [],
              };
            },
          }),
          { cache },
        );
      const refused = failureOf(embedding('bad').doEmbed({ values: ['one', 'three'] }));
      const answered = embedding('good').doEmbed({ values: ['four', 'three'] });
      await new Promise(setImmediate);
      clock.advance(10);
      resolve();
      expect(await refused).toMatchObject({ statusCode: 401 });
      await new Promise(setImmediate);
      clock.advance(10);
      expect((await answered).embeddings).toEqual([
        [4, 1],
        [5, 1],
      ]);
    },
  );
});

type File = Extract<Exclude<Call['prompt'][number]['content'], string>[number], { type: 'file' }>;

const image = (data: File['data'], more: Partial<Call> = {}): Call => ({
  prompt: [{ role: 'user', content: [{ type: 'file', mediaType: 'image/png', data }] }],
  ...more,
});

const references: [string, Call][] = [
  ['by its id at the provider', image({ type: 'reference', reference: { openai: 'file-abc' } })],
  ['by its id in the place of its bytes', image({ type: 'data', data: 'file-abc123' })],
  ['by its URL', image({ type: 'url', url: new URL('https://intranet.test/secret.png') })],
];

async function statusOf(of: { model: ReturnType<typeof setUpModel>['model'] }, call: Call): Promise<string> {
  return statusIn((await of.model.doGenerate(call)).providerMetadata);
}

describe('a file that a call names', () => {
  it.each(references)('%s has answers of its own for each model object', async (_how, call) => {
    const { bad: one, good: other } = setUpAccounts((key) => ({ generate: () => textResult(key) }));
    expect(await statusOf(one, call)).toBe('miss');
    expect(await statusOf(other, call)).toBe('miss');
    for (const [account, text] of [
      [one, 'bad'],
      [other, 'good'],
    ] as const) {
      const { content, providerMetadata } = await account.model.doGenerate(call);
      expect(statusIn(providerMetadata)).toMatch(/^hit/);
      expect(content).toEqual([{ type: 'text', text }]);
    }
    expect(await statusOf({ model: withAskonce(one.mock, { cache: one.cache }) }, call)).toMatch(/^hit/);
  });

  it.each(references)('%s has its answers in common for one tenant, and for one user', async (_how, call) => {
    for (const context of [{ tenant: 'acme' }, { user: 'ada' }]) {
      const { bad: one, good: other } = setUpAccounts(() => ({ generate: () => textResult('a') }));
      const named: Call = { ...call, providerOptions: { askonce: context } };
      expect(await statusOf(one, named)).toBe('miss');
      expect(await statusOf(other, named)).toMatch(/^hit/);
    }
  });

  it('is shared by all model objects where the call holds its bytes', async () => {
    for (const data of [new Uint8Array([137, 80, 78, 71]), 'iVBORw==', 'iVBO\nRw==']) {
      const { bad: one, good: other } = setUpAccounts(() => ({ generate: () => textResult('a') }));
      expect(await statusOf(one, image({ type: 'data', data }))).toBe('miss');
      expect(await statusOf(other, image({ type: 'data', data }))).toMatch(/^hit/);
    }
  });
});
