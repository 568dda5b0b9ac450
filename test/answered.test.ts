/**
 * How missed requests end: exactly one `answered` follows each `miss`, when the answer has ended or failed.
 */
import { createCache, type ObservedEvent } from 'askonce';
import { describe, expect, it } from 'vitest';
import { openaiChat } from '../packages/askonce/src/protocol/openai/chat/protocol.ts';
import { answer, apiError, chat, events as chunks, completion, json, sse, stream } from './support/chat.ts';
import { type GatedCall, listen, settled, textOf } from './support/gated-provider.ts';
import {
  type CacheSetUpOptions,
  once,
  saying,
  setUpCache,
  setUpFaultyCache,
} from './support/set-up-cache.ts';

type Answered = Extract<ObservedEvent, { type: 'answered' }>;

const usage = { inputTokens: 9, outputTokens: 3 };
const model = 'gpt-x-2026';

function setUp(options?: CacheSetUpOptions) {
  const scene = setUpCache(options);
  const answered = () => scene.events.filter((event): event is Answered => event.type === 'answered');
  /** What the events say of the end of each missed request, in the order of the ends. */
  const endings = () =>
    answered().map(({ by, status, usage: used, model: named, savedUsage }) => ({
      by,
      ...(status !== undefined && { status }),
      ...(used && { usage: used }),
      ...(named !== undefined && { model: named }),
      ...(savedUsage && { savedUsage }),
    }));
  const misses = () => scene.events.filter(({ type }) => type === 'miss').length;
  return { ...scene, answered, endings, misses };
}

