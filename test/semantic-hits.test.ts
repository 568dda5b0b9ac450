/**
 * The same question in other words is answered from the cache, and nothing else is.
 */
import { cacheStatusHeader } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, chat, completion, stream, events as streamOf } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { capital, capitalAgain, otherCapital, setUpSemantic } from './support/semantic-set-up.ts';

const streamed = (content: string) => ({
  messages: [{ role: 'user', content }],
  stream: true,
  stream_options: { include_usage: true },
});

const semanticHit = /^askonce; hit; ttl=\d+; detail="semantic"$/;

it('a question in other words is a semantic hit with its similarity, its pool and an id for feedback', async () => {
  const { stored, calls, events, cache } = setUpSemantic();
  const { key } = await stored({ question: capital });
  const reply = await stored({ question: capitalAgain });
  expect(cacheStatusHeader(reply.cacheStatus)).toMatch(semanticHit);
  expect(await textOf(reply)).toBe(completion());
  expect(reply.similarity).toBeCloseTo(6 / 7, 2);
  expect(reply.match).toMatch(/^[\w-]{100,256}$/);
  expect(reply.match).not.toContain(reply.key);
  expect(reply.question).toBeUndefined();
  expect(calls).toHaveLength(1);
  const [pool] = (await cache.semantic()).pools;
  expect(events.at(-1)).toMatchObject({
    type: 'hit',
    kind: 'semantic',
    similarity: reply.similarity,
    pool: pool?.id,
    key: reply.key,
    entry: key,
  });
});

it('an exact hit is served as before, and says that it is exact', async () => {
  const { stored, events, embedder } = setUpSemantic();
  await stored({ question: capital });
  const texts = embedder.texts.length;
  const reply = await stored({ question: capital });
  expect(reply.cacheStatus).toMatchObject({ kind: 'hit', detail: 'memory' });
  expect([reply.similarity, reply.match]).toEqual([undefined, undefined]);
  expect(events.at(-1)).toMatchObject({ type: 'hit', kind: 'exact', entry: undefined });
  expect(embedder.texts).toHaveLength(texts);
});

it('a question below the threshold goes to the provider, and is stored under its own key with its own vector', async () => {
  const { stored, calls, cache } = setUpSemantic({ settings: { semanticUpper: 0.95 } });
  await stored({ question: capital });
  await stored({ question: capitalAgain }, completion({ text: 'It is Paris.' }));
  expect(calls).toHaveLength(2);
  const [own, first] = await cache.getMany([chat({ question: capitalAgain }), chat({ question: capital })]);
  expect(own?.meta.vector).toMatch(/^[\w-]{80,}$/);
  expect(own?.meta.embedder).toBe(first?.meta.embedder);
  expect(own?.meta.vector).not.toBe(first?.meta.vector);
});

it('text that is the same but for greeting and politeness is served, whatever the threshold', async () => {
  const { stored, calls } = setUpSemantic({ settings: { semanticUpper: 1, semanticLower: 1 } });
  await stored({ question: capital });
  const reply = await stored({ question: `Hi, could you please tell me: ${capital} Thanks!` });
  expect(reply.similarity).toBe(1);
  expect(calls).toHaveLength(1);
});

it('the embedder reads a question as it is written, and questions that differ in spelling alone are identical', async () => {
  const { stored, calls, embedder } = setUpSemantic({ settings: { semanticUpper: 1, semanticLower: 1 } });
  const limit = '¿Cuál es el límite de retirada para una cuenta de ahorro nueva en dólares?';
  await stored({ question: limit });
  const inAHurry = limit.replace('límite', 'limite');
  const reply = await stored({ question: inAHurry });
  expect(cacheStatusHeader(reply.cacheStatus)).toMatch(semanticHit);
  expect(embedder.texts).toEqual(expect.arrayContaining([limit, inAHurry]));
  expect(calls).toHaveLength(1);
});

