/**
 * Answers put into the cache and read by the caller, several at once.
 */
import { createCache, memoryStore, type Recording, type Store } from 'askonce';
import { expect, it } from 'vitest';
import { chat, completion } from './support/chat.ts';

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
