import { type CacheRequest, createCache, type Provider, type SettingsInput } from 'askonce';
import { expect, it, onTestFinished } from 'vitest';
import { answer, chat, completion } from './support/chat.ts';
import { gatedProvider, settled, textOf } from './support/gated-provider.ts';
import { saying } from './support/set-up-cache.ts';

const spanish = '¿Dónde está mi pedido?';
const portuguese = 'Onde está o meu pedido?';

function setUp(settings: SettingsInput = {}) {
  const cache = createCache({ settings });
  onTestFinished(() => cache.close());
  let calls = 0;
  const provider: Provider = (...asked) => {
    calls += 1;
    return saying(completion({ text: `Answer ${calls}.` }))(...asked);
  };
  return {
    cache,
    /** Whether the provider was asked. */
    async asks(question: string, context: CacheRequest['context'] = {}): Promise<boolean> {
      const before = calls;
      await textOf(await cache.ask(chat({ question, context }), provider));
      await settled();
      return calls > before;
    },
    entry: async (question: string) => (await cache.get(chat({ question })))?.meta,
  };
}

it('an answer is stored with its detected language, under the key of an undetermined one', async () => {
  const { asks, entry } = setUp();
  await asks(spanish);
  expect(await entry(spanish)).toMatchObject({
    language: 'es',
    tags: expect.arrayContaining(['lang=es']),
    semanticText: 'Donde esta mi pedido?',
  });
  expect((await setUp({ detectLanguage: false }).entry(spanish))?.language).toBe(undefined);
  expect(await asks(spanish)).toBe(false);
});

it('without detection an answer is stored with an undetermined language', async () => {
  const { asks, entry } = setUp({ detectLanguage: false });
  await asks(spanish);
  expect(await entry(spanish)).toMatchObject({ language: 'und', tags: expect.arrayContaining(['lang=und']) });
});

it('each language that a caller names has entries of its own', async () => {
  const { asks } = setUp();
  const question = 'Hotel Madrid?';
  for (const language of ['en', 'ru', 'es', 'pt', 'he'])
    expect(await asks(question, { language })).toBe(true);
  for (const language of ['en', 'ru', 'es', 'pt', 'he'])
    expect(await asks(question, { language })).toBe(false);
  expect(await asks(question, { language: 'ES' })).toBe(false);
  expect(await asks(question)).toBe(true);
});

it('two spellings of a question share an entry with `normalizeText`, and not without it', async () => {
  const cases = [
    ['es', spanish, 'Donde esta mi pedido?'],
    ['pt', 'Não sei o número', 'Nao sei o numero'],
    ['ru', 'Где моя ёлка?', 'Где моя елка?'],
    ['he', 'שָׁלוֹם', 'שלום'],
    ['en', 'What’s new?', "What's new?"],
  ] as const;
  const [on, off] = [setUp({ normalizeText: true }), setUp()];
  for (const [language, one, other] of cases) {
    for (const { asks } of [on, off]) expect(await asks(one, { language })).toBe(true);
    expect(await on.asks(other, { language })).toBe(false);
    expect(await off.asks(other, { language })).toBe(true);
  }
});

it('an invalidation by language removes answers whether their language was named or detected', async () => {
  const { cache, asks } = setUp();
  await asks(spanish);
  await asks(spanish, { language: 'es' });
  await asks(portuguese);
  expect(await cache.invalidate({ language: 'es' })).toBe(2);
  expect(await asks(spanish)).toBe(true);
  expect(await asks(spanish, { language: 'es' })).toBe(true);
  expect(await asks(portuguese)).toBe(false);
});

it('an answer in flight is invalidated by the language detected in its question', async () => {
  const { cache, asks, entry } = setUp();
  const gated = gatedProvider();
  const asking = [spanish, portuguese].map((question) => cache.ask(chat({ question }), gated.provider));
  await settled();
  await cache.invalidate({ language: 'es' });
  for (const call of gated.calls) answer(call);
  for (const reply of await Promise.all(asking)) await textOf(reply);
  await settled();
  expect(await entry(spanish)).toBe(undefined);
  expect(await entry(portuguese)).toBeDefined();
  expect(await asks(spanish)).toBe(true);
  expect(await asks(portuguese)).toBe(false);
});
