/**
 * What is no answer reaches its caller and is not stored; why is counted, reported and explained.
 */
import type { CacheRequest, ProviderAnswer, SettingsInput } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { type ChatWish, chat, completion, json, sse } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import { observedCache, saying } from './support/set-up-cache.ts';

function setUp(settings: SettingsInput = {}) {
  const clock = fakeClock();
  const { cache, events } = observedCache({ clock, settings });
  async function ask(request: CacheRequest, answer: string, headers: ProviderAnswer['headers'] = json) {
    const reply = await cache.ask(request, saying(answer, headers));
    return { reply, text: await textOf(reply) };
  }
  return {
    clock,
    cache,
    ask,
    refusals: () => events.flatMap((event) => (event.type === 'refused' ? [event.reason] : [])),
    /** Why the answer is not stored; undefined if it is served again. */
    async refusalOf(request: CacheRequest, answer: string, headers: ProviderAnswer['headers'] = json) {
      const first = await ask(request, answer, headers);
      expect(first.text).toBe(answer);
      const explained = await cache.explain(request);
      const again = await ask(request, answer, headers);
      if (again.reply.cacheStatus.kind === 'hit') return undefined;
      return 'lastRefusal' in explained ? explained.lastRefusal?.reason : 'not explained';
    },
  };
}

const answerOf = (message: object, more: object = {}) =>
  JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-x-2026',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'Paris.', ...message }, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
    ...more,
  });
const stream = (...deltas: object[]) =>
  [...deltas.map((delta) => ({ delta, reason: null })), { delta: {}, reason: 'stop' }]
    .map(({ delta, reason }) => {
      const choices = [{ index: 0, delta, finish_reason: reason }];
      return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
    })
    .join('')
    .concat('data: [DONE]\n\n');
const format = (schema: object) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'c', schema } },
});
const cities = format({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] });
const marked = { ...json, 'x-litellm-attempted-fallbacks': '1' };

const refused: readonly [string, string, ChatWish, string, ProviderAnswer['headers']?][] = [
  ['reasoning alone', 'empty', {}, answerOf({ content: '', reasoning_content: 'hm' })],
  [
    'a stream of reasoning alone',
    'empty',
    { body: { stream: true } },
    stream({ role: 'assistant', content: '' }, { reasoning_content: 'hm' }),
    sse,
  ],
  ['white space', 'empty', {}, completion({ text: ' \n\t' })],
  ['thoughts in tags', 'empty', {}, completion({ text: '<think>hm</think>\n' })],
  ['content that is not JSON', 'not-json', { body: cities }, completion({ text: 'Paris.' })],
  ['content that does not fit', 'schema', { body: cities }, completion({ text: '{"town":"Paris"}' })],
  [
    'a stream that does not fit',
    'schema',
    { body: { stream: true, ...cities } },
    stream({ role: 'assistant', content: '{"town":' }, { content: '"Paris"}' }),
    sse,
  ],
  ['a fallback by a header', 'fallback', {}, completion(), marked],
  [
    'another model',
    'other-model',
    { body: { model: 'gpt-4o' } },
    answerOf({}, { model: 'gpt-4o-mini-2024-07-18' }),
  ],
];

