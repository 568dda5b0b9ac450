import { createCache, memoryStore, type ObservedEvent } from 'askonce';
import { expect, it } from 'vitest';
import { answer, chat, completion } from './support/chat.ts';
import { gatedProvider, settled, textOf } from './support/gated-provider.ts';
import { setUpFaultyCache } from './support/set-up-cache.ts';

const vectors = (first: number) =>
  JSON.stringify({
    object: 'list',
    data: [0, 1].map((index) => ({ object: 'embedding', index, embedding: [first + index, 0.5] })),
    model: 'gpt-x',
    usage: { prompt_tokens: 4, total_tokens: 4 },
  });

it('an entry that cannot be read is asked for again, and the new answer is returned', async () => {
  const { cache, count, store, provider, call } = setUpFaultyCache();
  const first = cache.ask(chat(), provider);
  await settled();
  answer(call(0), completion({ text: 'One.' }));
  await first;
  await settled();
  expect((await cache.ask(chat(), provider)).cacheStatus.kind).toBe('hit');

  store.fault = 'unreadable';
  const again = cache.ask(chat(), provider);
  await settled();
  answer(call(1), completion({ text: 'Two.' }));
  expect(await textOf(await again)).toBe(completion({ text: 'Two.' }));
  expect((await again).cacheStatus).toMatchObject({
    kind: 'forward',
    reason: 'miss',
    detail: 'store-trouble',
  });
  expect(count('store-trouble')).toBe(1);
});

it('unreadable parts of a batch are asked for again', async () => {
  const { cache, store, provider, calls, call } = setUpFaultyCache();
  const asked = chat({
    protocol: 'openai-embeddings',
    route: '/embeddings',
    body: { input: ['a', 'b'] },
  });
  const askWith = async (first: number) => {
    const asking = cache.ask(asked, provider);
    await settled();
    answer(call(calls.length - 1), vectors(first));
    return JSON.parse(await textOf(await asking));
  };
  await askWith(1);
  expect((await cache.ask(asked, provider)).cacheStatus.kind).toBe('hit');
  expect(calls).toHaveLength(1);
  store.fault = 'unreadable';
  expect(await askWith(7)).toMatchObject({ data: [{ embedding: [7, 0.5] }, { embedding: [8, 0.5] }] });
});

it('direct reads find no unreadable entry, and report the trouble', async () => {
  const { cache, count, store, stored } = setUpFaultyCache();
  await stored();
  await settled();
  expect((await cache.get(chat()))?.recording.status).toBe(200);
  store.fault = 'unreadable';
  expect(await cache.get(chat())).toBe(undefined);
  expect(await cache.getMany([chat(), chat({ question: 'Another?' })])).toEqual([undefined, undefined]);
  expect(count('store-trouble')).toBe(2);
});

it('an entry that names another partition than its key is not served, and is reported as store trouble', async () => {
  const { provider, call } = gatedProvider();
  const events: ObservedEvent[] = [];
  const honest = memoryStore();
  const lying = createCache({
    store: {
      ...honest,
      get: (key) => {
        const found = honest.get(key);
        return (
          found && {
            ...found,
            entry: { ...found.entry, meta: { ...found.entry.meta, partition: 'another' } },
          }
        );
      },
    },
    observe: (event) => events.push(event),
  });
  for (const index of [0, 1]) {
    const asked = lying.ask(chat(), provider);
    await settled();
    answer(call(index));
    expect((await asked).cacheStatus.kind).toBe('forward');
  }
  const reasons = events.flatMap((event) => (event.type === 'miss' ? [event.reason] : []));
  expect(reasons).toEqual(['credential', 'store-trouble']);
  await lying.close();
});
