/**
 * What the semantic tier stores with an answer: the vector of its question, however the answer came to be stored.
 */
import type { Cache } from 'askonce';
import type { Embedder } from 'askonce/semantic';
import { sqliteStore } from 'askonce/sqlite';
import { fakeClock } from 'askonce/testing';
import { expect, it, onTestFinished } from 'vitest';
import { answer, chat, completion } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { capital, capitalAgain, setUpSemantic, wordEmbedder } from './support/semantic-set-up.ts';
import { sharedMemory } from './support/shared-memory.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

async function vectorUnder(cache: Cache, question: string): Promise<string | undefined> {
  return (await cache.get(chat({ question })))?.meta.vector;
}

it('an answer that is set has the vector of its question, and answers it in other words', async () => {
  const { cache, ask, calls } = setUpSemantic();
  const recording = {
    form: 'body' as const,
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(completion()),
  };
  expect(await cache.set(chat({ question: capital }), recording)).toBe(true);
  expect(await vectorUnder(cache, capital)).toBeDefined();
  expect((await ask({ question: capitalAgain })).cacheStatus.detail).toBe('semantic');
  expect(calls).toHaveLength(0);
});

it('a refreshed answer keeps the vector of its question', async () => {
  const { cache, stored, ask, call, calls, clock } = setUpSemantic({
    settings: { staleWhileRevalidate: true, staleDays: 1, ttlDays: 10, credentialHours: 1_000 },
  });
  await stored({ question: capital });
  const before = await vectorUnder(cache, capital);
  clock.advance(2 * 86_400_000);
  await ask({ question: capital });
  await settled();
  answer(call(calls.length - 1), completion({ text: 'Still Paris.' }));
  await settled();
  const entry = await cache.get(chat({ question: capital }));
  expect(Buffer.from(entry?.recording.body ?? []).toString()).toContain('Still Paris.');
  expect(entry?.meta.vector).toBe(before);
});

it('an answer that is refreshed on SQLite keeps the vector that lies beside it, and the question as it was written', async () => {
  const clock = fakeClock();
  const store = await sqliteStore({ folder: temporaryFolder(), clock });
  const { cache, stored, ask, call, calls } = setUpSemantic({
    clock,
    store,
    settings: {
      ...{ staleWhileRevalidate: true, staleDays: 1, ttlDays: 10, credentialHours: 1_000 },
      semanticReembedPerSecond: 0,
    },
  });
  onTestFinished(() => cache.close());
  const question = '¿Cuál es la canción más conocida del cantante argentino Gardel?';
  await stored({ question });
  await settled();
  await store.flush();
  const entry = await cache.get(chat({ question }));
  const key = entry?.key ?? '';
  expect([entry?.meta.vector, entry?.meta.questionText]).toEqual([undefined, question]);
  const [before] = await store.vectors.getMany([key]);
  // Replaced meanwhile: the store's own vector counts.
  const put = { key, lease: before?.lease ?? -1, embedder: 'present', vector: 'AAAB' };
  expect(await store.vectors.put(put)).toBe(true);
  clock.advance(2 * 86_400_000);
  await ask({ question });
  await settled();
  answer(call(calls.length - 1), completion({ text: 'El día que me quieras.' }));
  const body = async () => (await cache.get(chat({ question })))?.recording.body;
  await expect
    .poll(async () => Buffer.from((await body()) ?? []).toString(), { timeout: 10_000, interval: 10 })
    .toContain('El día');
  await store.flush();
  const [after] = await store.vectors.getMany([key]);
  expect(after).toMatchObject({ embedder: 'present', vector: 'AAAB' });
  expect(after?.expires).toBeGreaterThan(before?.expires ?? 0);
  expect((await cache.get(chat({ question })))?.meta.questionText).toBe(question);
});

it('an answer whose embedder failed names it, so that the vector is made later; one that a gate keeps out names none', async () => {
  const embedder = { ...wordEmbedder(), embed: () => Promise.reject(new Error('down')) };
  const { cache, stored } = setUpSemantic({ semantic: { embedder } });
  await stored({ question: capital });
  const gated = 'What is the weather in Paris today?';
  await stored({ question: gated });
  await settled();
  const { embedder: name, vector } = (await cache.get(chat({ question: capital })))?.meta ?? {};
  expect([name?.startsWith('words:'), vector]).toEqual([true, undefined]);
  expect((await cache.get(chat({ question: gated })))?.meta.embedder).toBe(undefined);
});