it('a stored body answers a stream', async () => {
  const { stored, ask, calls } = setUpSemantic();
  await stored({ question: capital });
  const reply = await ask({ question: capitalAgain, body: streamed(capitalAgain) });
  expect(cacheStatusHeader(reply.cacheStatus)).toMatch(semanticHit);
  expect(await textOf(reply)).toMatch(/"content":"Paris\.".*data: \[DONE\]\n\n$/s);
  expect(calls).toHaveLength(1);
});

it('a stored stream answers a body', async () => {
  const { ask, calls, call } = setUpSemantic();
  const asked = ask({ body: streamed(capital) });
  await settled();
  stream(call(0), streamOf(['Par', 'is'], { usage: true }));
  await textOf(await asked);
  await settled();
  const reply = await ask({ question: capitalAgain });
  expect(cacheStatusHeader(reply.cacheStatus)).toMatch(semanticHit);
  expect(await textOf(reply)).toContain('"content":"Paris"');
  expect(calls).toHaveLength(1);
});

describe('what stays out of the tier', () => {
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
  const format = { type: 'json_object' };
  const image = { type: 'image_url', image_url: { url: 'https://images.test/a.png' } };
  const picture = (text: string) => ({
    messages: [{ role: 'user', content: [{ type: 'text', text }, image] }],
  });
  it.each([
    ['offers tools', (_: string) => ({ body: { tools } })],
    ['asks for JSON', (_: string) => ({ body: { response_format: format } })],
    ['shows an image', (question: string) => ({ body: picture(question) })],
    ['says so', (_: string) => ({ directives: { semantic: { off: true } } })],
    ['says no-cache', (_: string) => ({ directives: { noCache: true } })],
    ['says no-store', (_: string) => ({ directives: { noStore: true } })],
    ['is sensitive', (_: string) => ({ context: { sensitive: true } })],
  ])('a request that %s is not answered from the tier', async (_, wish) => {
    const { stored, calls } = setUpSemantic();
    await stored({ question: capital, ...wish(capital) });
    await stored({ question: capitalAgain, ...wish(capitalAgain) });
    expect(calls).toHaveLength(2);
  });

  it('a request that asks for JSON may use the tier if the settings say so', async () => {
    const { stored, calls } = setUpSemantic({ settings: { semanticJsonOutputs: true } });
    const text = completion({ text: '{"city":"Paris"}' });
    await stored({ question: capital, body: { response_format: format } }, text);
    await stored({ question: capitalAgain, body: { response_format: format } }, text);
    expect(calls).toHaveLength(1);
  });

  it('a question of no certain language stays out', async () => {
    const { stored, calls, cache } = setUpSemantic();
    await stored({ question: 'xq zv wk 4711' });
    await stored({ question: 'xq zv wk 4711 4711' });
    expect(calls).toHaveLength(2);
    const explained = await cache.explain(chat({ question: 'xq zv wk 4711 4712' }));
    expect(explained).toMatchObject({ semantic: { out: 'language' } });
  });

  it('a question that the embedder does not know stays out', async () => {
    const { stored, calls } = setUpSemantic();
    await stored({ question: 'What is the unknowable thing of all these?' });
    await stored({ question: 'What is the unknowable thing of all those?' });
    expect(calls).toHaveLength(2);
  });

  it('an answer whose question stays out is not offered to other questions', async () => {
    const { stored, calls } = setUpSemantic();
    await stored({ question: capital, directives: { semantic: { off: true } } });
    await stored({ question: capitalAgain });
    expect(calls).toHaveLength(2);
  });

  it('no tier is there where the text of questions is not stored', async () => {
    const { stored, calls, cache } = setUpSemantic({ settings: { keepText: false } });
    await stored({ question: capital });
    await stored({ question: capitalAgain });
    expect(calls).toHaveLength(2);
    expect((await cache.semantic()).off).toBe('no-text');
  });

  it('the flag switches the tier off and on at run time', async () => {
    const { stored, calls, cache } = setUpSemantic();
    await stored({ question: capital });
    await cache.changeFlags({ semanticCache: false });
    await stored({ question: capitalAgain });
    expect(calls).toHaveLength(2);
    expect((await cache.semantic()).off).toBe('switched-off');
    await cache.changeFlags({ semanticCache: null });
    await stored({ question: 'The capital city of France is what?' });
    expect(calls).toHaveLength(2);
  });
});