describe('a missed request', () => {
  it('a request ends by its own call with the usage and the model of the answer, when that has ended', async () => {
    const { ask, call, clock, answered, endings } = setUp();
    const asked = ask({ body: { stream: true } });
    await settled();
    call(0).begin(200, sse);
    const [first = '', ...rest] = chunks(['a', 'b'], { usage: true });
    call(0).send(first);
    const reply = await asked;
    clock.advance(400);
    await settled();
    expect(endings()).toEqual([]);
    for (const event of rest) call(0).send(event);
    call(0).end();
    await textOf(reply);
    await settled();
    expect(endings()).toEqual([
      { by: 'call', status: 200, usage: { inputTokens: 9, outputTokens: 2 }, model },
    ]);
    expect(answered()[0]).toMatchObject({ durationMs: 400, requestId: reply.requestId, key: reply.key });
  });

  it('a request whose caller leaves while it is looked up is a miss, and gets no answer', async () => {
    const { cache, store, events, provider, stored } = setUpFaultyCache();
    await stored({ question: 'Another question?' });
    events.length = 0;
    store.fault = 'hang';
    const leaving = new AbortController();
    const asked = cache.ask(chat(), provider, { signal: leaving.signal });
    await settled();
    leaving.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    await settled();
    expect(events.filter(({ type }) => type === 'miss' || type === 'answered')).toMatchObject([
      { type: 'miss', reason: 'abandoned' },
      { type: 'answered', by: 'none' },
    ]);
  });

  it('an answer that no caller reads has ended all the same', async () => {
    const { ask, call, endings } = setUp();
    const asked = ask({ body: { stream: true } });
    await settled();
    stream(call(0), chunks(['a', 'b', 'c'], { usage: true }));
    await asked;
    await settled();
    expect(endings()).toEqual([{ by: 'call', status: 200, usage, model }]);
  });

  it('requests that share a flight end by it, in whatever form, and the answer is read once for all of them', async () => {
    let read = 0;
    const own = {
      ...openaiChat,
      name: 'own',
      assess: (...given: Parameters<typeof openaiChat.assess>) => {
        read++;
        return openaiChat.assess(...given);
      },
    };
    const events: ObservedEvent[] = [];
    const cache = createCache({
      protocols: { own },
      settings: { exactCache: false },
      observe: (event) => void events.push(event),
    });
    const { provider, call } = setUpCache();
    const streamed = { stream: true, stream_options: { include_usage: true } };
    const request = (body: object) => ({ ...chat({ body: { ...body } }), protocol: 'own' });
    const all = [streamed, streamed, {}, {}].map((body) => cache.ask(request(body), provider));
    await settled();
    stream(call(0), chunks(['a', 'b', 'c'], { usage: true }));
    await Promise.all(all);
    await settled();
    const ends = events.filter(({ type }) => type === 'answered');
    expect(ends.map((event) => 'by' in event && event.by)).toEqual(['call', 'flight', 'flight', 'flight']);
    for (const end of ends) expect(end).toMatchObject({ status: 200, usage, model });
    expect(read).toBe(1);
    await cache.close();
  });

  it('an answer is not read for events without a listener', async () => {
    let read = 0;
    const own = {
      ...openaiChat,
      name: 'own',
      assess: (...given: Parameters<typeof openaiChat.assess>) => {
        read++;
        return openaiChat.assess(...given);
      },
    };
    const cache = createCache({
      protocols: { own },
      settings: { exactCache: false },
      observe: Object.assign(() => {}, { types: new Set(['miss'] as const) }),
    });
    await cache.ask({ ...chat(), protocol: 'own' }, saying(completion()));
    await settled();
    expect(read).toBe(0);
    await cache.close();
  });

  it('a request that only-if-cached forbids to call ends by nothing', async () => {
    const { ask, endings } = setUp();
    await expect(ask({ directives: { onlyIfCached: true } })).rejects.toMatchObject({ code: 'not_cached' });
    expect(endings()).toEqual([{ by: 'none' }]);
  });

  it('a provider that fails ends the requests that wait for it by nothing', async () => {
    const { ask, call, endings } = setUp();
    const asked = Promise.allSettled([ask(), ask()]);
    await settled();
    call(0).fail(new Error('down'));
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(endings()).toEqual([{ by: 'none' }, { by: 'none' }]);
  });

  it('an answer that breaks off after its beginning ends by nothing', async () => {
    const { ask, call, endings } = setUp();
    const asked = ask({ body: { stream: true } });
    await settled();
    call(0).begin(200, sse);
    call(0).send(chunks(['a'])[0] ?? '');
    const heard = listen(await asked);
    call(0).fail(new Error('reset'));
    await settled();
    expect([heard.error, endings()]).toEqual([
      expect.objectContaining({ code: 'provider_broke_off' }),
      [{ by: 'none' }],
    ]);
  });

  it('an error of the provider is an answer, without usage', async () => {
    const { ask, call, endings } = setUp();
    const asked = [ask(), ask()];
    await settled();
    answer(call(0), apiError('no', 'server_error'), 500);
    await Promise.all(asked);
    await settled();
    expect(endings()).toEqual([
      { by: 'call', status: 500 },
      { by: 'flight', status: 500 },
    ]);
  });

  it('a follower of another credential that may not share a failure elects anew, and ends by its own call', async () => {
    const { ask, call, endings, stored } = setUp();
    await stored({ question: 'A?', key: 'alpha' });
    await stored({ question: 'B?', key: 'beta' });
    const before = endings().length;
    const asked = [ask({ key: 'alpha' }), ask({ key: 'beta' })];
    await settled();
    answer(call(2), apiError('no', 'server_error'), 500);
    await settled();
    answer(call(3));
    await Promise.all(asked);
    await settled();
    expect(endings().slice(before)).toEqual([
      { by: 'call', status: 500 },
      { by: 'call', status: 200, usage, model },
    ]);
  });

  it('a stale entry, or the caller’s own answer, that takes a failing provider’s place ends a request as a fallback', async () => {
    const { ask, call, clock, endings, stored } = setUp({ settings: { staleDays: 1 / 24, ttlDays: 2 } });
    await stored();
    clock.advance(2 * 3_600_000);
    const before = endings().length;
    const stale = ask();
    await settled();
    answer(call(1), apiError('no', 'server_error'), 503);
    await stale;
    const fallback = async () => ({ status: 203, headers: json, body: once('A template.') });
    const other = ask({ question: 'Else?' }, { fallback });
    await settled();
    call(2).fail(new Error('down'));
    await other;
    await settled();
    expect(endings().slice(before)).toEqual([
      { by: 'fallback', status: 200 },
      { by: 'fallback', status: 203 },
    ]);
  });

  it('a caller that leaves before its answer begins ends by nothing, and one that leaves later by its call', async () => {
    const { ask, call, endings, count } = setUp({ settings: { abandoned: 'finish' } });
    const leaving = new AbortController();
    const left = ask({}, { signal: leaving.signal });
    await settled();
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(endings()).toEqual([{ by: 'none' }]);
    answer(call(0));
    const later = ask({ question: 'Later?', body: { stream: true } });
    await settled();
    call(1).begin(200, sse);
    const all = chunks(['a', 'b', 'c'], { usage: true });
    call(1).send(all[0] ?? '');
    listen(await later).leave();
    for (const event of all.slice(1)) call(1).send(event);
    call(1).end();
    await settled();
    expect(endings().slice(1)).toEqual([{ by: 'call', status: 200, usage, model }]);
    expect(count('answered')).toBe(2);
  });

  it('a call that is cancelled because its caller has left was made, and what it used is not known', async () => {
    const { ask, call, endings } = setUp({ settings: { abandoned: 'cancel' } });
    const asked = ask({ body: { stream: true } });
    await settled();
    call(0).begin(200, sse);
    call(0).send(chunks(['a'])[0] ?? '');
    listen(await asked).leave();
    await settled();
    expect(endings()).toEqual([{ by: 'call', status: 200 }]);
  });

  it('an answer that outgrows its flight ends without usage', async () => {
    const { ask, call, endings } = setUp({ settings: { flightMaxBytes: 256 * 1024 } });
    const asked = ask();
    await settled();
    call(0).begin(200, json);
    for (let sent = 0; sent < 20; sent++) call(0).send('x'.repeat(16 * 1024));
    const text = textOf(await asked);
    call(0).end();
    await text;
    await settled();
    expect(endings()).toEqual([{ by: 'call', status: 200 }]);
  });

  it('requests that wait when the cache is closed end by nothing', async () => {
    const { cache, clock, ask, endings } = setUp();
    const asked = Promise.allSettled([ask(), ask({ question: 'Else?', body: { stream: true } })]);
    await settled();
    const closing = cache.close(1);
    clock.advance(1);
    await closing;
    await asked;
    await settled();
    expect(endings()).toEqual([{ by: 'none' }, { by: 'none' }]);
  });

  it('hits and remembered errors are closed by their own events', async () => {
    const { ask, call, stored, count } = setUp({ settings: { negativeCache: true } });
    await stored();
    await stored();
    const refused = ask({ question: 'Too long?' });
    await settled();
    answer(call(1), apiError('messages: expected a list'), 400);
    await refused;
    await settled();
    await ask({ question: 'Too long?' });
    expect([count('hit'), count('negative'), count('miss'), count('answered')]).toEqual([1, 1, 2, 2]);
  });
});

