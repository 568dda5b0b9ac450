import { type CacheRequest, cacheStatusHeader, type Directives, type SettingsInput } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, chat, completion, events, sse, stream } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { setUpFaultyCache } from './support/set-up-cache.ts';

function setUp(settings: SettingsInput = {}) {
  const made = setUpFaultyCache({ settings });
  /** Asks, has the provider answer if it is called, and returns what the reply reports. */
  const ask = async (request: CacheRequest, text?: string) => {
    const reply = await made.replied(request, text);
    return { status: cacheStatusHeader(reply.cacheStatus), text: await textOf(reply), age: reply.age };
  };
  const withDirectives = (directives: Directives) => ask(chat({ directives }));
  return { ...made, ask, withDirectives };
}

const day = 86_400;

describe('requests past the cache', () => {
  const cases: [string, CacheRequest, SettingsInput][] = [
    ['no-store', chat({ directives: { noStore: true } }), {}],
    ['sensitive', chat({ context: { sensitive: true } }), {}],
    ['disabled', chat(), { enabled: false }],
  ];
  it.each(cases)(
    'a request past the cache (%s) is not looked up, shared or stored',
    async (reason, request, settings) => {
      const { store, cache, provider, calls } = setUp(settings);
      const asked = [cache.ask(request, provider), cache.ask(request, provider)];
      await settled();
      expect(calls.length).toBe(2);
      expect((await cache.statistics()).flights).toBe(0);
      for (const call of calls) answer(call);
      for (const reply of await Promise.all(asked)) {
        expect(cacheStatusHeader(reply.cacheStatus)).toBe(`askonce; fwd=bypass; detail="${reason}"`);
        expect([await textOf(reply), reply.key, reply.headers['x-request-id']]).toEqual([
          completion(),
          undefined,
          'req_origin',
        ]);
      }
      expect(store.calls).toBe(0);
      const only = { ...request, directives: { ...request.directives, onlyIfCached: true } };
      await expect(cache.ask(only, provider)).rejects.toMatchObject({ code: 'not_cached' });
    },
  );

  it('a request past the cache breaks off when its provider does', async () => {
    const { cache, provider, call } = setUp();
    const asked = cache.ask(chat({ directives: { noStore: true } }), provider);
    await settled();
    call(0).begin(200, sse);
    const text = textOf(await asked);
    call(0).fail(0);
    await expect(text).rejects.toMatchObject({ code: 'provider_broke_off' });
    const refused = cache.ask(chat({ directives: { noStore: true } }), provider);
    await settled();
    call(1).fail('odd');
    await expect(refused).rejects.toMatchObject({ code: 'provider_unreachable', cause: 'odd' });
  });
});

describe('request directives', () => {
  it('no-cache asks again and replaces the stored answer, and is reported as the reason only if there was one', async () => {
    const { ask, withDirectives } = setUp();
    const noCache = chat({ directives: { noCache: true } });
    expect((await ask(noCache, completion({ text: 'one' }))).status).toBe('askonce; fwd=miss; stored');
    expect((await ask(noCache, completion({ text: 'two' }))).status).toBe('askonce; fwd=request; stored');
    expect((await withDirectives({})).text).toContain('two');
  });

  it('max-age, min-fresh and max-stale bound which stored answers are served', async () => {
    const { clock, withDirectives } = setUp({ staleDays: 7, ttlDays: 30, credentialHours: 8760 });
    await withDirectives({});
    clock.advance(60_000);
    expect(await withDirectives({ maxAge: 60 })).toMatchObject({
      status: `askonce; hit; ttl=${7 * day - 60}; detail="memory"`,
      age: 60,
    });
    expect((await withDirectives({ maxAge: 59 })).status).toBe('askonce; fwd=request; stored');
    expect((await withDirectives({ minFresh: 7 * day })).status).toMatch(/hit/);
    clock.advance(1_000);
    expect((await withDirectives({ minFresh: 7 * day })).status).toBe('askonce; fwd=request; stored');
    clock.advance(8 * day * 1_000);
    expect((await withDirectives({ maxStale: day })).status).toBe(
      `askonce; hit; ttl=-${day}; detail="memory"`,
    );
    expect((await withDirectives({ maxStale: Number.POSITIVE_INFINITY })).status).toMatch(/hit/);
    expect((await withDirectives({ maxStale: day - 1 })).status).toBe('askonce; fwd=stale; stored');
    expect((await withDirectives({})).status).toMatch(/hit/);
  });

  it('only-if-cached is served a stored answer or fails with 504', async () => {
    const { cache, provider, calls, withDirectives } = setUp();
    const only = chat({ directives: { onlyIfCached: true } });
    await expect(cache.ask(only, provider)).rejects.toMatchObject({ code: 'not_cached', status: 504 });
    await withDirectives({});
    expect((await cache.ask(only, provider)).cacheStatus.kind).toBe('hit');
    expect(calls.length).toBe(1);
  });

  it('a stale answer is asked for again and refreshed, and an expired one is a plain miss', async () => {
    const { clock, withDirectives } = setUp({ staleDays: 1, ttlDays: 2, credentialHours: 8760 });
    await withDirectives({});
    clock.advance(day * 1_000);
    expect((await withDirectives({})).status).toBe('askonce; fwd=stale; stored');
    expect((await withDirectives({})).status).toBe(`askonce; hit; ttl=${day}; detail="memory"`);
    clock.advance(2 * day * 1_000);
    expect((await withDirectives({ maxStale: 10 * day })).status).toBe('askonce; fwd=miss; stored');
  });

  it('an entry’s lifetime comes from the request, its category or the settings, in this order', async () => {
    const { clock, ask } = setUp();
    await ask(chat({ question: 'a', directives: { ttl: 10, staleAfter: 5 } }));
    await ask(chat({ question: 'b', context: { category: 'availability' } }));
    expect((await ask(chat({ question: 'a' }))).status).toMatch(/ttl=5;/);
    expect((await ask(chat({ question: 'b' }))).status).toMatch(/ttl=3600;/);
    clock.advance(5_000);
    expect((await ask(chat({ question: 'a' }))).status).toMatch(/fwd=stale/);
  });
});

