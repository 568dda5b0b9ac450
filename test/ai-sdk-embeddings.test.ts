/**
 * Embedding models of the AI SDK behind the cache, value by value.
 */
import { embed, embedMany, wrapEmbeddingModel } from 'ai';
import { MockEmbeddingModelV4 } from 'ai/test';
import type { SettingsInput } from 'askonce';
import { askonceEmbeddingMiddleware, withAskonce } from 'askonce/ai-sdk';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { statusIn } from './support/ai-sdk.ts';
import { settled } from './support/gated-provider.ts';
import { observedCache } from './support/set-up-cache.ts';

type Model = InstanceType<typeof MockEmbeddingModelV4>;
type Result = Awaited<ReturnType<Model['doEmbed']>>;

/** Numbers that a writer of JSON could lose. */
const vectorOf = (value: string) => [value.length / 3, -0, 5e-324, 0.1 + 0.2, value.codePointAt(0) ?? 0];

function setUp(
  options: {
    readonly limit?: number;
    readonly result?: (values: readonly string[]) => Partial<Result> | Promise<Partial<Result>>;
    readonly settings?: SettingsInput;
  } = {},
) {
  const clock = fakeClock();
  const observed = observedCache({ clock, settings: options.settings });
  const asked: string[][] = [];
  const mock: Model = new MockEmbeddingModelV4({
    maxEmbeddingsPerCall: options.limit ?? 100,
    doEmbed: async ({ values }) => {
      asked.push(values);
      return {
        embeddings: values.map(vectorOf),
        usage: { tokens: values.join('').length },
        warnings: [{ type: 'other', message: 'careful' }],
        providerMetadata: { mock: { region: 'eu' } },
        response: { headers: { 'x-id': '1' }, body: { raw: true } },
        ...(await options.result?.(values)),
      };
    },
  });
  const model = withAskonce(mock, { cache: observed.cache });
  return { clock, ...observed, mock, model, asked };
}

