/** What a cache reports of a request: enough for accounts, and nothing that could be read. */
import { createCache, memoryStore, type ObservedEvent, tieredStore } from 'askonce';
import { tag, tagDigester } from 'askonce/gateway-kit';
import { sqliteStore } from 'askonce/sqlite';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { answer, chat, events as chunks, completion, stream } from './support/chat.ts';
import { gatedProvider, settled } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const secret = 'a secret for digests of names';
const words = {
  question: 'Where does Ada Lovelace live?',
  answer: 'In Marylebone.',
  key: 'sk-very-secret',
  tenant: 'acme-corporation',
  user: 'ada@example.com',
  session: 'session-4711',
  tag: 'project=apollo',
};
const request = () =>
  chat({
    question: words.question,
    key: words.key,
    context: {
      tenant: words.tenant,
      user: words.user,
      session: words.session,
      language: 'en-GB',
      category: 'pricing',
      template: { id: 'greeting', version: '2' },
      tags: [words.tag],
    },
  });

function of<Type extends ObservedEvent['type']>(events: readonly ObservedEvent[], type: Type) {
  return events.filter((event): event is Extract<ObservedEvent, { type: Type }> => event.type === type);
}

it('every event about a request describes it, with names only as keyed digests', async () => {
  const { cache, events, provider, call } = setUpCache({ settings: { secret } });
  const first = cache.ask(request(), provider);
  await settled();
  answer(call(0), completion({ text: words.answer }));
  await first;
  await cache.ask(request(), provider);
  const digest = tagDigester(secret);
  const facts = {
    protocol: 'openai-chat',
    provider: 'https://provider.test/v1',
    subject: 'gpt-x',
    language: 'en-gb',
    category: 'pricing',
    template: 'greeting',
    tagNames: ['project'],
    tenantDigest: digest(tag('tenant', words.tenant)),
    userDigest: digest(tag('user', words.user)),
    sessionDigest: digest(tag('session', words.session)),
    requestBytes: Buffer.byteLength(request().body),
  };
  expect(events.map(({ type }) => type)).toEqual([
    'miss',
    'provider-call',
    'stored',
    'provider-answer',
    'answered',
    'hit',
  ]);
  for (const event of events) expect(event).toMatchObject(facts);
  const ids = events.map((event) => ('requestId' in event ? event.requestId : undefined));
  expect(new Set(ids).size).toBe(2);
});

it('no event contains a question, an answer, a credential or a clear name', async () => {
  const { cache, events, provider, call } = setUpCache({ settings: { secret } });
  const first = cache.ask(request(), provider);
  await settled();
  answer(call(0), completion({ text: words.answer }));
  await first;
  await cache.ask(request(), provider);
  await cache.invalidate({ user: words.user });
  const written = JSON.stringify(events);
  expect(of(events, 'invalidated')).toHaveLength(1);
  for (const word of [...Object.values(words), 'Ada', 'Marylebone', 'apollo'])
    expect(written).not.toContain(word);
});

it('events report the credential’s digest as the tenant if the caller named none', async () => {
  const { cache, events, provider, call } = setUpCache();
  const first = cache.ask(chat(), provider);
  await settled();
  answer(call(0));
  await first;
  const [miss] = of(events, 'miss');
  expect(miss?.tenantDigest).toMatch(/^[0-9a-f]{16,64}$/);
  expect(miss?.userDigest).toBeUndefined();
});

it('events account for tokens, with those that the provider cached apart', async () => {
  const { cache, events, provider, call } = setUpCache();
  const body = JSON.stringify({
    ...JSON.parse(completion()),
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: 20,
      total_tokens: 1_020,
      prompt_tokens_details: { cached_tokens: 900 },
    },
  });
  const first = cache.ask(chat(), provider);
  await settled();
  answer(call(0), body);
  await first;
  await cache.ask(chat(), provider);
  const usage = { inputTokens: 1_000, outputTokens: 20, cachedInputTokens: 900 };
  expect(of(events, 'provider-answer')[0]).toMatchObject({ usage, model: 'gpt-x-2026', cause: 'leader' });
  expect(of(events, 'stored')[0]).toMatchObject({
    usage,
    model: 'gpt-x-2026',
    bytes: Buffer.byteLength(body),
  });
  expect(of(events, 'hit')[0]).toMatchObject({ usage, savedTokens: 1_020, bytes: Buffer.byteLength(body) });
});

