import { createCache, memoryStore, type ObservedEvent } from 'askonce';
import { fakeClock, faultyStore } from 'askonce/testing';
import { expect, it } from 'vitest';
import { answer, chat, completion, json } from './support/chat.ts';
import { gatedProvider, settled, textOf } from './support/gated-provider.ts';

function setUp() {
  const clock = fakeClock();
  const store = faultyStore({ store: memoryStore({ clock }), clock });
  const events: ObservedEvent[] = [];
  const cache = createCache({ store, clock, observe: (event) => events.push(event) });
  const troubles = () => events.filter(({ type }) => type === 'store-trouble').length;
  return { cache, store, gated: gatedProvider(), troubles };
}

const vectors = (first: number) =>
  JSON.stringify({
    object: 'list',
    data: [0, 1].map((index) => ({ object: 'embedding', index, embedding: [first + index, 0.5] })),
    model: 'gpt-x',
    usage: { prompt_tokens: 4, total_tokens: 4 },
  });

it('a kept question whose entry cannot be read when it is looked at is asked again, and its answer is given', async () => {
  const { cache, store, gated, troubles } = setUp();
  const first = cache.ask(chat(), gated.provider);
  await settled();
  answer(gated.call(0), completion({ text: 'One.' }));
  await first;
  await settled();
  expect((await cache.ask(chat(), gated.provider)).cacheStatus.kind).toBe('hit');

  store.fault = 'unreadable';
  const again = cache.ask(chat(), gated.provider);
  await settled();
  answer(gated.call(1), completion({ text: 'Two.' }));
  expect(await textOf(await again)).toBe(completion({ text: 'Two.' }));
  expect((await again).cacheStatus).toMatchObject({
    kind: 'forward',
    reason: 'miss',
    detail: 'store-trouble',
  });
  expect(troubles()).toBe(1);
});

it('so are the parts of a batch', async () => {
  const { cache, store, gated } = setUp();
  const asked = chat({
    protocol: 'openai-embeddings',
    route: '/embeddings',
    body: { input: ['a', 'b'] },
  });
  const askWith = async (first: number) => {
    const asking = cache.ask(asked, gated.provider);
    await settled();
    const call = gated.call(gated.calls.length - 1);
    call.begin(200, json);
    call.send(vectors(first));
    call.end();
    return JSON.parse(await textOf(await asking));
  };
  await askWith(1);
  expect((await cache.ask(asked, gated.provider)).cacheStatus.kind).toBe('hit');
  expect(gated.calls).toHaveLength(1);
  store.fault = 'unreadable';
  expect(await askWith(7)).toMatchObject({ data: [{ embedding: [7, 0.5] }, { embedding: [8, 0.5] }] });
});

it('the library’s own reads find nothing then, and tell of the trouble', async () => {
  const { cache, store, gated, troubles } = setUp();
  const asking = cache.ask(chat(), gated.provider);
  await settled();
  answer(gated.call(0));
  await asking;
  await settled();
  expect((await cache.get(chat()))?.recording.status).toBe(200);
  store.fault = 'unreadable';
  expect(await cache.get(chat())).toBe(undefined);
  expect(await cache.getMany([chat(), chat({ question: 'Another?' })])).toEqual([undefined, undefined]);
  expect(troubles()).toBe(2);
});
