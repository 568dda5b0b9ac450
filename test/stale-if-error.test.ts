import { cacheStatusHeader, type SettingsInput } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, apiError, chat, completion, json } from './support/chat.ts';
import { settled, textOf } from './support/gated-provider.ts';
import { once, setUpCache } from './support/set-up-cache.ts';

const hour = 3_600_000;

/** A cache that has stored an answer which has been stale for `staleMs`. */
async function setUpWithStale(staleMs: number, settings: SettingsInput = {}) {
  const made = setUpCache({ settings: { staleDays: 1 / 24, ttlDays: 2, ...settings } });
  await made.stored();
  made.clock.advance(hour + staleMs);
  return made;
}

const fails = [
  ['500', 500],
  ['503', 503],
  ['429', 429],
  ['408', 408],
] as const;

describe('a stale answer stands in where the provider fails', () => {
  it.each(fails)('with %s', async (_name, status) => {
    const { cache, provider, call, events } = await setUpWithStale(90_000);
    const asked = cache.ask(chat(), provider);
    await settled();
    answer(call(1), apiError('no'), status);
    const reply = await asked;
    expect(await textOf(reply)).toBe(completion());
    expect(reply).toMatchObject({ status: 200, age: 3690 });
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; hit; ttl=-90; detail="stale-if-error"');
    expect(events).toContainEqual(expect.objectContaining({ type: 'stood-in', by: 'stale' }));
  });

  it('by not answering at all', async () => {
    const { cache, provider, call } = await setUpWithStale(500);
    const asked = cache.ask(chat(), provider);
    await settled();
    call(1).fail(new Error('connection refused'));
    const reply = await asked;
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; hit; ttl=-1; detail="stale-if-error"');
  });

  it('by breaking off before anybody was sent anything', async () => {
    const { cache, provider, call } = await setUpWithStale(500);
    const asked = cache.ask(chat(), provider);
    await settled();
    call(1).begin(200, json);
    call(1).send('{"id":');
    call(1).fail(new Error('reset'));
    expect((await asked).cacheStatus.kind).toBe('hit');
  });

  it.each([400, 401, 403, 404, 409, 422])('but not where the answer is %i', async (status) => {
    const { cache, provider, call } = await setUpWithStale(1000);
    const asked = cache.ask(chat(), provider);
    await settled();
    answer(call(1), apiError('no'), status);
    expect(await asked).toMatchObject({ status, cacheStatus: { kind: 'forward', reason: 'stale' } });
  });

  it.each([
    ['the settings say 0', { staleIfErrorSeconds: 0 }, {}, 500],
    ['it is staler than the settings allow', { staleIfErrorSeconds: 60 }, {}, 60_500],
    ['it is staler than the request allows', {}, { staleIfError: 5 }, 5500],
    ['the request allows none', {}, { staleIfError: 0 }, 500],
    ['the request wants none that is kept', {}, { noCache: true }, 500],
    ['it is gone', {}, {}, 48 * hour],
  ])('but not where %s', async (_name, settings, directives, staleMs) => {
    const { cache, provider, call } = await setUpWithStale(staleMs, settings);
    const asked = cache.ask(chat({ directives }), provider);
    await settled();
    answer(call(1), apiError('no'), 500);
    expect((await asked).status).toBe(500);
  });

  it('within the narrower of what settings and request allow', async () => {
    const { cache, provider, call } = await setUpWithStale(59_000, { staleIfErrorSeconds: 60 });
    const asked = cache.ask(chat({ directives: { staleIfError: 3600 } }), provider);
    await settled();
    answer(call(1), apiError('no'), 500);
    expect((await asked).cacheStatus.kind).toBe('hit');
  });

  it('but not where it was taken back while the provider was asked', async () => {
    const { cache, provider, call } = await setUpWithStale(500);
    const asked = cache.ask(chat(), provider);
    await settled();
    await cache.invalidate({ all: true });
    answer(call(1), apiError('no'), 500);
    expect((await asked).status).toBe(500);
  });

  it('but not where it is the caller who has left', async () => {
    const { cache, provider, events } = await setUpWithStale(500);
    const leaving = new AbortController();
    const asked = cache.ask(chat(), provider, { signal: leaving.signal, fallback: () => undefined });
    await settled();
    leaving.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    expect(events.some(({ type }) => type === 'stood-in')).toBe(false);
  });
});

describe('the caller’s own answer stands in where nothing kept can', () => {
  const template = () => ({ status: 200, headers: json, body: once('"sorry"') });

  it('told as such, and neither kept nor shared', async () => {
    const { cache, provider, call, calls, events } = setUpCache();
    const failures: unknown[] = [];
    const asked = [
      cache.ask(chat(), provider, {
        fallback(request, failure) {
          failures.push([request.route, failure]);
          return template();
        },
      }),
      cache.ask(chat(), provider),
    ];
    await settled();
    answer(call(0), apiError('overloaded'), 503);
    const [own, other] = await Promise.all(asked);
    expect(own === undefined ? '' : await textOf(own)).toBe('"sorry"');
    expect(own === undefined ? '' : cacheStatusHeader(own.cacheStatus)).toBe(
      'askonce; fwd=miss; detail="fallback"',
    );
    expect(other?.status).toBe(503);
    expect(failures).toEqual([['/chat/completions', { status: 503, code: undefined }]]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'stood-in', by: 'fallback' }));
    void cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it('is told what the provider failed with where it did not answer', async () => {
    const { cache, provider, call } = setUpCache();
    const failures: unknown[] = [];
    const asked = cache.ask(chat(), provider, {
      fallback(_request, failure) {
        failures.push(failure);
        return Promise.resolve(template());
      },
    });
    await settled();
    call(0).fail(new Error('connection refused'));
    expect(await textOf(await asked)).toBe('"sorry"');
    expect(failures).toEqual([{ status: undefined, code: 'provider_unreachable' }]);
  });

  it.each([
    ['has none', () => undefined],
    ['throws', () => Promise.reject(new Error('no template'))],
  ])('is left out where the caller %s: the failure is told as it is', async (_name, fallback) => {
    const { cache, provider, call } = setUpCache();
    const asked = cache.ask(chat(), provider, { fallback });
    await settled();
    answer(call(0), apiError('overloaded'), 503);
    expect((await asked).status).toBe(503);
  });

  it('only once the kept answer is no more: the stale one goes first', async () => {
    const { cache, provider, call } = await setUpWithStale(500);
    const asked = cache.ask(chat(), provider, { fallback: template });
    await settled();
    answer(call(1), apiError('no'), 500);
    expect((await asked).cacheStatus).toMatchObject({ kind: 'hit', detail: 'stale-if-error' });
  });
});
