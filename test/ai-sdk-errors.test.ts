/**
 * Errors of models behind the cache: whose they are, who shares them, and what is remembered of them.
 */
import { APICallError, generateText, RetryError, UnsupportedFunctionalityError } from 'ai';
import { describe, expect, it, vi } from 'vitest';
import { partsIn, question, setUpModel, textParts, textResult } from './support/ai-sdk.ts';

function apiError(statusCode: number | undefined, more: object = {}): APICallError {
  return new APICallError({
    message: 'The provider said no.',
    url: 'https://provider.test/v1/chat?key=secret',
    requestBodyValues: { prompt: 'a' },
    ...(statusCode === undefined ? { isRetryable: true } : { statusCode }),
    responseBody: '{"error":{"message":"The provider said no.","type":"invalid_request_error"}}',
    ...more,
  });
}

async function thrownBy(work: PromiseLike<unknown>): Promise<unknown> {
  return await work.then(
    () => 'nothing',
    (error: unknown) => error,
  );
}

describe('an error of the provider', () => {
  it.each([400, 401, 404, 429, 500, 529, undefined])(
    'of status %s reaches all who asked at once as it is',
    async (status) => {
      const error = apiError(status);
      const { promise, resolve } = Promise.withResolvers<void>();
      const { model, calls } = setUpModel({ generate: () => promise.then(() => Promise.reject(error)) });
      const asked = [1, 2, 3].map(() => thrownBy(model.doGenerate(question('a'))));
      resolve();
      for (const one of await Promise.all(asked)) expect(one).toBe(error);
      expect(calls()).toBe(1);
      const streamed = setUpModel({ stream: () => Promise.reject(error) });
      expect(await thrownBy(streamed.model.doStream(question('a')))).toBe(error);
    },
  );

  it('of another kind, and what is no error, reaches the caller as it is', async () => {
    for (const error of [new UnsupportedFunctionalityError({ functionality: 'seed' }), 'a text', undefined]) {
      const { model } = setUpModel({ generate: () => Promise.reject(error) });
      expect(await thrownBy(model.doGenerate(question('a')))).toBe(error);
    }
  });

  it('reaches each of many callers that fail at once as it is, and so does what JSON cannot express', async () => {
    const errors: Error[] = [];
    const { model } = setUpModel({
      generate: (_call, index) => {
        errors[index] = Object.assign(new Error(`failure ${index}`), { statusCode: 500 });
        return Promise.reject(errors[index]);
      },
      stream: (_call, index) => [
        { type: 'raw', rawValue: new Map([[index, index]]) },
        { type: 'error', error: index },
      ],
    });
    const many = Array.from({ length: 200 }, (_, index) => question(`question ${index}`));
    expect(await Promise.all(many.map((one) => thrownBy(model.doGenerate(one))))).toEqual(errors);
    const streams = await Promise.all(many.map((one) => model.doStream(one)));
    const parts = await Promise.all(streams.map(({ stream }) => partsIn(stream)));
    expect(parts).toEqual(
      many.map((_one, index) => [
        { type: 'raw', rawValue: new Map([[index, index]]) },
        { type: 'error', error: index },
      ]),
    );
  });

  it('is tried again by the SDK, and then stored as an answer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const { model, calls } = setUpModel({
        generate: (_call, index) => (index < 2 ? Promise.reject(apiError(503)) : textResult('at last')),
      });
      const made = generateText({ model, prompt: 'a' });
      await vi.runAllTimersAsync();
      expect((await made).text).toBe('at last');
      expect(calls()).toBe(3);
      expect((await generateText({ model, prompt: 'a' })).text).toBe('at last');
      expect(calls()).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends the SDK’s retries with all of them', async () => {
    const { model, calls } = setUpModel({ generate: () => Promise.reject(apiError(500)) });
    const error = await thrownBy(generateText({ model, prompt: 'a', maxRetries: 0 }));
    expect(APICallError.isInstance(error)).toBe(true);
    expect(RetryError.isInstance(error)).toBe(false);
    expect(calls()).toBe(1);
  });
});

it('a call that nests too deep for a key is answered by the model', async () => {
  const { model, calls } = setUpModel({ generate: () => textResult('deep') });
  const deep = JSON.parse(`${'{"a":'.repeat(511)}1${'}'.repeat(511)}`);
  const asked = { ...question('a'), providerOptions: { mock: deep } };
  for (const _ of [1, 2]) expect((await model.doGenerate(asked)).content).toEqual(textResult('deep').content);
  expect(calls()).toBe(2);
});

