import { AskonceError, createCache, type Observer } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, apiError, chat, completion, events, json, sse } from './support/chat.ts';
import { gatedProvider, listen, settled, textOf } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

const streamed = { body: { stream: true } };

describe('trouble with the provider', () => {
  it('all waiting bodies are rejected when the answer breaks off, and nothing is stored', async () => {
    const { cache, provider, calls, call } = setUpCache();
    const asked = [cache.ask(chat(), provider), cache.ask(chat(), provider)];
    await settled();
    call(0).begin(200, json);
    call(0).send(completion().slice(0, 40));
    call(0).fail(new Error('ECONNRESET'));
    const results = await Promise.allSettled(asked);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'provider_broke_off' } });
    }
    void cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it('a stream fails after the bytes that came when the provider breaks off, and nothing is stored', async () => {
    const { cache, provider, calls, call } = setUpCache();
    const asked = cache.ask(chat(streamed), provider);
    await settled();
    call(0).begin(200, sse);
    const heard = listen(await asked);
    call(0).send(events(['a'])[0] ?? '');
    await settled();
    call(0).fail('an odd value');
    await settled();
    expect(heard.text).toBe(events(['a'])[0]);
    expect(heard.error).toMatchObject({ code: 'provider_broke_off', cause: 'an odd value' });
    expect(heard.ended).toBe(false);
    void cache.ask(chat(streamed), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it.each([undefined, null, false, 0, 'text', { code: 'provider_timeout' }])(
    'a provider that rejects with %j is reported as unreachable, with the value as cause',
    async (thrown) => {
      const { cache, provider, call } = setUpCache();
      const asked = cache.ask(chat(), provider);
      await settled();
      call(0).fail(thrown);
      const error: unknown = await asked.catch((caught: unknown) => caught);
      expect(AskonceError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({ code: 'provider_unreachable', cause: thrown });
    },
  );

  it('a provider that throws instead of returning a promise is reported as unreachable', async () => {
    const { cache } = setUpCache();
    const provider = () => {
      throw new TypeError('broken');
    };
    await expect(cache.ask(chat(), provider)).rejects.toMatchObject({ code: 'provider_unreachable' });
  });

  it('an AskonceError of the provider is passed on as it is', async () => {
    const { cache, provider, call } = setUpCache();
    const asked = cache.ask(chat(), provider);
    await settled();
    const error = new AskonceError('provider_timeout', 'no answer within 10 s');
    call(0).fail(error);
    await expect(asked).rejects.toBe(error);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('observer');
      },
    ],
    ['rejects', () => Promise.reject(new Error('observer'))],
  ])('an observer that %s disturbs no request', async (_how, observe: Observer) => {
    const { provider, call } = gatedProvider();
    const cache = createCache({ observe });
    const asked = cache.ask(chat(), provider);
    await settled();
    answer(call(0));
    expect(await textOf(await asked)).toBe(completion());
    expect((await cache.ask(chat(), provider)).cacheStatus.kind).toBe('hit');
  });

  it('an error with a status is passed on with its headers, and is not stored', async () => {
    const { cache, provider, calls, call } = setUpCache();
    const asked = cache.ask(chat(), provider);
    await settled();
    call(0).begin(429, { ...json, 'retry-after': '3' });
    call(0).send(apiError('slow down', 'rate_limit_error'));
    call(0).end();
    const reply = await asked;
    expect([reply.status, reply.headers['retry-after'], await textOf(reply)]).toEqual([
      429,
      '3',
      apiError('slow down', 'rate_limit_error'),
    ]);
    void cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(2);
  });
});
