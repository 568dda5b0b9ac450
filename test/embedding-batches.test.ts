import { type CacheRequest, cacheStatusHeader } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, apiError, chat, json } from './support/chat.ts';
import { type GatedCall, settled, textOf } from './support/gated-provider.ts';
import { setUpCache, setUpFaultyCache } from './support/set-up-cache.ts';

function embed(
  input: readonly string[] | string,
  extra: Readonly<Record<string, unknown>> = {},
): CacheRequest {
  return {
    ...chat(),
    protocol: 'openai-embeddings',
    route: '/embeddings',
    body: JSON.stringify({ model: 'emb', input, encoding_format: 'float', ...extra }),
  };
}

function inputOf(call: GatedCall): readonly string[] {
  const { input } = JSON.parse(String(call.request.body));
  return Array.isArray(input) ? input : [input];
}

/**
 * What the provider would answer: a vector that shows its input, in characters that no serialiser would
 * choose.
 */
function vectors(inputs: readonly string[]): string {
  const items = inputs.map(
    (input, index) =>
      `{"object":"embedding","index":${index},"embedding":[${input.length}.50,-1E-2,${input.charCodeAt(0)}.0]}`,
  );
  const tokens = inputs.reduce((sum, input) => sum + input.length, 0);
  return `{"object":"list","data":[${items.join(',')}],"model":"emb-1","usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`;
}

const give = (call: GatedCall) => answer(call, vectors(inputOf(call)));