it('events report why the provider was called: for a request, for a refresh, or for a caller that had left', async () => {
  const { cache, events, provider, call, clock } = setUpCache({
    settings: { staleWhileRevalidate: true, staleDays: 1, ttlDays: 2, abandoned: 'finish' },
  });
  const first = cache.ask(chat(), provider);
  await settled();
  answer(call(0));
  await first;
  clock.advance(1.5 * 86_400_000);
  // The provider accepted the credential more than a day ago, so it is asked about again first.
  const again = cache.ask(chat({ question: 'Anything?' }), provider);
  await settled();
  answer(call(1));
  await again;
  await cache.ask(chat(), provider);
  await settled();
  answer(call(2));
  await settled();
  const leaving = new AbortController();
  const left = cache.ask(chat({ question: 'Too slow?' }), provider, { signal: leaving.signal });
  await settled();
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  answer(call(3));
  await settled();
  expect(of(events, 'provider-call').map(({ cause }) => cause)).toEqual([
    'leader',
    'leader',
    'refresh',
    'leader',
  ]);
  expect(of(events, 'provider-answer').map(({ cause }) => cause)).toEqual([
    'leader',
    'leader',
    'refresh',
    'abandoned',
  ]);
});

it('events report how long the key, the stores and the provider took', async () => {
  const { cache, events, provider, call, clock } = setUpCache();
  const first = cache.ask(chat(), provider);
  await settled();
  clock.advance(700);
  answer(call(0));
  await first;
  await cache.ask(chat(), provider);
  for (const event of [...of(events, 'miss'), ...of(events, 'hit')])
    expect(event).toMatchObject({ durationMs: event.keyMs + event.storeMs });
  expect(of(events, 'provider-answer')[0]?.durationMs).toBe(700);
  expect(of(events, 'stored')[0]?.storeMs).toBe(0);
});

it('every observer gets each event, whatever the observers before it do', async () => {
  const seen: string[][] = [[], []];
  const { provider, call } = gatedProvider();
  const cache = createCache({
    observe: [
      ({ type }) => {
        seen[0]?.push(type);
        throw new Error('an observer with a fault');
      },
      ({ type }) => seen[1]?.push(type),
    ],
  });
  const first = cache.ask(chat({ body: { stream: true } }), provider);
  await settled();
  stream(call(0), chunks(['Paris']));
  const { body } = await first;
  if (body instanceof Uint8Array) throw new Error('expected a live body');
  for await (const _ of body);
  expect(seen[0]).toContain('stored');
  expect(seen[1]).toEqual(seen[0]);
  await cache.close();
});

it('events report the size of an entry before and after compression', async () => {
  const folder = temporaryFolder();
  const lower = await sqliteStore({ folder, compression: { threshold: 1_000 } });
  const { cache, events, provider, call } = setUpCache({
    store: tieredStore({ upper: memoryStore(), lower }),
  });
  const body = completion({ text: 'again and '.repeat(1_000) });
  for (const [index, question] of ['Once?', 'Twice?'].entries()) {
    const asked = cache.ask(chat({ question }), provider);
    await settled();
    answer(call(index), index === 0 ? body : completion());
    await asked;
  }
  const [large, small] = of(events, 'stored');
  expect(large?.bytes).toBe(Buffer.byteLength(body));
  expect(large?.storedBytes).toBeLessThan(body.length / 4);
  expect(small?.storedBytes).toBeGreaterThan(completion().length);
  await cache.close();
});

it('reports to an observer only the types that it listens to, and to others all the same', async () => {
  const seen: string[][] = [[], []];
  const { provider, call } = gatedProvider();
  const cache = createCache({
    observe: [
      Object.assign(({ type }: ObservedEvent) => void seen[0]?.push(type), {
        types: new Set(['hit', 'invalidated'] as const),
      }),
      ({ type }) => seen[1]?.push(type),
    ],
  });
  const first = cache.ask(chat(), provider);
  await settled();
  answer(call(0));
  await first;
  await cache.ask(chat(), provider);
  await cache.invalidate({ all: true });
  expect(seen[0]).toEqual(['hit', 'invalidated']);
  expect(seen[1]).toEqual([
    'miss',
    'provider-call',
    'stored',
    'provider-answer',
    'answered',
    'hit',
    'removed',
    'invalidated',
  ]);
  await cache.close();
});

