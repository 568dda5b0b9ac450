import type { CacheRequest, ProviderAnswer } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { type ChatWish, chat, completion, events, json, sse } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import { observedCache, saying } from './support/set-up-cache.ts';

const pointer = '/choices/0/message/content/confidence';

function setUp(confidenceFrom: string | undefined = pointer) {
  const { cache, events } = observedCache({ clock: fakeClock(), settings: { confidenceFrom } });
  return {
    cache,
    refusals: () => events.flatMap((event) => (event.type === 'refused' ? [event.reason] : [])),
    async ask(request: CacheRequest, answer: string, headers: ProviderAnswer['headers'] = json) {
      const reply = await cache.ask(request, saying(answer, headers));
      await textOf(reply);
      return reply;
    },
  };
}

const stating = (confidence: unknown) => JSON.stringify({ intent: 'greeting', confidence });

describe('an answer that states its confidence', () => {
  it('an answer with enough stated confidence is stored together with it', async () => {
    const { cache, ask } = setUp();
    await ask(chat(), completion({ text: stating(0.7) }));
    expect((await cache.get(chat()))?.meta.confidence).toBe(0.7);
    expect((await ask(chat(), '')).cacheStatus.kind).toBe('hit');
  });

  it('an answer with too little stated confidence reaches its caller and is not stored', async () => {
    const { cache, ask, refusals } = setUp();
    expect(await ask(chat(), completion({ text: stating(0.69) }))).toMatchObject({ status: 200 });
    expect(await cache.get(chat())).toBeUndefined();
    expect(refusals()).toEqual(['confidence']);
  });

  it.each<[string, number, number]>([
    ['more', 0.2, 0.9],
    ['less', 0.9, 0.2],
  ])(
    'a confidence stated by the answer overrides the caller’s estimate (stated: %s)',
    async (_than, estimate, stated) => {
      const { cache, ask } = setUp();
      const request = chat({ context: { confidence: estimate } });
      await ask(request, completion({ text: stating(stated) }));
      expect((await cache.get(request))?.meta.confidence).toBe(stated >= 0.7 ? stated : undefined);
    },
  );

  it.each([
    ['nothing', 'Hello.'],
    ['a word', stating('high')],
    ['more than 1', stating(90)],
  ])('the caller’s estimate decides when the answer states %s', async (_what, text) => {
    const { cache, ask } = setUp();
    await ask(chat(), completion({ text }));
    expect(await cache.get(chat())).toMatchObject({ meta: { finish: 'stop' } });
    expect((await cache.get(chat()))?.meta.confidence).toBeUndefined();
    const other = chat({ question: 'Another?', context: { confidence: 0.3 } });
    await ask(other, completion({ text }));
    expect(await cache.get(other)).toBeUndefined();
  });

  it.each<[string, ChatWish, boolean]>([
    ['a stream', { body: { stream: true } }, false],
    ['a stream with usage', { body: { stream: true, stream_options: { include_usage: true } } }, true],
  ])('the confidence is read from %s', async (_form, wish, usage) => {
    const { cache, ask, refusals } = setUp();
    const words = ['{"intent":"greet', 'ing","conf', 'idence":0.', '8}'];
    await ask(chat(wish), events(words, { usage }).join(''), sse);
    expect((await cache.get(chat(wish)))?.meta.confidence).toBe(0.8);
    const unsure = chat({ ...wish, question: 'Unsure?' });
    await ask(unsure, events(['{"confidence":', '0.1}'], { usage }).join(''), sse);
    expect(await cache.get(unsure)).toBeUndefined();
    expect(refusals()).toEqual(['confidence']);
  });

  it('the confidence is not read unless the settings say where it is', async () => {
    const { cache, ask } = setUp('/nowhere');
    await ask(chat(), completion({ text: stating(0.1) }));
    expect((await cache.get(chat()))?.meta.confidence).toBeUndefined();
    expect(await cache.get(chat())).toBeDefined();
  });
});

describe('confidence in the answers of every protocol', () => {
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
  const block = { type: 'text', text: stating(0.9) };
  const anthropic = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [block] };
  const said = { type: 'output_text', text: stating(0.9), annotations: [] };
  const item = { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content: [said] };
  const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', error: null };

  it.each<[CacheRequest['protocol'], string, string, object, object]>([
    [
      'anthropic-messages',
      '/messages',
      '/content/0/text/confidence',
      { max_tokens: 10 },
      { ...anthropic, stop_reason: 'end_turn', stop_sequence: null, usage },
    ],
    [
      'openai-responses',
      '/responses',
      '/output/0/content/0/text/confidence',
      { input: 'Hello?' },
      { ...response, status: 'completed', output: [item], usage },
    ],
    [
      'openai-completions',
      '/completions',
      '/choices/0/text/confidence',
      { prompt: 'Hello?' },
      {
        id: 'c',
        object: 'text_completion',
        created: 1,
        model: 'm',
        choices: [{ text: stating(0.9), index: 0, logprobs: null, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      },
    ],
    [
      'openai-embeddings',
      '/embeddings',
      '/confidence',
      { input: 'a' },
      { confidence: 0.9, data: [{ embedding: [1], index: 0 }] },
    ],
    ['function', '/f', '/confidence', { name: 'f' }, { confidence: 0.9 }],
  ])('the confidence is read from an answer of %s', async (protocol, route, from, body, answer) => {
    const { cache, ask } = setUp(from);
    const request: CacheRequest = { ...chat({ body: { ...body } }), protocol, route };
    await ask(request, JSON.stringify(answer));
    expect((await cache.get(request))?.meta.confidence).toBe(0.9);
  });
});
