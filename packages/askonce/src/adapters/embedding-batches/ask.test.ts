import { describe, expect, it } from 'vitest';
import { createCache } from '../../cache.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import { askEmbeddings } from './ask.ts';

/** An embedder that writes down what it is asked, whose vectors show their texts. */
function countingEmbedder() {
  const asked: (readonly string[])[] = [];
  const embed = async (texts: readonly string[]) => {
    asked.push(texts);
    return {
      vectors: texts.map((text) => [text.length, text.charCodeAt(0) / 3, -1e-7]),
      tokens: texts.length * 2,
    };
  };
  return { asked, embed };
}

const model = { name: 'test', model: 'text-embedding-3-small' };
const vectorsOf = (...texts: readonly string[]) =>
  texts.map((text) => [text.length, text.charCodeAt(0) / 3, -1e-7]);

describe('texts to embed', () => {
  it('texts that are stored are not asked again, and vectors come in the order of the texts', async () => {
    const { asked, embed } = countingEmbedder();
    const cache = createCache();
    await askEmbeddings(cache, { ...model, texts: ['ab', 'c'] }, embed);
    const { vectors, tokens, cacheStatus } = await askEmbeddings(
      cache,
      { ...model, texts: ['new', 'c', 'newer', 'ab'] },
      embed,
    );
    expect(vectors).toEqual(vectorsOf('new', 'c', 'newer', 'ab'));
    expect([tokens, cacheStatus]).toMatchObject([8, { kind: 'forward', detail: '2/4' }]);
    expect(asked).toEqual([
      ['ab', 'c'],
      ['new', 'newer'],
    ]);
    const again = await askEmbeddings(cache, { ...model, texts: ['newer'] }, embed);
    expect([again.vectors, again.cacheStatus.kind]).toEqual([vectorsOf('newer'), 'hit']);
    expect(asked).toHaveLength(2);
  });

  it('a text that is twice in a list is asked once, and so is one that another caller waits for', async () => {
    const { asked, embed } = countingEmbedder();
    const cache = createCache();
    const ask = (texts: readonly string[]) => askEmbeddings(cache, { ...model, texts }, embed);
    const both = await Promise.all([ask(['a', 'b', 'a']), ask(['b', 'c'])]);
    expect(both.map(({ vectors }) => vectors)).toEqual([vectorsOf('a', 'b', 'a'), vectorsOf('b', 'c')]);
    expect(asked.flat().toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('what the embedder throws for a text reaches every caller that waits for it unchanged, and the text is asked again', async () => {
    const thrown = new RangeError('too long');
    let calls = 0;
    const embed = async (texts: readonly string[]) => {
      if (++calls === 1) throw thrown;
      return { vectors: texts.map(() => [1]) };
    };
    const cache = createCache();
    const ask = () => askEmbeddings(cache, { ...model, texts: ['a'] }, embed);
    expect(await Promise.allSettled([ask(), ask()])).toEqual(
      Array(2).fill({ status: 'rejected', reason: thrown }),
    );
    expect((await ask()).vectors).toEqual([[1]]);
    expect(calls).toBe(2);
  });

  it('what the embedder throws for a list reaches its caller alone, since another’s list may be right', async () => {
    const thrown = new RangeError('too many');
    const embed = async (texts: readonly string[]) => {
      if (texts.includes('wrong')) throw thrown;
      return { vectors: texts.map(() => [1]) };
    };
    const cache = createCache();
    const ask = (texts: readonly string[]) => askEmbeddings(cache, { ...model, texts }, embed);
    const [first, second] = await Promise.allSettled([ask(['a', 'wrong']), ask(['a', 'b'])]);
    expect(first).toEqual({ status: 'rejected', reason: thrown });
    expect(second).toMatchObject({ status: 'fulfilled', value: { vectors: [[1], [1]] } });
  });

  it.each([
    ['fewer vectors than texts', { vectors: [[1]] }],
    ['more vectors than texts', { vectors: [[1], [2], [3]] }],
  ])('an embedder that returns %s is reported, and nothing is stored', async (_what, embedded) => {
    const cache = createCache();
    for (const _time of [1, 2])
      await expect(
        askEmbeddings(cache, { ...model, texts: ['a', 'b'] }, async () => embedded),
      ).rejects.toMatchObject({ code: 'provider_broke_off' });
  });

  it('a vector with a number that JSON cannot write is returned and not stored', async () => {
    let calls = 0;
    const embed = async () => ({ vectors: [[1, Number.NaN]], calls: ++calls });
    const cache = createCache();
    const ask = () => askEmbeddings(cache, { ...model, texts: ['a'] }, embed);
    expect([(await ask()).vectors, (await ask()).vectors, calls]).toEqual([
      [[1, Number.NaN]],
      [[1, Number.NaN]],
      2,
    ]);
  });

  it('vectors of other models, names, options and tenants are other vectors', async () => {
    const { asked, embed } = countingEmbedder();
    const cache = createCache();
    const questions = [
      {},
      { model: 'text-embedding-3-large' },
      { name: 'other' },
      { options: { dimensions: 256 } },
      { options: { dimensions: 512 } },
      { context: { tenant: 'acme' } },
    ];
    for (const other of questions) await askEmbeddings(cache, { ...model, texts: ['a'], ...other }, embed);
    expect(asked).toHaveLength(questions.length);
    for (const other of questions) await askEmbeddings(cache, { ...model, texts: ['a'], ...other }, embed);
    expect(asked).toHaveLength(questions.length);
  });

  it('a long list is asked 2 048 texts at a time', async () => {
    const { asked, embed } = countingEmbedder();
    const texts = Array.from({ length: 2050 }, (_, index) => `text ${index}`);
    const { vectors, tokens } = await askEmbeddings(createCache(), { ...model, texts }, embed);
    expect(asked.map(({ length }) => length)).toEqual([2048, 2]);
    expect(vectors).toEqual(vectorsOf(...texts));
    expect(tokens).toBe(4100);
  });

  it('the tokens of a long list are known only if those of each call are', async () => {
    const texts = Array.from({ length: 4_097 }, (_, number) => `text ${number}`);
    for (const silent of [0, 1, 2]) {
      let calls = 0;
      const embed = async (asked: readonly string[]) => {
        const vectors = asked.map(() => [1]);
        return calls++ === silent ? { vectors } : { vectors, tokens: asked.length };
      };
      expect((await askEmbeddings(createCache(), { ...model, texts }, embed)).tokens).toBeUndefined();
    }
  });

  it('an empty list is answered without a call', async () => {
    const { asked, embed } = countingEmbedder();
    const { vectors, tokens } = await askEmbeddings(createCache(), { ...model, texts: [] }, embed);
    expect([vectors, tokens, asked]).toEqual([[], 0, []]);
  });

  it('callers that ask within the batch window share one call', async () => {
    const { asked, embed } = countingEmbedder();
    const cache = createCache({ settings: { batchWindowMs: 5 } });
    const ask = (text: string) => askEmbeddings(cache, { ...model, texts: [text] }, embed);
    const replies = await Promise.all([ask('a'), ask('bb'), ask('ccc')]);
    expect(replies.flatMap(({ vectors }) => vectors)).toEqual(vectorsOf('a', 'bb', 'ccc'));
    expect(asked).toEqual([['a', 'bb', 'ccc']]);
  });

  it('a caller that leaves gets its signal’s reason', async () => {
    const leave = new AbortController();
    const waiting = askEmbeddings(
      createCache(),
      { ...model, texts: ['a', 'b'], signal: leave.signal },
      (_texts, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          leave.abort('gone');
        }),
    );
    await expect(waiting).rejects.toBe('gone');
  });

  it('hits report the model and the tokens that they saved', async () => {
    const { embed } = countingEmbedder();
    const events: ObservedEvent[] = [];
    const cache = createCache({ observe: (event) => void events.push(event) });
    for (const _time of [1, 2]) await askEmbeddings(cache, { ...model, texts: ['a', 'b'] }, embed);
    expect(events.find(({ type }) => type === 'hit')).toMatchObject({
      savedTokens: 4,
      model: 'text-embedding-3-small',
    });
  });
});
