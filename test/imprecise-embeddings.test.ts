/**
 * Providers that number their vectors carelessly: each input gets its own vector, or the list is stored whole.
 */
import { type CacheRequest, cacheStatusHeader } from 'askonce';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, chat } from './support/chat.ts';
import { type GatedCall, settled, textOf } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

interface Item {
  readonly object: 'embedding';
  readonly index?: number | string;
  readonly embedding: readonly number[] | string;
}

function embed(input: readonly string[] | string, model = 'emb', format = 'float'): CacheRequest {
  return {
    ...chat(),
    protocol: 'openai-embeddings',
    route: '/embeddings',
    body: JSON.stringify({ model, input, encoding_format: format }),
  };
}

/** A vector that shows its input. */
const vectorOf = (input: string): readonly number[] => [input.length, input.charCodeAt(0), 0.5];

function inputsOf(call: GatedCall): readonly string[] {
  return [JSON.parse(String(call.request.body)).input].flat();
}

const precise = (inputs: readonly string[]): Item[] =>
  inputs.map((input, index) => ({ object: 'embedding', index, embedding: vectorOf(input) }));

function give(call: GatedCall, change: (items: readonly Item[]) => readonly Item[]): void {
  const inputs = inputsOf(call);
  const tokens = inputs.join('').length;
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  answer(call, JSON.stringify({ object: 'list', data: change(precise(inputs)), model: 'emb', usage }));
}

const withoutIndex = ({ index: _, ...item }: Item): Item => item;
const fromOne = (item: Item): Item => ({ ...item, index: Number(item.index) + 1 });

function setUp(settings = {}) {
  const made = setUpCache({ settings });
  const ask = (input: readonly string[] | string, model?: string) =>
    made.cache.ask(embed(input, model), made.provider);
  const vectors = async (reply: Promise<{ readonly body: unknown } & Parameters<typeof textOf>[0]>) =>
    JSON.parse(await textOf(await reply)).data.map(({ index, embedding }: Item) => [index, embedding]);
  return { ...made, ask, vectors };
}

const wanted = (inputs: readonly string[]) => inputs.map((input, index) => [index, vectorOf(input)]);

describe('a list whose vectors can be assigned with certainty', () => {
  it.each<[string, (items: readonly Item[]) => readonly Item[]]>([
    ['in another order', (items) => items.toReversed()],
    ['without indexes', (items) => items.map(withoutIndex)],
    ['with indexes from one', (items) => items.map(fromOne)],
    ['with indexes from one in another order', (items) => items.map(fromOne).toReversed()],
    [
      'with indexes in quotes',
      (items) => items.map((item) => ({ ...item, index: String(item.index) })).toReversed(),
    ],
  ])('vectors %s are asked for once, and each is stored for its own input', async (_, change) => {
    const { ask, vectors, calls, call } = setUp();
    const first = ask('one');
    await settled();
    give(call(0), change);
    await first;
    const list = ask(['one', 'two', 'three', 'eleven']);
    await settled();
    expect(inputsOf(call(1))).toEqual(['two', 'three', 'eleven']);
    give(call(1), change);
    expect(await vectors(list)).toEqual(wanted(['one', 'two', 'three', 'eleven']));
    expect(await vectors(ask(['eleven', 'two', 'one']))).toEqual(wanted(['eleven', 'two', 'one']));
    expect(await vectors(ask('three'))).toEqual([[0, vectorOf('three')]]);
    expect(calls.length).toBe(2);
  });
});