describe('a missed batch', () => {
  const embed = (input: readonly string[]) => ({
    ...chat(),
    protocol: 'openai-embeddings',
    route: '/embeddings',
    body: JSON.stringify({ model: 'emb', input }),
  });
  const give = (call: GatedCall) => {
    const { input } = JSON.parse(String(call.request.body));
    const data = [input].flat().map((text: string, index) => ({ index, embedding: [text.length, 1] }));
    const tokens = [input].flat().join('').length;
    answer(
      call,
      JSON.stringify({ data, model: 'emb-1', usage: { prompt_tokens: tokens, total_tokens: tokens } }),
    );
  };
  const tokens = (inputTokens: number) => ({ inputTokens, outputTokens: 0 });

  it('the tokens of its own call are apart from those that entries and other flights gave', async () => {
    const { cache, provider, call, endings } = setUp();
    const first = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    give(call(0));
    await first;
    const other = cache.ask(embed(['cccc', 'x']), provider);
    await settled();
    const batch = cache.ask(embed(['a', 'cccc', 'dddddddd']), provider);
    await settled();
    give(call(1));
    give(call(2));
    await Promise.all([other, batch]);
    await settled();
    expect(endings()).toEqual([
      { by: 'call', status: 200, usage: tokens(3), model: 'emb-1' },
      { by: 'call', status: 200, usage: tokens(5), model: 'emb-1' },
      { by: 'call', status: 200, usage: tokens(8), model: 'emb-1', savedUsage: tokens(5) },
    ]);
  });

  it('a batch that calls for nothing itself ends by the flights of others, with the tokens of all its parts', async () => {
    const { cache, provider, call, calls, endings } = setUp();
    const first = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    give(call(0));
    await first;
    const other = cache.ask(embed(['cccc', 'x']), provider);
    await settled();
    const batch = cache.ask(embed(['a', 'cccc']), provider);
    await settled();
    give(call(1));
    await Promise.all([other, batch]);
    await settled();
    expect(calls).toHaveLength(2);
    expect(endings().slice(1)).toEqual([
      { by: 'call', status: 200, usage: tokens(5), model: 'emb-1' },
      { by: 'flight', status: 200, usage: tokens(5), model: 'emb-1' },
    ]);
  });

  it('a batch that is refused, fails, or may not be asked for has one end', async () => {
    const { cache, provider, call, endings, misses } = setUp();
    const refused = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    answer(call(0), apiError('no', 'server_error'), 500);
    await refused;
    const failing = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    call(1).fail(new Error('down'));
    await expect(failing).rejects.toThrow();
    const forbidden = { ...embed(['a', 'bb']), directives: { onlyIfCached: true } };
    await expect(cache.ask(forbidden, provider)).rejects.toMatchObject({ code: 'not_cached' });
    await settled();
    expect(endings()).toEqual([{ by: 'call', status: 500 }, { by: 'none' }, { by: 'none' }]);
    expect(misses()).toBe(3);
  });

  it('a batch whose answer cannot be divided ends by its call, and one that is asked whole by the call that it made', async () => {
    const { cache, provider, call, endings, misses, count } = setUp();
    const body = (data: object) =>
      JSON.stringify({ data, model: 'emb-1', usage: { prompt_tokens: 7, total_tokens: 7 } });
    const odd = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    answer(call(0), body([{ index: 0, embedding: [1, 2] }]));
    expect((await odd).cacheStatus).toMatchObject({ detail: 'indivisible' });
    const unclear = cache.ask(embed(['c', 'dd']), provider);
    await settled();
    answer(call(1), body([{ embedding: [1, 2] }, { embedding: [3, 4] }]));
    await unclear;
    await settled();
    const ending = { by: 'call', status: 200, usage: tokens(7), model: 'emb-1' };
    expect(endings()).toEqual([ending, ending]);
    expect([misses(), count('hit'), count('bypass')]).toEqual([2, 0, 0]);
  });
});