it('a vector that comes a moment after the answer is stored with it', async () => {
  const words = wordEmbedder();
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const embedder: Embedder = {
    ...words,
    async embed(text) {
      await gate;
      return words.embed(text);
    },
  };
  const { cache, stored } = setUpSemantic({ semantic: { embedder } });
  const asked = stored({ question: capital });
  await settled();
  expect(await vectorUnder(cache, capital)).toBeUndefined();
  release();
  await asked;
  await settled();
  expect(await vectorUnder(cache, capital)).toBeDefined();
});

it('an embedder that never answers costs its budget, and the answer is stored without a vector', async () => {
  const embedder = { ...wordEmbedder(), embed: () => new Promise<undefined>(() => {}) };
  const { cache, ask, calls, call, pass, events } = setUpSemantic({ semantic: { embedder } });
  const asked = ask({ question: capital });
  await settled();
  answer(call(0));
  await pass(1_000, 50);
  await asked;
  const again = ask({ question: capitalAgain });
  await pass(240, 40);
  expect(calls).toHaveLength(1);
  await pass(40);
  expect(calls).toHaveLength(2);
  answer(call(1));
  await pass(1_000, 50);
  await again;
  expect(await cache.get(chat({ question: capitalAgain }))).toMatchObject({ key: expect.any(String) });
  expect(await vectorUnder(cache, capitalAgain)).toBeUndefined();
  expect(events.some((event) => event.type === 'semantic-trouble' && event.part === 'embedder')).toBe(true);
  expect(events.some(({ type }) => type === 'store-trouble')).toBe(false);
});

it('explain names the field, the guard or the threshold that keeps each stored question apart, and calls nothing', async () => {
  const { cache, stored, calls } = setUpSemantic({
    settings: { semanticUpper: 0.95, semanticGuards: ['names'] },
  });
  await stored({ question: capital });
  await stored({ question: 'What is the capital city of Spain?' });
  await stored({
    question: capital,
    body: { temperature: 1, messages: [{ role: 'user', content: capital }] },
  });
  const before = calls.length;
  const { semantic } = await cache.explain(chat({ question: capitalAgain })).then((explained) => {
    if (explained.kind === 'bypass') throw new TypeError(explained.reason);
    return explained;
  });
  const apart = semantic?.nearest.map(({ question, keptApartBy }) => [
    question,
    keptApartBy?.by,
    keptApartBy?.detail,
  ]);
  expect(apart).toContainEqual([capital, 'threshold', expect.stringMatching(/^0\.\d{4} is below 0\.9500$/)]);
  expect(apart).toContainEqual([capital, 'field', 'messages, temperature']);
  expect(apart).toContainEqual([
    'What is the capital city of Spain?',
    'guard',
    expect.stringMatching(/^names: /),
  ]);
  expect(calls).toHaveLength(before);
  expect((await cache.semantic()).pools[0]?.decisions.miss).toBe(1);
});

it('a pair that was kept apart, and one that waits for a judge, are forgotten once an entry is erased', async () => {
  const judged: unknown[] = [];
  const { cache, stored, ask, call, calls } = setUpSemantic({
    semantic: { sameAnswer: (pair) => judged.push(pair) > 0 },
  });
  const context = { user: 'ann' };
  await stored({ question: capital, context });
  const asked = ask({ question: capitalAgain, context });
  await settled();
  await cache.erase('ann');
  answer(call(calls.length - 1));
  await asked;
  await settled();
  expect(judged).toEqual([]);
  expect((await cache.semantic()).nearMisses).toEqual([]);
});

it('over a store with leases, the lease is taken after the semantic stage, and one process asks for all', async () => {
  const clock = fakeClock();
  const memory = sharedMemory(clock);
  const process = () =>
    setUpSemantic({
      clock,
      store: memory.process({ following: true }).store,
      settings: { secret: 'shared by all the processes' },
    });
  const [one, other] = [process(), process()];
  await one.pass(20);
  const asked = [one.ask({ question: capital }), other.ask({ question: capital })];
  await one.pass(500, 10);
  const calls = [...one.calls, ...other.calls];
  expect(calls).toHaveLength(1);
  for (const call of calls) answer(call);
  await one.pass(500, 10);
  for (const reply of await Promise.all(asked)) expect(await textOf(reply)).toBe(completion());
  expect(one.count('lease', 'acquired') + other.count('lease', 'acquired')).toBe(1);
});
