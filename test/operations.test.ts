/**
 * Answers put into the cache and read by the caller, several at once.
 */
import { createCache, memoryStore, type Recording, type Store } from 'askonce';
import { expect, it } from 'vitest';
import { answer, chat, completion } from './support/chat.ts';
import { settled } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

/** A memory store that notes how it is written to. */
function notingStore(): { readonly store: Store; readonly writes: string[] } {
  const memory = memoryStore();
  const writes: string[] = [];
  const store: Store = {
    ...memory,
    set(entry) {
      writes.push('one');
      return memory.set(entry);
    },
    setMany(entries) {
      writes.push(`${entries.length} at once`);
      return memory.setMany(entries);
    },
  };
  return { store, writes };
}

function recording(text: string, finish = 'stop'): Recording {
  const headers = { 'content-type': 'application/json' };
  return { form: 'body', status: 200, headers, body: Buffer.from(completion({ text, finish })) };
}

it('several answers are stored by one call to the store, and each result says whether its answer was stored', async () => {
  const { store, writes } = notingStore();
  const cache = createCache({ store });
  const requests = ['one?', 'two?', 'cut?', 'three?'].map((question) => chat({ question }));
  const [one, two, cut, three] = requests;
  if (!one || !two || !cut || !three) throw new TypeError('there are four requests');
  const kept = await cache.setMany([
    { request: one, recording: recording('1') },
    { request: two, recording: recording('2') },
    { request: cut, recording: recording('no', 'length') },
    { request: { ...three, directives: { noStore: true } }, recording: recording('3') },
  ]);
  expect(kept).toEqual([true, true, false, false]);
  expect(writes).toEqual(['2 at once']);
  const found = await cache.getMany(requests);
  const texts = found.map((entry) => entry && JSON.parse(Buffer.from(entry.recording.body).toString('utf8')));
  expect(texts.map((text) => text?.choices[0].message.content)).toEqual(['1', '2', undefined, undefined]);
  await cache.close();
});

it('setting an answer returns false when the store fails', async () => {
  const memory = memoryStore();
  const store: Store = { ...memory, setMany: () => Promise.reject(new Error('full')) };
  const cache = createCache({ store });
  expect(await cache.setMany([{ request: chat(), recording: recording('1') }])).toEqual([false]);
  expect(await cache.set(chat(), recording('1'))).toBe(false);
  await cache.close();
});

async function all<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const batch of batches) items.push(...batch);
  return items;
}

it('a walk over all entries lists what may be served, with its hits, and neither errors nor invalidated answers', async () => {
  const { cache, clock, provider, calls, call } = setUpCache({
    settings: { negativeCache: true, staleDays: 0.5, ttlDays: 1, credentialHours: 48 },
  });
  const askOnce = async (question: string, status = 200) => {
    const asked = cache.ask(chat({ question, context: { tags: [`about=${question}`] } }), provider);
    await settled();
    answer(call(calls.length - 1), status === 200 ? completion({ text: question }) : '{"error":{}}', status);
    await asked;
  };
  await askOnce('soon expired');
  clock.advance(0.75 * 86_400_000);
  await askOnce('kept');
  await askOnce('invalidated');
  await askOnce('wrong', 400);
  for (const _time of [1, 2]) await cache.ask(chat({ question: 'kept' }), provider);
  await cache.invalidate({ tags: ['about=invalidated'] });
  const walked = async () =>
    (await all(cache.entries())).toSorted((one, other) => (one.hits ?? 0) - (other.hits ?? 0));
  const [old, entry, ...others] = await walked();
  expect(others).toEqual([]);
  expect(old).toMatchObject({ hits: 0, meta: { model: 'gpt-x-2026' } });
  expect(entry).toMatchObject({ hits: 2, lastHit: clock.now(), meta: { finish: 'stop' } });
  clock.advance(0.3 * 86_400_000);
  expect((await walked()).map(({ key }) => key)).toEqual([entry?.key]);
});

it('a walk over a store that can’t list its entries fails with a message that names the store', async () => {
  const { scan: _, ...store } = memoryStore();
  const cache = createCache({ store });
  await expect(all(cache.entries())).rejects.toMatchObject({ code: 'store_failed' });
  await cache.close();
});