describe('embeddings of the AI SDK', () => {
  it('are asked for value by value, once, and have the model’s numbers', async () => {
    const { model, asked } = setUp();
    const first = await model.doEmbed({ values: ['one', 'three'] });
    expect(first).toMatchObject({ response: { body: { raw: true } }, usage: { tokens: 8 } });
    expect(statusIn(first.providerMetadata)).toBe('miss 0/2');
    const second = await model.doEmbed({ values: ['three', 'two', 'one', 'four', 'one'] });
    expect(statusIn(second.providerMetadata)).toBe('miss 3/5');
    const third = await model.doEmbed({ values: ['four', 'three'] });
    expect(statusIn(third.providerMetadata)).toBe('hit 2/2');
    expect(asked).toEqual([
      ['one', 'three'],
      ['two', 'four'],
    ]);
    for (const [{ embeddings }, values] of [
      [first, ['one', 'three']],
      [second, ['three', 'two', 'one', 'four', 'one']],
      [third, ['four', 'three']],
    ] as const)
      expect(embeddings).toStrictEqual(values.map(vectorOf));
    expect(third.warnings).toEqual([{ type: 'other', message: 'careful' }]);
    expect(third.providerMetadata).toMatchObject({ mock: { region: 'eu' } });
    expect(third.usage).toEqual({ tokens: 9 });
    expect(third.response).toBeUndefined();
  });

  it('of one value are the same as in a batch', async () => {
    const { model, asked } = setUp();
    await embedMany({ model, values: ['a', 'b'] });
    const { embedding, providerMetadata } = await embed({ model, value: 'b' });
    expect(embedding).toStrictEqual(vectorOf('b'));
    expect(statusIn(providerMetadata)).toBe('hit memory');
    expect(asked).toHaveLength(1);
  });

  it('have numbers that JSON lacks, too', async () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, -0, 1];
    const { model, asked } = setUp({ result: (values) => ({ embeddings: values.map(() => odd) }) });
    for (const _turn of [1, 2])
      expect((await model.doEmbed({ values: ['a', 'b'] })).embeddings).toStrictEqual([odd, odd]);
    expect(asked).toHaveLength(1);
  });

  it('are stored if a local model returns them as typed arrays', async () => {
    const { model, mock, asked } = setUp();
    const embed = mock.doEmbed;
    mock.doEmbed = async (call) => {
      const result = await embed(call);
      // The type is a list of numbers; models that run locally have these nevertheless.
      return {
        ...result,
        embeddings: result.embeddings.map((vector) => Reflect.construct(Float64Array, [vector])),
      };
    };
    for (const _turn of [1, 2]) {
      const { embeddings } = await model.doEmbed({ values: ['a', 'bb'] });
      expect(embeddings.map((vector) => Array.from(vector))).toEqual(['a', 'bb'].map(vectorOf));
    }
    expect(asked).toEqual([['a', 'bb']]);
  });

  it('have no usage if the model reports none', async () => {
    const { model } = setUp({
      result: (values) => ({ embeddings: values.map(vectorOf), usage: undefined }) as never,
    });
    await model.doEmbed({ values: ['a', 'b'] });
    const again = await model.doEmbed({ values: ['a', 'b'] });
    expect(again.usage).toBeUndefined();
    expect(statusIn(again.providerMetadata)).toBe('hit 2/2');
  });

  it('are one call for all who ask at once, and each new value is asked for once', async () => {
    const { model, asked } = setUp();
    const results = await Promise.all([
      model.doEmbed({ values: ['a', 'b'] }),
      model.doEmbed({ values: ['b', 'c'] }),
      model.doEmbed({ values: ['c', 'a'] }),
    ]);
    expect(results.map(({ embeddings }) => embeddings)).toEqual([
      ['a', 'b'].map(vectorOf),
      ['b', 'c'].map(vectorOf),
      ['c', 'a'].map(vectorOf),
    ]);
    expect(asked.flat().toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('of several callers are collected in calls within the model’s limit', async () => {
    const { model, asked, clock } = setUp({ limit: 2, settings: { batchWindowMs: 10 } });
    const values = ['a', 'b', 'c', 'd', 'e'];
    const results = Promise.all(values.map((value) => model.doEmbed({ values: [value] })));
    await settled();
    clock.advance(10);
    expect((await results).map(({ embeddings }) => embeddings[0])).toEqual(values.map(vectorOf));
    expect(asked).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('of a caller are its own where a collected call has as many values of several callers', async () => {
    const { model, asked, clock } = setUp({ settings: { batchWindowMs: 10 } });
    const lists = [
      ['a', 'a', 'bb'],
      ['bb', 'ccc'],
    ];
    const results = Promise.all(lists.map((values) => model.doEmbed({ values })));
    await settled();
    clock.advance(10);
    expect((await results).map(({ embeddings }) => embeddings)).toEqual(
      lists.map((values) => values.map(vectorOf)),
    );
    expect(asked).toEqual([['a', 'bb', 'ccc']]);
  });

  it('of other dimensions, options or headers that count are others', async () => {
    const { model, asked } = setUp();
    for (const _turn of [1, 2]) {
      await model.doEmbed({ values: ['a'] });
      await model.doEmbed({ values: ['a'], dimensions: 3 });
      await model.doEmbed({ values: ['a'], providerOptions: { mock: { task: 'query' } } });
      await model.doEmbed({ values: ['a'], headers: { 'x-style': 'curt' } });
      await model.doEmbed({ values: [' a'] });
    }
    expect(asked).toHaveLength(5);
  });

  it('stay together if the options of the model’s provider say something about each value', async () => {
    const { mock, asked, cache } = setUp();
    Object.assign(mock, {
      [Symbol.for('vercel.ai.embeddingModel.providerOptionsTransformer')]: () => undefined,
    });
    const model = wrapEmbeddingModel({ model: mock, middleware: askonceEmbeddingMiddleware({ cache }) });
    const call = { values: ['a', 'a'], providerOptions: { mock: { content: [['1'], ['2']] } } };
    await model.doEmbed(call);
    const again = await model.doEmbed(call);
    expect(statusIn(again.providerMetadata)).toBe('hit memory');
    expect(again.embeddings).toEqual(['a', 'a'].map(vectorOf));
    expect(asked).toEqual([['a', 'a']]);
    await model.doEmbed({ values: ['a'] });
    expect(asked).toHaveLength(2);
  });

  it('are not stored if there are too few of them', async () => {
    const { model, asked } = setUp({ result: () => ({ embeddings: [[1]] }) });
    for (const _turn of [1, 2]) {
      const { embeddings } = await model.doEmbed({ values: ['a', 'b'] });
      expect(embeddings).toEqual([[1]]);
    }
    expect(asked.length).toBeGreaterThan(1);
  });

  it('fail with the error of the model', async () => {
    const error = new TypeError('no such model');
    const { model } = setUp({ result: () => Promise.reject(error) });
    await expect(model.doEmbed({ values: ['a', 'b'] })).rejects.toBe(error);
    await expect(model.doEmbed({ values: ['a'] })).rejects.toBe(error);
  });

  it('of no value need no cache', async () => {
    const { model } = setUp();
    expect((await model.doEmbed({ values: [] })).embeddings).toEqual([]);
    expect((await embedMany({ model, values: [] })).embeddings).toEqual([]);
  });

  it('have users, tags and lifetimes of their calls', async () => {
    const { model, asked, cache } = setUp();
    const call = { values: ['a', 'b'], providerOptions: { askonce: { user: 'ada', tags: ['kind=faq'] } } };
    await model.doEmbed(call);
    await model.doEmbed({ values: ['a', 'b'] });
    expect(asked).toHaveLength(2);
    expect(await cache.invalidate({ tags: ['kind=faq'] })).toBe(2);
    await model.doEmbed(call);
    expect(asked).toHaveLength(3);
  });
});
