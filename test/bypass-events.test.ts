/** What a cache reports of requests that bypass it: their calls with what they used, and nothing of their text. */
import { createCache, type ObservedEvent, type Observer } from 'askonce';
import { tag, tagDigester } from 'askonce/gateway-kit';
import { describe, expect, it } from 'vitest';
import { openaiChat } from '../packages/askonce/src/protocol/openai/chat/protocol.ts';
import { apiError, type ChatWish, chat, events as chunks, completion, json, sse } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { saying, setUpCache } from './support/set-up-cache.ts';

const secret = 'a secret for digests of names';
const usage = { inputTokens: 9, outputTokens: 3 };
const model = 'gpt-x-2026';
const noStore = { noStore: true };

function setUp() {
  const scene = setUpCache({ settings: { secret } });
  const types = () => scene.events.map(({ type }) => type);
  const last = () => scene.events.at(-1);
  return {
    ...scene,
    types,
    last,
    bypassing: (wish?: ChatWish) => scene.ask({ directives: noStore, ...wish }),
  };
}

describe('a request that bypasses the cache', () => {
  it('its call is reported with the cause, and its answer with usage and model once that has ended', async () => {
    const { bypassing, call, clock, types, last, events } = setUp();
    const asked = bypassing();
    await settled();
    call(0).begin(200, json);
    const text = completion();
    call(0).send(text.slice(0, 20));
    const reading = textOf(await asked);
    await settled();
    expect(types()).toEqual(['bypass', 'provider-call']);
    clock.advance(300);
    call(0).send(text.slice(20));
    call(0).end();
    expect(await reading).toBe(text);
    expect(events[0]).toMatchObject({ reason: 'no-store' });
    expect(events[1]).toMatchObject({ cause: 'bypass', streamed: false });
    const bytes = Buffer.byteLength(text);
    expect(last()).toMatchObject({
      type: 'provider-answer',
      cause: 'bypass',
      status: 200,
      durationMs: 300,
      bytes,
      usage,
      model,
    });
    const ids = events.map((event) => ('requestId' in event ? event.requestId : ''));
    expect(new Set(ids).size).toBe(1);
  });

  it('the usage of a stream is read, however its bytes are cut', async () => {
    const { bypassing, call, last, events } = setUp();
    const asked = bypassing({ body: { stream: true } });
    await settled();
    call(0).begin(200, sse);
    const all = chunks(['a', 'b', 'c'], { usage: true }).join('');
    for (let at = 0; at < all.length; at += 7) call(0).send(all.slice(at, at + 7));
    call(0).end();
    expect(await textOf(await asked)).toBe(all);
    expect(events[1]).toMatchObject({ type: 'provider-call', cause: 'bypass', streamed: true });
    expect(last()).toMatchObject({ type: 'provider-answer', cause: 'bypass', usage, model });
  });

  it.each([
    ['of more than 1 MiB', json, 200, completion({ text: 'x'.repeat(1024 * 1024) })],
    ['whose encoding was not undone', { ...json, 'content-encoding': 'br' }, 200, completion()],
    ['that is no answer', json, 200, '<html>'],
    ['that is an error', json, 500, apiError('no', 'server_error')],
  ])('the usage of an answer %s is not known', async (_which, headers, status, text) => {
    const { bypassing, call, last } = setUp();
    const asked = bypassing();
    await settled();
    call(0).begin(status, headers);
    call(0).send(text);
    call(0).end();
    expect(await textOf(await asked)).toBe(text);
    const bytes = Buffer.byteLength(text);
    expect(last()).toMatchObject({
      type: 'provider-answer',
      status,
      bytes,
      usage: undefined,
      model: undefined,
    });
  });

  it('answers that are held for their usage take 32 MiB at most, and beyond that their usage is not known', async () => {
    const { cache, provider, call, calls, last, bypassing } = setUp();
    const leave = new AbortController();
    const large = completion({ text: 'x'.repeat(1024 * 1024 - 1_000) });
    for (let at = 0; at < 33; at++) {
      const asked = cache.ask(chat({ directives: noStore }), provider, { signal: leave.signal });
      await settled();
      call(at).begin(200, json);
      call(at).send(large);
      listen(await asked);
      await settled();
    }
    async function usageOfOneMore(): Promise<unknown> {
      const asked = bypassing();
      await settled();
      const more = call(calls.length - 1);
      more.begin(200, json);
      more.send(completion({ text: 'x'.repeat(50_000) }));
      more.end();
      await textOf(await asked);
      const event = last();
      return event?.type === 'provider-answer' ? event.usage : 'no answer';
    }
    expect(await usageOfOneMore()).toBe(undefined);
    leave.abort();
    await settled();
    // What has been read is held no more: otherwise there would be no room after some hundred.
    for (let time = 0; time < 700; time++) expect(await usageOfOneMore()).toEqual(usage);
  });

  it('a provider that fails before or within its answer is reported as a failure', async () => {
    const { bypassing, call, last, count } = setUp();
    const refused = bypassing();
    await settled();
    call(0).fail(new Error('down'));
    await expect(refused).rejects.toMatchObject({ code: 'provider_unreachable' });
    expect(last()).toMatchObject({ type: 'provider-failure', cause: 'bypass', code: 'provider_unreachable' });
    const broken = bypassing();
    await settled();
    call(1).begin(200, json);
    call(1).send('{');
    const heard = listen(await broken);
    call(1).fail(new Error('reset'));
    await settled();
    expect(heard.error).toMatchObject({ code: 'provider_broke_off' });
    expect(last()).toMatchObject({ type: 'provider-failure', cause: 'bypass', code: 'provider_broke_off' });
    expect([count('provider-call'), count('provider-failure'), count('provider-answer')]).toEqual([2, 2, 0]);
  });

  it('a call whose caller leaves, by its signal or its body, before its answer or within it, is abandoned', async () => {
    const { cache, provider, call, events, calls } = setUp();
    const abandoned = () =>
      events.filter((event) => event.type === 'provider-failure' && event.cause === 'abandoned').length;
    const request = chat({ directives: noStore });
    const early = new AbortController();
    const first = cache.ask(request, provider, { signal: early.signal });
    await settled();
    early.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(abandoned()).toBe(1);

    /** The reply to a request whose answer has begun. */
    async function begun() {
      const leaving = new AbortController();
      const asked = cache.ask(request, provider, { signal: leaving.signal });
      await settled();
      call(calls.length - 1).begin(200, json);
      call(calls.length - 1).send('{');
      return { reply: await asked, leaving };
    }
    const read = await begun();
    listen(read.reply);
    await settled();
    read.leaving.abort(new Error('gone'));
    await settled();
    expect(abandoned()).toBe(2);
    const unread = await begun();
    unread.leaving.abort(new Error('gone'));
    expect(abandoned()).toBe(3);
    const left = listen((await begun()).reply);
    await settled();
    left.leave();
    await settled();
    expect(abandoned()).toBe(4);
    expect(calls).toHaveLength(4);
  });

  it('the events have the digest of the tenant, else of the credential as other events have it', async () => {
    const { bypassing, ask, call, events } = setUp();
    const miss = ask();
    await settled();
    call(0).fail(new Error('down'));
    await expect(miss).rejects.toThrow();
    const both = Promise.allSettled([
      bypassing(),
      bypassing({ context: { tenant: 'acme', sensitive: true } }),
    ]);
    await settled();
    for (const index of [1, 2]) call(index).fail(new Error('down'));
    await both;
    const tenants = (type: ObservedEvent['type']) =>
      events.flatMap((event) => (event.type === type && 'tenantDigest' in event ? [event.tenantDigest] : []));
    const [credential] = tenants('miss');
    const acme = tagDigester(secret)(tag('tenant', 'acme'));
    expect(credential).toMatch(/^[0-9a-f]{32}$/);
    expect(tenants('bypass')).toEqual([credential, acme]);
    expect(tenants('provider-call').slice(1)).toEqual([credential, acme]);
  });

  it('the events have what the caller names, unless the request is sensitive or the name is none', async () => {
    const { bypassing, call, events } = setUp();
    const context = {
      language: 'pt-BR',
      category: 'Pricing',
      template: { id: 'greeting' },
      tags: ['team=red', 'channel=phone'],
    };
    const all = Promise.allSettled([
      bypassing({ context }),
      bypassing({ context: { ...context, sensitive: true } }),
      bypassing({ context: { language: 'no language' } }),
    ]);
    await settled();
    for (const index of [0, 1, 2]) call(index).fail(new Error('down'));
    await all;
    const named = (type: ObservedEvent['type']) =>
      events.flatMap((event) =>
        event.type === type && 'language' in event
          ? [[event.language, event.category, event.template, event.tagNames]]
          : [],
      );
    const names = ['pt-br', 'pricing', 'greeting', ['team', 'channel']];
    for (const type of ['bypass', 'provider-call', 'provider-failure'] as const)
      expect(named(type)).toEqual([names, [undefined, undefined, undefined, undefined]]);
    expect(events.filter(({ type }) => type === 'bypass')).toHaveLength(3);
  });

  it('only-if-cached bypasses are reported, and not called', async () => {
    const { ask, types } = setUp();
    const directives = { noStore: true, onlyIfCached: true };
    await expect(ask({ directives })).rejects.toMatchObject({ code: 'not_cached' });
    expect(types()).toEqual(['bypass']);
  });

  it('the events of a sensitive request hold nothing of what it asks or is answered', async () => {
    const { ask, call, events } = setUp();
    const asked = ask({ question: 'Where does Ada live?', context: { sensitive: true, user: 'ada' } });
    await settled();
    call(0).begin(200, json);
    call(0).send(completion({ text: 'In Marylebone.' }));
    call(0).end();
    await textOf(await asked);
    expect(events.map(({ type }) => type)).toEqual(['bypass', 'provider-call', 'provider-answer']);
    expect(JSON.stringify(events)).not.toMatch(/Ada|ada|Marylebone|alpha/);
  });

  it('an unknown protocol is called and reported without usage and tenant', async () => {
    const { cache, provider, call, last } = setUp();
    const asked = cache.ask({ ...chat(), protocol: 'unheard-of', context: { sensitive: true } }, provider);
    await settled();
    call(0).begin(200, json);
    call(0).send(completion());
    call(0).end();
    await textOf(await asked);
    expect(last()).toMatchObject({ type: 'provider-answer', usage: undefined, tenantDigest: undefined });
  });

  it('an answer that bypasses the cache is not read for events without a listener', async () => {
    let read = 0;
    const own = {
      ...openaiChat,
      name: 'own',
      assess: (...given: Parameters<typeof openaiChat.assess>) => {
        read++;
        return openaiChat.assess(...given);
      },
    };
    const askWith = async (types: Observer['types']) => {
      const cache = createCache({ protocols: { own }, observe: Object.assign(() => {}, { types }) });
      const reply = await cache.ask(
        { ...chat({ directives: noStore }), protocol: 'own' },
        saying(completion()),
      );
      await textOf(reply);
      await cache.close();
    };
    await askWith(new Set(['hit', 'bypass', 'provider-call']));
    expect(read).toBe(0);
    await askWith(new Set(['provider-answer']));
    expect(read).toBe(1);
  });
});
