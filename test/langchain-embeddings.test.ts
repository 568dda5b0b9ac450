/**
 * AskonceEmbeddings around OpenAI's embeddings of LangChain, and around embeddings that count.
 */
import { Embeddings } from '@langchain/core/embeddings';
import { OpenAIEmbeddings } from '@langchain/openai';
import { createCache } from 'askonce';
import { AskonceEmbeddings } from 'askonce/langchain';
import { startSimulatedProvider } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';

/** Embeddings that note what they are asked. Documents and queries have different vectors. */
class CountingEmbeddings extends Embeddings {
  readonly #asked: string[][] = [];
  readonly model: string;
  readonly pooling: string;
  readonly #wait: Promise<void>;

  constructor(model = 'counting', pooling = 'mean', wait = Promise.resolve()) {
    super({});
    this.model = model;
    this.pooling = pooling;
    this.#wait = wait;
  }

  get asked(): readonly (readonly string[])[] {
    return this.#asked;
  }

  override async embedDocuments(documents: string[]): Promise<number[][]> {
    this.#asked.push(documents);
    await this.#wait;
    if (documents.includes('wrong')) throw new RangeError('wrong');
    return documents.map((text) => [text.length, 0.1]);
  }

  override async embedQuery(document: string): Promise<number[]> {
    this.#asked.push([document]);
    return [document.length, 0.2];
  }
}

describe('AskonceEmbeddings', () => {
  it('documents that are stored are not embedded again, and vectors keep the order of the documents', async () => {
    const counting = new CountingEmbeddings();
    const embeddings = new AskonceEmbeddings(counting, createCache());
    await embeddings.embedDocuments(['a', 'bb']);
    expect(await embeddings.embedDocuments(['ccc', 'bb', 'ccc', 'a'])).toEqual([
      [3, 0.1],
      [2, 0.1],
      [3, 0.1],
      [1, 0.1],
    ]);
    expect(counting.asked).toEqual([['a', 'bb'], ['ccc']]);
    expect(embeddings).toBeInstanceOf(Embeddings);
  });

  it('a document that another caller waits for is embedded once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const counting = new CountingEmbeddings('counting', 'mean', promise);
    const embeddings = new AskonceEmbeddings(counting, createCache());
    const asked = Promise.all(Array.from({ length: 20 }, () => embeddings.embedDocuments(['a', 'b'])));
    resolve();
    expect(new Set((await asked).map((vectors) => JSON.stringify(vectors)))).toEqual(
      new Set(['[[1,0.1],[1,0.1]]']),
    );
    expect(counting.asked).toEqual([['a', 'b']]);
  });

  it('a query has a vector of its own, which is stored as well', async () => {
    const counting = new CountingEmbeddings();
    const embeddings = new AskonceEmbeddings(counting, createCache());
    await embeddings.embedDocuments(['a']);
    for (const _time of [1, 2]) expect(await embeddings.embedQuery('a')).toEqual([1, 0.2]);
    expect(counting.asked).toEqual([['a'], ['a']]);
  });

  it('an error of the embeddings reaches the caller unchanged, and is not stored', async () => {
    const counting = new CountingEmbeddings();
    const embeddings = new AskonceEmbeddings(counting, createCache());
    for (const _time of [1, 2])
      await expect(embeddings.embedDocuments(['a', 'wrong'])).rejects.toThrow(new RangeError('wrong'));
    expect(counting.asked).toHaveLength(2);
    expect(await embeddings.embedDocuments(['a'])).toEqual([[1, 0.1]]);
  });

  it('embeddings of another model or with another setting share no vectors', async () => {
    const cache = createCache();
    const all = [
      new CountingEmbeddings('one'),
      new CountingEmbeddings('two'),
      new CountingEmbeddings('one', 'cls'),
      new CountingEmbeddings('one'),
    ];
    for (const one of all) await new AskonceEmbeddings(one, cache).embedDocuments(['a']);
    expect(all.map(({ asked }) => asked.length)).toEqual([1, 1, 1, 0]);
  });

  it('tenants share no vectors', async () => {
    const counting = new CountingEmbeddings();
    const cache = createCache();
    for (const tenant of ['a', 'b', 'a'])
      await new AskonceEmbeddings(counting, cache, { context: { tenant } }).embedDocuments(['text']);
    expect(counting.asked).toHaveLength(2);
  });

  it('embeddings that name no model are refused unless the options name it', async () => {
    const nameless = new CountingEmbeddings('');
    expect(() => new AskonceEmbeddings(nameless, createCache())).toThrow(
      expect.objectContaining({ code: 'invalid_settings' }),
    );
    const embeddings = new AskonceEmbeddings(nameless, createCache(), { model: 'own' });
    expect(await embeddings.embedQuery('a')).toEqual([1, 0.2]);
  });

  it('vectors of OpenAI’s embeddings are the provider’s own, and asked for once', async () => {
    const provider = await startSimulatedProvider();
    onTestFinished(() => provider.close());
    const made = (more = {}) =>
      new OpenAIEmbeddings({
        model: 'text-embedding-3-small',
        apiKey: 'sk-simulated',
        maxRetries: 0,
        configuration: { baseURL: `${provider.url}/v1` },
        ...more,
      });
    const cache = createCache();
    const texts = ['first text', 'second text'];
    const plain = await made().embedDocuments(texts);
    const before = provider.calls;
    const ask = async (more = {}) => new AskonceEmbeddings(made(more), cache).embedDocuments(texts);
    expect([await ask(), await ask(), await ask({ apiKey: 'sk-renewed', batchSize: 1 })]).toEqual([
      plain,
      plain,
      plain,
    ]);
    expect(provider.calls).toBe(before + 1);
    expect((await ask({ dimensions: 64 }))[0]).toHaveLength(64);
    expect(provider.calls).toBe(before + 2);
  });
});