it('an answer that was read to its end is not reported as abandoned, whatever its form', async () => {
  const { cache, events, provider, call } = setUpCache();
  const asked = cache.ask(chat({ body: { stream: true } }), provider);
  await settled();
  stream(call(0), chunks(['Par', 'is']));
  const { body } = await asked;
  if (body instanceof Uint8Array) throw new Error('expected a live body');
  for await (const _ of body);
  await settled();
  expect(of(events, 'provider-answer').map(({ cause }) => cause)).toEqual(['leader']);

  const broken = cache.ask(chat({ question: 'Broken?', body: { stream: true } }), provider);
  await settled();
  call(1).begin(200, { 'content-type': 'text/event-stream' });
  call(1).send(chunks(['Par'])[0] ?? '');
  const { body: rest } = await broken;
  call(1).fail(new Error('reset'));
  if (rest instanceof Uint8Array) throw new Error('expected a live body');
  await expect(
    (async () => {
      for await (const _ of rest);
    })(),
  ).rejects.toThrow();
  await settled();
  expect(of(events, 'provider-failure').map(({ cause }) => cause)).toEqual(['leader']);
});

it('an answer that is not stored, as the exact cache is off, is accounted for all the same', async () => {
  const { cache, events, provider, call } = setUpCache({ settings: { exactCache: false } });
  const asked = cache.ask(chat(), provider);
  await settled();
  answer(call(0));
  await asked;
  expect(of(events, 'provider-answer')[0]).toMatchObject({ usage: { inputTokens: 9, outputTokens: 3 } });
});

it('a batch’s call is accounted for with the usage of its whole answer', async () => {
  const { cache, events, provider, call } = setUpCache();
  const asked = cache.ask(
    {
      ...chat(),
      protocol: 'openai-embeddings',
      route: '/embeddings',
      body: JSON.stringify({ model: 'emb', input: ['a', 'b'] }),
    },
    provider,
  );
  await settled();
  const items = [0, 1].map((index) => ({ object: 'embedding', index, embedding: [0.5] }));
  const usage = { prompt_tokens: 12, total_tokens: 12 };
  answer(call(0), JSON.stringify({ object: 'list', data: items, model: 'emb-1', usage }));
  await asked;
  expect(of(events, 'provider-answer')).toMatchObject([{ usage: { inputTokens: 12 }, model: 'emb-1' }]);
});

it('events report how many entries are gone, and why', async () => {
  const clock = fakeClock();
  const { cache, events, stored } = setUpCache({ clock, store: memoryStore({ clock, maxBytes: 8_000 }) });
  const removed = () => of(events, 'removed').map(({ cause, entries }) => [cause, entries]);
  for (const question of ['One?', 'Two?', 'Three?']) await stored({ question });
  expect(removed()).toEqual([]);
  await cache.delete(chat({ question: 'One?' }));
  expect(removed()).toEqual([['invalidated', 1]]);
  await cache.invalidate({ all: true });
  expect(removed()).toEqual([
    ['invalidated', 1],
    ['invalidated', 2],
  ]);
  for (let index = 0; index < 20; index++) await stored({ question: `Number ${index}?` });
  const evicted = of(events, 'removed').filter(({ cause }) => cause === 'evicted');
  const { store } = await cache.statistics();
  expect(evicted.reduce((sum, { entries }) => sum + entries, 0)).toBe(20 - store.entries);
  expect(store.entries).toBeLessThan(20);
});

it('a hit, an answer and its followers have the language of the question, where the caller names none', async () => {
  const { cache, events, provider, call } = setUpCache();
  const german = chat({ question: 'Wo finde ich meine Rechnung vom letzten Monat?' });
  const led = cache.ask(german, provider);
  await settled();
  const followed = cache.ask(german, provider);
  await settled();
  answer(call(0));
  await Promise.all([led, followed]);
  await settled();
  await cache.ask(german, provider);
  const languages = (type: 'miss' | 'provider-answer' | 'stored' | 'answered' | 'hit') =>
    of(events, type).map(({ language }) => language);
  expect(languages('provider-answer')).toEqual(['de']);
  expect(languages('stored')).toEqual(['de']);
  expect(languages('answered')).toEqual(['de', 'de']);
  expect(languages('hit')).toEqual(['de']);
});