describe('a batch of embeddings', () => {
  it('with a store that hangs a batch waits no longer than the store’s budget, its writes included', async () => {
    const { cache, provider, clock, store, call } = setUpFaultyCache();
    const first = cache.ask(embed('accepted'), provider);
    await settled();
    give(call(0));
    await first;
    store.fault = 'hang';
    let isAnswered = false;
    const asked = cache.ask(embed(['aaa', 'cc']), provider).then(textOf);
    void asked.then(() => {
      isAnswered = true;
    });
    await settled();
    clock.advance(50);
    await settled();
    give(call(1));
    await settled();
    clock.advance(1);
    await settled();
    expect(isAnswered).toBe(true);
  });

  it('a batch asks only for the inputs that are not stored, and is answered as a whole', async () => {
    const { cache, provider, calls, call, count, events } = setUpFaultyCache();
    const some = cache.ask(embed(['aaa', 'cc', 'e']), provider);
    await settled();
    give(call(0));
    await some;
    const asked = cache.ask(embed(['aaa', 'bbbb', 'cc', 'ddddd', 'e']), provider);
    await settled();
    expect(inputOf(call(1))).toEqual(['bbbb', 'ddddd']);
    give(call(1));
    const reply = await asked;
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; fwd=miss; stored; detail="3/5"');
    expect(await textOf(reply)).toBe(vectors(['aaa', 'bbbb', 'cc', 'ddddd', 'e']));
    expect(reply.headers['x-request-id']).toBe('req_origin');
    const again = await cache.ask(embed(['aaa', 'bbbb', 'cc', 'ddddd', 'e']), provider);
    expect(again.cacheStatus).toMatchObject({ kind: 'hit', detail: '5/5' });
    expect(await textOf(again)).toBe(await textOf(reply));
    expect((await cache.ask(embed('cc'), provider)).cacheStatus.kind).toBe('hit');
    expect(calls.length).toBe(2);
    expect([count('provider-call'), count('provider-answer'), count('stored'), count('miss')]).toEqual([
      2, 2, 5, 2,
    ]);
    expect(events.filter(({ type }) => type === 'hit').length).toBe(2);
  });

  it('overlapping batches at the same time ask for each input once, also an input that one batch holds twice', async () => {
    const { cache, provider, calls, call } = setUpFaultyCache();
    const first = cache.ask(embed(['a', 'bb', 'ccc']), provider);
    const second = cache.ask(embed(['bb', 'ccc', 'dddd', 'dddd']), provider);
    const third = cache.ask(embed(['ccc', 'a']), provider);
    await settled();
    const single = cache.ask(embed('bb'), provider);
    await settled();
    expect(calls.map(inputOf)).toEqual([['a', 'bb', 'ccc'], ['dddd']]);
    give(call(1));
    give(call(0));
    expect(await textOf(await first)).toBe(vectors(['a', 'bb', 'ccc']));
    expect(await textOf(await second)).toBe(vectors(['bb', 'ccc', 'dddd', 'dddd']));
    const { cacheStatus } = await third;
    expect(cacheStatusHeader(cacheStatus)).toBe('askonce; fwd=miss; collapsed; detail="0/2"');
    expect(JSON.parse(await textOf(await single)).data.length).toBe(1);
  });

  it('a request asks for itself after the batch it joined was refused, since another input may be at fault', async () => {
    const { cache, provider, calls, call } = setUpFaultyCache();
    const bad = cache.ask(embed(['a', 'BAD']), provider);
    await settled();
    const good = [cache.ask(embed(['a', 'c']), provider), cache.ask(embed('a'), provider)];
    await settled();
    answer(call(0), apiError('input[1] is bad'), 400);
    expect([(await bad).status, await textOf(await bad)]).toEqual([400, apiError('input[1] is bad')]);
    await settled();
    for (const next of calls.slice(1)) give(next);
    const [batch, single] = await Promise.all(good);
    expect([batch?.status, single?.status]).toEqual([200, 200]);
    expect(batch && (await textOf(batch))).toBe(vectors(['a', 'c']));
  });

  it('a refused batch returns the provider’s error as it is and stores nothing', async () => {
    const { cache, provider, calls, call, count } = setUpFaultyCache();
    const asked = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    call(0).begin(429, { ...json, 'retry-after': '4' });
    call(0).send(apiError('slow down'));
    call(0).end();
    const reply = await asked;
    expect([reply.status, reply.headers['retry-after'], await textOf(reply), reply.cacheStatus]).toEqual([
      429,
      '4',
      apiError('slow down'),
      { kind: 'forward', reason: 'miss' },
    ]);
    void cache.ask(embed(['a', 'bb']), provider);
    await settled();
    expect(inputOf(call(1))).toEqual(['a', 'bb']);
    expect([calls.length, count('stored')]).toEqual([2, 0]);
  });

  it('a batch is rejected when the provider cannot be reached or breaks off', async () => {
    const { cache, provider, call } = setUpFaultyCache();
    const first = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    call(0).fail('odd');
    await expect(first).rejects.toMatchObject({ code: 'provider_unreachable', cause: 'odd' });
    const second = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    call(1).begin(200, json);
    call(1).send('{"object":"list","data":[');
    call(1).fail(new Error('ECONNRESET'));
    await expect(second).rejects.toMatchObject({ code: 'provider_broke_off' });
  });

  it('an answer with a wrong number of vectors is passed on and not stored', async () => {
    const { cache, provider, calls, call, count } = setUpFaultyCache();
    const asked = cache.ask(embed(['a', 'bb']), provider);
    const other = cache.ask(embed(['bb', 'ccc']), provider);
    await settled();
    answer(call(0), vectors(['a', 'bb', 'x']));
    const reply = await asked;
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; fwd=miss; detail="indivisible"');
    expect(await textOf(reply)).toBe(vectors(['a', 'bb', 'x']));
    for (let index = 1; index < calls.length; index++) {
      give(call(index));
      await settled();
    }
    expect(await textOf(await other)).toBe(vectors(['bb', 'ccc']));
    expect(count('stored')).toBe(2);
  });

  it('a batch bypasses the cache when a stored input cannot be part of a batch', async () => {
    const { cache, provider, calls, call } = setUpFaultyCache();
    const alone = cache.ask(embed('a'), provider);
    await settled();
    answer(call(0), vectors(['a', 'another']));
    await textOf(await alone);
    expect((await cache.ask(embed('a'), provider)).cacheStatus.kind).toBe('hit');

    const mixed = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    give(call(1));
    await settled();
    give(call(2));
    const stored = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    give(call(3));
    for (const reply of [await mixed, await stored]) {
      expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; fwd=bypass; detail="unrepresentable"');
      expect(await textOf(reply)).toBe(vectors(['a', 'bb']));
    }
    const only = { ...embed(['a', 'bb']), directives: { onlyIfCached: true } };
    await expect(cache.ask(only, provider)).rejects.toMatchObject({ code: 'not_cached' });
    expect(calls.length).toBe(4);
  });

  it('a batch is asked past the cache after an answer to some of its inputs could not be split', async () => {
    const { cache, provider, call } = setUpFaultyCache();
    const stored = cache.ask(embed('a'), provider);
    await settled();
    give(call(0));
    await stored;
    const asked = cache.ask(embed(['a', 'bb', 'ccc']), provider);
    await settled();
    expect(inputOf(call(1))).toEqual(['bb', 'ccc']);
    answer(call(1), vectors(['bb']));
    await settled();
    expect(inputOf(call(2))).toEqual(['a', 'bb', 'ccc']);
    give(call(2));
    const reply = await asked;
    expect(reply.cacheStatus).toMatchObject({ reason: 'bypass' });
    expect(await textOf(reply)).toBe(vectors(['a', 'bb', 'ccc']));
  });

  it('a batch reports why it was forwarded, and honours no-cache and only-if-cached', async () => {
    const { cache, provider, call } = setUpFaultyCache();
    const first = cache.ask(embed(['a', 'bb']), provider);
    await settled();
    give(call(0));
    await first;
    const again = cache.ask({ ...embed(['a', 'bb']), directives: { noCache: true } }, provider);
    await settled();
    give(call(1));
    expect(cacheStatusHeader((await again).cacheStatus)).toBe('askonce; fwd=request; stored; detail="0/2"');
    const only = { directives: { onlyIfCached: true } };
    expect((await cache.ask({ ...embed(['bb', 'a']), ...only }, provider)).cacheStatus.kind).toBe('hit');
    await expect(cache.ask({ ...embed(['bb', 'x']), ...only }, provider)).rejects.toMatchObject({
      code: 'not_cached',
    });
  });

  it('a caller that leaves a batch does not disturb others, and the call is cancelled once all have left', async () => {
    const { cache, provider, call } = setUpCache({ settings: { abandoned: 'cancel' } });
    const controller = new AbortController();
    const left = cache.ask(embed(['a', 'bb', 'ccc']), provider, { signal: controller.signal });
    await settled();
    const waits = cache.ask(embed('bb'), provider);
    await settled();
    controller.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(call(0).signal.aborted).toBe(false);
    give(call(0));
    expect((await waits).status).toBe(200);

    const alone = new AbortController();
    const asked = cache.ask(embed(['x', 'yy']), provider, { signal: alone.signal });
    await settled();
    alone.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    expect(call(1).signal.aborted).toBe(true);
    expect((await cache.statistics()).flights).toBe(0);
  });

  it('a batch of two thousand inputs causes no warning', async () => {
    const { cache, provider, call } = setUpFaultyCache();
    const warned: unknown[] = [];
    const listen = (warning: unknown) => warned.push(warning);
    process.on('warning', listen);
    const inputs = Array.from({ length: 2_000 }, (_, index) => `input ${index}`);
    const asked = cache.ask(embed(inputs), provider, { signal: new AbortController().signal });
    await settled();
    give(call(0));
    expect(await textOf(await asked)).toBe(vectors(inputs));
    await settled();
    process.off('warning', listen);
    expect(warned).toEqual([]);
  });

  it('a batch is answered while the store is in trouble', async () => {
    for (const fault of ['throw', 'reject', 'hang', 'other-key'] as const) {
      const { cache, provider, store, clock, call, calls } = setUpFaultyCache();
      const accepted = cache.ask(embed('zzz'), provider);
      await settled();
      give(call(0));
      await accepted;
      store.fault = fault;
      const asked = cache.ask(embed(['a', 'bb']), provider);
      await settled();
      clock.advance(50);
      await settled();
      give(call(calls.length - 1));
      await settled();
      clock.advance(50);
      expect(await textOf(await asked)).toBe(vectors(['a', 'bb']));
    }
  });

  it('a batch of which one part is stale is a stale hit', async () => {
    const { cache, clock, provider, call, events } = setUpCache({
      settings: { staleWhileRevalidate: true, staleDays: 1, ttlDays: 2, credentialHours: 48 },
    });
    const first = cache.ask(embed(['aaa']), provider);
    await settled();
    give(call(0));
    await first;
    clock.advance(0.75 * 86_400_000);
    const second = cache.ask(embed(['bbbb']), provider);
    await settled();
    give(call(1));
    await second;
    const freshness = async () => {
      await cache.ask(embed(['aaa', 'bbbb']), provider);
      return events.flatMap((event) => (event.type === 'hit' ? [event.fresh] : [])).at(-1);
    };
    expect(await freshness()).toBe(true);
    clock.advance(0.5 * 86_400_000);
    expect(await freshness()).toBe(false);
  });
});