describe('walls', () => {
  it.each([
    ['credential', { key: 'beta' }],
    ['tenant', { context: { tenant: 'other' } }],
    ['user', { context: { user: 'other' } }],
    ['session', { context: { session: 'other' } }],
    ['template', { context: { template: { id: 'other' } } }],
    ['language', { context: { language: 'pt' } }],
    ['model', { body: { model: 'gpt-y', messages: [{ role: 'user', content: capitalAgain }] } }],
    ['temperature', { body: { temperature: 1 } }],
    [
      'system prompt',
      {
        body: {
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: capitalAgain },
          ],
        },
      },
    ],
    [
      'earlier turn',
      {
        body: {
          messages: [
            { role: 'user', content: 'Hello' },
            { role: 'assistant', content: 'Hello!' },
            { role: 'user', content: capitalAgain },
          ],
        },
      },
    ],
  ])('a question in other words is not answered across a wall: %s', async (_, wish) => {
    const { stored, calls, replied } = setUpSemantic();
    await stored({ question: capital });
    // The other credential is accepted, too.
    await stored({ question: 'Who wrote Dom Casmurro?', ...wish, body: {} });
    const before = calls.length;
    await replied(chat({ question: capitalAgain, ...wish }));
    expect(calls).toHaveLength(before + 1);
  });

  it('a question in another language is answered across languages only if the settings allow it', async () => {
    const spanish = '¿Cuál es la capital de Portugal en la actualidad?';
    const portuguese = 'Qual é a capital de Portugal na atualidade?';
    for (const semanticCrossLanguage of [false, true]) {
      const { stored, calls } = setUpSemantic({
        settings: { semanticCrossLanguage, semanticUpper: 0.2, semanticLower: 0.1 },
      });
      await stored({ question: spanish });
      await stored({ question: portuguese });
      expect(calls).toHaveLength(semanticCrossLanguage ? 1 : 2);
    }
  });
});

it('a stale answer to another question stands in only if the provider fails', async () => {
  const { stored, ask, calls, call, clock } = setUpSemantic({ settings: { staleDays: 1, ttlDays: 10 } });
  await stored({ question: capital });
  clock.advance(2 * 86_400_000);
  await stored({ question: 'Who wrote Dom Casmurro?' });
  const failing = ask({ question: capitalAgain });
  await settled();
  answer(call(calls.length - 1), '{"error":{}}', 503);
  const reply = await failing;
  expect(reply.cacheStatus).toMatchObject({ kind: 'hit', detail: 'stale-if-error' });
  expect(reply.similarity).toBeCloseTo(6 / 7, 2);
});

it('a vetoed candidate is a miss, and the veto is reported', async () => {
  const { stored, calls, events } = setUpSemantic({ settings: { semanticGuards: ['names'] } });
  await stored({ question: capital });
  await stored({ question: otherCapital });
  expect(calls).toHaveLength(2);
  expect(events.filter(({ type }) => type === 'semantic-veto')).toMatchObject([{ guard: 'names' }]);
});

it('the question of a hit is shown if the request asks for it, and never on a shared scope', async () => {
  for (const scope of ['tenant', 'shared'] as const) {
    const { stored } = setUpSemantic({ settings: { scope } });
    await stored({ question: capital });
    const asked = { question: capitalAgain, directives: { semantic: { question: true } } };
    const reply = await stored(asked);
    expect(reply.match).toBeDefined();
    expect(reply.question).toBe(scope === 'tenant' ? capital : undefined);
  }
});

it('a request may lower the rate of wrong answers, and then has none from a prior that keeps another rate', async () => {
  const { stored, calls } = setUpSemantic();
  await stored({ question: capital });
  await stored({ question: capitalAgain, directives: { semantic: { maxErrorRate: 0.005 } } });
  expect(calls).toHaveLength(2);
  await stored({ question: `${capitalAgain} Which?`, directives: { semantic: { maxErrorRate: 0.4 } } });
  expect(calls).toHaveLength(2);
});
