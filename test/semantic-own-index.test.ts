import { memoryStore, type SemanticOptions } from 'askonce';
import type { Neighbour, VectorIndexes, VectorIndexesOptions } from 'askonce/semantic';
import { wrapped } from 'askonce/store';
import { expect, it } from 'vitest';
import { chat, completion, json } from './support/chat.ts';
import { capital, capitalAgain, setUpSemantic, wordEmbedder } from './support/semantic-set-up.ts';
import { once } from './support/set-up-cache.ts';

const provider = async () => ({ status: 200, headers: json, body: once(completion()) });

/** An index outside of the process: it answers in a later turn, with all that it was notified of. */
function remoteIndex(search: (keys: readonly string[]) => Promise<readonly Neighbour[]>) {
  const opened: VectorIndexesOptions[] = [];
  let closed = 0;
  const index: SemanticOptions['index'] = (options) => {
    opened.push(options);
    const keys: string[] = [];
    options.hooks.onStored(({ key }) => keys.push(key));
    return {
      async nearest() {
        await new Promise(setImmediate);
        return search(keys);
      },
      add: () => {},
      remove: () => {},
      readAnew: () => {},
      changes: () => Number.NaN,
      progress: () => ({
        building: false,
        walked: 0,
        of: 0,
        indexed: keys.length,
        places: 1,
        skipped: 0,
        dropped: 0,
        bytes: 7,
      }),
      built: async () => {},
      async close() {
        await new Promise(setImmediate);
        closed += 1;
      },
    } satisfies VectorIndexes;
  };
  return { index, opened, closed: () => closed };
}

it('a semantic hit comes from an index of the caller, which may answer later', async () => {
  const { index, opened, closed } = remoteIndex(async (keys) => keys.map((id) => ({ id, similarity: 0.95 })));
  const { cache } = setUpSemantic({ semantic: { index } });
  await cache.ask(chat({ question: capital }), provider);
  const reply = await cache.ask(chat({ question: capitalAgain }), provider);
  expect(reply.cacheStatus).toMatchObject({ kind: 'hit', detail: 'semantic' });
  expect(opened).toHaveLength(1);
  expect(opened[0]?.dimension).toBe(64);
  expect((await cache.semantic()).indexes).toEqual({ building: false, vectors: 1, bytes: 7 });
  expect(await cache.explain(chat({ question: capitalAgain }))).toMatchObject({
    semantic: { nearest: [{ question: capital }] },
  });
  await cache.close();
  expect(closed()).toBe(1);
});

it('an index that fails costs a semantic hit, and is reported', async () => {
  const { index } = remoteIndex(() => Promise.reject(new Error('the database is away')));
  const { cache, events } = setUpSemantic({ semantic: { index } });
  await cache.ask(chat({ question: capital }), provider);
  const reply = await cache.ask(chat({ question: capitalAgain }), provider);
  expect(reply.cacheStatus).toMatchObject({ kind: 'forward', reason: 'miss' });
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'semantic-trouble', part: 'index', message: 'the database is away' }),
  );
  expect((await cache.ask(chat({ question: capital }), provider)).cacheStatus.kind).toBe('hit');
  await cache.close();
});

it('an index and an embedder that cannot be closed are reported, and keep nothing else from being closed', async () => {
  const { index } = remoteIndex(async () => []);
  const failing: SemanticOptions['index'] = (options) => ({
    ...index(options),
    close: () => Promise.reject(new Error('the pool is gone')),
  });
  const store = memoryStore();
  let isClosed = false;
  const { cache, events } = setUpSemantic({
    store: wrapped(store, {
      async close() {
        isClosed = true;
        await store.close();
      },
    }),
    semantic: {
      index: failing,
      embedder: {
        ...wordEmbedder(),
        close: () => Promise.reject(new Error('the model is gone')),
      },
    },
  });
  await cache.ask(chat({ question: capital }), provider);
  await cache.close();
  expect(isClosed).toBe(true);
  expect(events.filter(({ type }) => type === 'semantic-trouble')).toMatchObject([
    { part: 'index', message: 'It could not be closed: the pool is gone' },
    { part: 'embedder', message: 'It could not be closed: the model is gone' },
  ]);
});