describe('what is no answer', () => {
  it.each(refused)(
    '%s reaches its caller and is not stored, because of %s',
    async (_what, reason, wish, ...answer) => {
      const { refusalOf, refusals, cache } = setUp();
      expect(await refusalOf(chat(wish), ...answer)).toBe(reason);
      expect(refusals()[0]).toBe(reason);
      expect((await cache.statistics()).refused[reason]).toBeGreaterThan(0);
    },
  );

  it.each([
    ['non-empty', 0],
    ['fitting-json', 4],
    ['fitting-json', 5],
    ['no-fallback', 7],
    ['same-model', 8],
  ] as const)('without the rule %s such an answer is stored (row %i)', async (rule, row) => {
    const [, , wish, ...answer] = refused[row] ?? ['', '', {}, ''];
    expect(await setUp({ gateOff: [rule] }).refusalOf(chat(wish), ...answer)).toBeUndefined();
  });

  it.each<[string, ChatWish, string, ProviderAnswer['headers']?]>([
    ['content that fits', { body: cities }, completion({ text: '{"city":"Paris"}' })],
    [
      'a call instead of content',
      { body: cities },
      answerOf({
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      }),
    ],
    ['reasoning with an answer', {}, answerOf({ reasoning_content: 'hm' })],
    ['no fallback by a header', {}, completion(), { ...json, 'x-litellm-attempted-fallbacks': '0' }],
    [
      'the dated name of the model',
      { body: { model: 'gpt-4o' } },
      answerOf({}, { model: 'gpt-4o-2024-08-06' }),
    ],
    ['an alias', { body: { model: 'fast' } }, answerOf({}, { model: 'gpt-4o-mini' })],
    [
      'a deployment of Azure',
      { body: { model: 'gpt-4o' }, upstream: 'https://acme.openai.azure.com/openai/v1' },
      answerOf({}, { model: 'gpt-4o-mini' }),
    ],
    [
      'a model that the provider has under another name',
      { body: { model: 'gpt-4o' }, renamesModels: true },
      answerOf({}, { model: 'gpt-4o-mini' }),
    ],
  ])('%s is an answer and is stored', async (_what, wish, ...answer) => {
    expect(await setUp().refusalOf(chat(wish), ...answer)).toBeUndefined();
  });

  it('a fallback header of one’s own is heeded', async () => {
    const { refusalOf } = setUp({ fallbackHeaders: ['x-spare'] });
    expect(await refusalOf(chat(), completion(), { ...json, 'x-spare': 'yes' })).toBe('fallback');
    expect(await refusalOf(chat({ question: 'b' }), completion(), marked)).toBeUndefined();
  });

  it('an answer from elsewhere has to be an answer, too', async () => {
    const { cache } = setUp();
    const request = chat({ body: cities });
    const recording = { form: 'body', status: 200, headers: {} } as const;
    expect(await cache.set(request, { ...recording, body: Buffer.from(completion({ text: 'x' })) })).toBe(
      false,
    );
    expect((await cache.statistics()).refused).toEqual({ 'not-json': 1 });
    expect(
      await cache.set(request, { ...recording, body: Buffer.from(completion({ text: '{"city":"x"}' })) }),
    ).toBe(true);
  });

  it('a fallback that answers a batch of embeddings is not stored for any part', async () => {
    const { ask, cache } = setUp();
    const request = chat({
      protocol: 'openai-embeddings',
      route: '/embeddings',
      body: { input: ['a', 'b'], model: 'e', messages: undefined },
    });
    const data = [0, 1].map((index) => ({ object: 'embedding', index, embedding: [index] }));
    const answer = JSON.stringify({
      object: 'list',
      data,
      model: 'e',
      usage: { prompt_tokens: 2, total_tokens: 2 },
    });
    await ask(request, answer, marked);
    expect((await cache.statistics()).refused).toEqual({ fallback: 2 });
  });
});

describe('explaining a refusal', () => {
  it('explain reports the last refusal with its time, also beside a stored answer', async () => {
    const { clock, cache, ask } = setUp();
    const at = clock.now();
    expect(await cache.explain(chat())).toMatchObject({ kind: 'miss', lastRefusal: undefined });
    await ask(chat(), completion({ text: ' ' }));
    expect(await cache.explain(chat())).toMatchObject({ kind: 'miss', lastRefusal: { reason: 'empty', at } });
    expect(await cache.explain(chat({ question: 'b' }))).toMatchObject({ lastRefusal: undefined });
    clock.advance(1000);
    await ask(chat(), completion());
    expect(await cache.explain(chat())).toMatchObject({ kind: 'hit', lastRefusal: { reason: 'empty', at } });
  });
});