describe('forms and token limits of stored answers', () => {
  it('a stored answer serves requests that allow at least the tokens it used', async () => {
    const { ask } = setUp();
    await ask(chat({ body: { max_tokens: 500 } }), completion({ outputTokens: 100 }));
    expect((await ask(chat({ body: { max_tokens: 100 } }))).status).toMatch(/hit/);
    expect((await ask(chat({ body: { max_completion_tokens: 100 } }))).status).toMatch(/hit/);
    expect((await ask(chat())).status).toMatch(/hit/);
    expect((await ask(chat({ body: { max_tokens: 99 } }), completion({ finish: 'length' }))).status).toBe(
      'askonce; fwd=miss; detail="ceiling"',
    );
    expect((await ask(chat())).status).toMatch(/hit/);
  });

  it('a stored body serves a stream, reported as converted', async () => {
    const { ask, cache, provider } = setUp();
    await ask(chat());
    const reply = await cache.ask(
      chat({ body: { stream: true, stream_options: { include_usage: true } } }),
      provider,
    );
    expect(reply.cacheStatus).toMatchObject({ kind: 'hit', detail: 'converted' });
    expect(reply.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(await textOf(reply)).toContain('Paris.');
  });

  it('a stored answer that lacks what the requested form needs is a miss, and is replaced', async () => {
    const { ask, cache, provider, call, calls } = setUp();
    const streamed = cache.ask(chat({ body: { stream: true } }), provider);
    await settled();
    stream(call(0), events(['Pa', 'ris.']));
    await textOf(await streamed);
    expect((await ask(chat())).status).toBe('askonce; fwd=miss; stored; detail="form"');
    expect((await ask(chat())).status).toMatch(/detail="memory"/);
    const again = await cache.ask(chat({ body: { stream: true } }), provider);
    expect(again.cacheStatus).toMatchObject({ detail: 'converted' });
    expect(calls.length).toBe(2);
  });
});

describe('event ids', () => {
  const streaming = (directives: Directives) => chat({ body: { stream: true }, directives });
  const all = events(['a', 'b', 'c']);
  const idsOf = (text: string) => [...text.matchAll(/^id: ([0-9a-f]{16}):(\d+)$/gm)];

  it('a client resumes a stream after the last event id it saw, in flight and from the cache', async () => {
    const { cache, provider, calls, call } = setUp();
    const first = cache.ask(streaming({ eventIds: true }), provider);
    await settled();
    call(0).begin(200, sse);
    const heard = listen(await first);
    for (const event of all.slice(0, 3)) call(0).send(event);
    await settled();
    const seen = idsOf(heard.text);
    expect(seen.map(([, , number]) => number)).toEqual(['1', '2', '3']);
    const last = `${seen[2]?.[1]}:3`;
    heard.leave();
    const resumed = listen(await cache.ask(streaming({ lastEventId: last }), provider));
    const other = listen(await cache.ask(streaming({ lastEventId: '0000000000000000:3' }), provider));
    await settled();
    expect([resumed.text, idsOf(other.text).length]).toEqual(['', 3]);
    for (const event of all.slice(3)) call(0).send(event);
    call(0).end();
    await settled();
    const rest = await textOf(await cache.ask(streaming({ lastEventId: last }), provider));
    for (const text of [resumed.text, rest]) {
      expect((heard.text + text).replace(/^id: .*\n/gm, '')).toBe(all.join(''));
      expect(idsOf(heard.text + text).map(([, , number]) => Number(number))).toEqual(
        all.map((_, index) => index + 1),
      );
    }
    const anew = await textOf(await cache.ask(streaming({ lastEventId: 'ffffffffffffffff:3' }), provider));
    expect(idsOf(anew).length).toBe(all.length);
    const plain = await cache.ask(streaming({}), provider);
    expect(await textOf(plain)).toBe(all.join(''));
    expect(calls.length).toBe(1);
  });

  it('a replay paced as recorded carries event ids', async () => {
    const { cache, provider, clock, call } = setUp({ replayPace: 'recorded' });
    const first = cache.ask(streaming({}), provider);
    await settled();
    call(0).begin(200, sse);
    const whole = listen(await first);
    for (const event of all) {
      call(0).send(event);
      await settled();
      clock.advance(100);
    }
    call(0).end();
    await settled();
    expect(whole.ended).toBe(true);
    const replay = listen(await cache.ask(streaming({ eventIds: true }), provider));
    const counts: number[] = [];
    for (let tick = 0; tick < all.length; tick++) {
      await settled();
      counts.push(idsOf(replay.text).length);
      clock.advance(100);
    }
    expect(counts).toEqual(all.map((_, index) => index + 1));
    expect(replay.ended).toBe(true);
  });
});