describe('a remembered error', () => {
  it('that the request causes says that it is remembered, and is not worth a retry', async () => {
    const { model, calls, clock } = setUpModel(
      { generate: () => Promise.reject(apiError(400)) },
      { negativeCache: true },
    );
    await thrownBy(model.doGenerate(question('a')));
    const again = await thrownBy(model.doGenerate(question('a')));
    expect(calls()).toBe(1);
    if (!APICallError.isInstance(again)) throw new TypeError('no API error');
    expect(again).toBeInstanceOf(APICallError);
    expect(again).toMatchObject({
      statusCode: 400,
      isRetryable: false,
      url: 'https://provider.test/v1/chat',
      responseBody: apiError(400).responseBody,
    });
    expect(again.message).toBe(
      'The provider said no. (The cache remembers this error for 900 s; the provider was not asked.)',
    );
    clock.advance(901_000);
    await thrownBy(model.doGenerate(question('a')));
    expect(calls()).toBe(2);
  });

  it('of a limit says when the provider is asked again, and the SDK waits for that', async () => {
    const { model, calls, clock } = setUpModel(
      {
        generate: (_call, index) =>
          index === 0
            ? Promise.reject(apiError(429, { responseHeaders: { 'Retry-After': '7' } }))
            : textResult('at last'),
      },
      { negativeCache: true },
    );
    await thrownBy(model.doGenerate(question('a')));
    clock.advance(2_000);
    const again = await thrownBy(model.doGenerate(question('b')));
    expect(again).toMatchObject({
      statusCode: 429,
      isRetryable: true,
      responseHeaders: { 'retry-after': '5' },
    });
    expect(calls()).toBe(1);
    clock.advance(5_000);
    expect((await model.doGenerate(question('b'))).content).toEqual([{ type: 'text', text: 'at last' }]);
  });

  it('of an account is none', async () => {
    const body = '{"error":{"message":"No credit left.","code":"insufficient_quota"}}';
    const { model, calls } = setUpModel(
      { generate: () => Promise.reject(apiError(429, { responseBody: body })) },
      { negativeCache: true },
    );
    for (const _turn of [1, 2]) await thrownBy(model.doGenerate(question('a')));
    expect(calls()).toBe(2);
  });
});

it('a stale answer is served if the provider fails', async () => {
  const { model, calls, clock } = setUpModel(
    { generate: (_call, index) => (index === 0 ? textResult('old') : Promise.reject(apiError(503))) },
    { ttlDays: 1, staleDays: 0.5 },
  );
  await model.doGenerate(question('a'));
  clock.advance(13 * 3_600_000);
  const { content, providerMetadata } = await model.doGenerate(question('a'));
  expect(content).toEqual([{ type: 'text', text: 'old' }]);
  expect(providerMetadata?.['askonce']?.['cacheStatus']).toMatchObject({
    kind: 'hit',
    detail: 'stale-if-error',
  });
  expect(calls()).toBe(2);
});

describe('a caller that aborts', () => {
  it('gets its reason, and others that wait get the answer', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { model, mock, calls } = setUpModel({ generate: () => promise.then(() => textResult('for all')) });
    const leaving = new AbortController();
    const first = thrownBy(model.doGenerate(question('a', { abortSignal: leaving.signal })));
    const second = model.doGenerate(question('a'));
    const reason = new Error('gone');
    leaving.abort(reason);
    expect(await first).toBe(reason);
    resolve();
    expect((await second).content).toEqual([{ type: 'text', text: 'for all' }]);
    expect(calls()).toBe(1);
    expect(mock.doGenerateCalls[0]?.abortSignal?.aborted).toBe(false);
  });

  it('in the middle of a stream gets its reason from the stream', async () => {
    const { model, mock } = setUpModel({});
    mock.doStream = async () => ({
      stream: new ReadableStream({ start: (to) => to.enqueue({ type: 'text-start', id: '1' }) }),
    });
    const leaving = new AbortController();
    const { stream } = await model.doStream(question('a', { abortSignal: leaving.signal }));
    const reader = stream.getReader();
    await reader.read();
    const rest = thrownBy(reader.read());
    const reason = new Error('gone');
    leaving.abort(reason);
    expect(await rest).toBe(reason);
  });

  it('while a stored stream is read gets its reason from the stream', async () => {
    const { model, calls } = setUpModel({ stream: () => textParts('one two three') });
    await partsIn((await model.doStream(question('a'))).stream);
    const leaving = new AbortController();
    const { stream } = await model.doStream(question('a', { abortSignal: leaving.signal }));
    const reader = stream.getReader();
    await reader.read();
    leaving.abort(new Error('gone'));
    await expect(
      (async () => {
        for (;;) if ((await reader.read()).done) return;
      })(),
    ).rejects.toThrow('gone');
    expect(calls()).toBe(1);
  });
});