describe('a list whose vectors cannot be assigned with certainty', () => {
  const repeated = (items: readonly Item[]) => items.map((item) => ({ ...item, index: 0 }));

  it('is asked for once, stored whole, and served again as the provider wrote it', async () => {
    const { ask, calls, call, count } = setUp();
    const first = ask(['one', 'two']);
    await settled();
    give(call(0), repeated);
    const reply = await first;
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; fwd=miss; stored');
    const again = await ask(['one', 'two']);
    expect(again.cacheStatus).toMatchObject({ kind: 'hit', detail: 'memory' });
    expect(await textOf(again)).toBe(await textOf(reply));
    expect([calls.length, count('stored'), count('provider-call'), count('provider-answer')]).toEqual([
      1, 1, 1, 1,
    ]);
  });

  it.each<[string, (items: readonly Item[]) => readonly Item[]]>([
    [
      'without the first index',
      (items) => items.map((item) => (item.index === 0 ? withoutIndex(item) : item)),
    ],
    [
      'without the last index',
      (items) => items.map((item) => (item.index === 1 ? withoutIndex(item) : item)),
    ],
    [
      'with indexes that go too far',
      (items) => items.map((item) => ({ ...item, index: Number(item.index) * 2 })),
    ],
  ])('vectors %s are stored whole', async (_, change) => {
    const { ask, calls, call } = setUp();
    const first = ask(['one', 'two']);
    await settled();
    give(call(0), change);
    await first;
    expect((await ask(['one', 'two'])).cacheStatus).toMatchObject({ kind: 'hit', detail: 'memory' });
    expect(calls.length).toBe(1);
  });

  it('costs one more call where some of it was stored, and then one a list', async () => {
    const { ask, calls, call } = setUp();
    const single = ask('one');
    await settled();
    give(call(0), repeated);
    await single;
    const list = ask(['one', 'two', 'three']);
    await settled();
    give(call(1), repeated);
    await settled();
    expect(calls.slice(1).map(inputsOf)).toEqual([
      ['two', 'three'],
      ['one', 'two', 'three'],
    ]);
    give(call(2), repeated);
    await list;
    expect((await ask(['one', 'two', 'three'])).cacheStatus.kind).toBe('hit');
    const other = ask(['one', 'four', 'five']);
    await settled();
    expect(inputsOf(call(3))).toEqual(['one', 'four', 'five']);
    give(call(3), repeated);
    expect((await other).cacheStatus).toMatchObject({ kind: 'forward', stored: true });
    expect((await ask('one')).cacheStatus.kind).toBe('hit');
    expect(calls.length).toBe(4);
  });

  it('is asked for once for all requests at the same time', async () => {
    const { ask, calls, call } = setUp();
    const asked = [ask(['one', 'two']), ask(['one', 'two']), ask(['one', 'two'])];
    await settled();
    give(call(0), repeated);
    const texts = await Promise.all(asked.map(async (reply) => textOf(await reply)));
    expect(new Set(texts).size).toBe(1);
    expect(calls.length).toBe(1);
  });

  it('is remembered for its upstream and model alone, and for a day', async () => {
    const { ask, calls, call, clock } = setUp({ credentialHours: 100, ttlDays: 10, staleDays: 10 });
    const first = ask(['one', 'two']);
    await settled();
    give(call(0), repeated);
    await first;
    const other = ask(['one', 'two'], 'other');
    await settled();
    give(call(1), (items) => items);
    expect((await other).cacheStatus).toMatchObject({ detail: '0/2' });
    clock.advance(24 * 3_600_000);
    const later = ask(['two', 'three']);
    await settled();
    give(call(2), (items) => items);
    expect((await later).cacheStatus).toMatchObject({ detail: '0/2' });
    expect(calls.length).toBe(3);
  });

  it('with another number of vectors is passed on and not stored, also once the provider is known', async () => {
    const { ask, calls, call, count } = setUp();
    const first = ask(['one', 'two']);
    await settled();
    give(call(0), repeated);
    await first;
    const short = ask(['three', 'four']);
    await settled();
    give(call(1), (items) => items.slice(1));
    expect((await short).status).toBe(200);
    const again = ask(['three', 'four']);
    await settled();
    give(call(2), repeated);
    await again;
    expect([calls.length, count('stored')]).toEqual([3, 2]);
  });

  it('in a batch window is asked for alone, and the window leaves its model out from then on', async () => {
    const { ask, calls, call, pass } = setUp({ batchWindowMs: 10 });
    const asked = [ask('one'), ask(['two', 'three'])];
    await pass(10);
    give(call(0), repeated);
    await settled();
    for (const alone of calls.slice(1)) give(alone, repeated);
    await Promise.all(asked);
    expect(calls.map(inputsOf)).toEqual([['one', 'two', 'three'], ['one'], ['two', 'three']]);
    ask(['four', 'five']).catch(() => {});
    ask('six').catch(() => {});
    await settled();
    expect(calls.slice(3).map(inputsOf)).toEqual([['four', 'five'], ['six']]);
  });
});

it('whatever happens to the indexes, each input gets its own vector or the list is served as the provider wrote it', async () => {
  const inputs = ['a', 'bb', 'ccc', 'dddd', 'eeeee'];
  const faults = fc.record({
    count: fc.integer({ min: 2, max: inputs.length }),
    order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
    base: fc.constantFrom(0, 1),
    missing: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    repeated: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    format: fc.constantFrom('float', 'base64'),
  });
  await fc.assert(
    fc.asyncProperty(faults, async ({ count, order, base, missing, repeated, format }) => {
      const list = inputs.slice(0, count);
      const places = order.filter((place) => place < count);
      const isInOrder = places.every((place, position) => place === position);
      const lost = list.map((_, place) => missing[place] === true);
      // An order that no index shows is the inputs' own.
      fc.pre(isInOrder || !lost.every(Boolean));
      const { cache, provider, calls, call } = setUpCache();
      const ask = (input: readonly string[] | string) => cache.ask(embed(input, 'emb', format), provider);
      const asked = ask(list);
      await settled();
      const encoded = (vector: Item['embedding']) =>
        format === 'float'
          ? vector
          : Buffer.from(Float32Array.from([...vector].map(Number)).buffer).toString('base64');
      let written = '';
      give(call(0), (items) => {
        const changed = places.flatMap((place) => {
          const item = items[place];
          if (item === undefined) return [];
          const embedding = encoded(item.embedding);
          if (lost[place]) return [{ object: item.object, embedding }];
          return [{ ...item, index: repeated[place] ? base : place + base, embedding }];
        });
        written = JSON.stringify(changed);
        return changed;
      });
      const reply = await asked;
      const { data, usage } = JSON.parse(await textOf(reply));
      expect(usage.prompt_tokens).toBe(list.join('').length);
      expect(calls.length).toBe(1);
      const again = await ask(list);
      expect(again.cacheStatus.kind).toBe('hit');
      expect(JSON.parse(await textOf(again)).data).toEqual(data);
      const isDivided = 'detail' in reply.cacheStatus && reply.cacheStatus.detail === `0/${count}`;
      if (!isDivided) {
        expect(JSON.stringify(data)).toBe(written);
        return;
      }
      expect(data).toEqual(
        list.map((input, index) => ({ object: 'embedding', index, embedding: encoded(vectorOf(input)) })),
      );
      for (const input of list) {
        const single = await ask(input);
        expect(single.cacheStatus.kind).toBe('hit');
        expect(JSON.parse(await textOf(single)).data[0].embedding).toEqual(encoded(vectorOf(input)));
      }
    }),
    { numRuns: 150 },
  );
});
