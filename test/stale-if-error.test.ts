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

describe('stale answers for a failing provider', () => {
  it.each(fails)('a stale answer is served when the provider fails with %s', async (_name, status) => {
    const { cache, provider, call, events } = await setUpWithStale(90_000);
    const asked = cache.ask(chat(), provider);
    await settled();
    answer(call(1), apiError('no'), status);
    const reply = await asked;
    expect(await textOf(reply)).toBe(completion());
    expect(reply).toMatchObject({ status: 200, age: 3690 });
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; hit; ttl=-90; detail="stale-if-error"');
    expect(events).toContainEqual(expect.objectContaining({ type: 'fallback', by: 'stale' }));
  });

  it('a stale answer is served when the provider does not answer at all', async () => {
    const { cache, provider, call } = await setUpWithStale(500);
    const asked = cache.ask(chat(), provider);
    await settled();
    call(1).fail(new Error('connection refused'));
    const reply = await asked;
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; hit; ttl=-1; detail="stale-if-error"');
  });

  it('a stale answer is served when the provider breaks off before the client was sent anything', async () => {
    const { cache, provider, call } = await setUpWithStale(500);
    const asked = cache.ask(chat(), provider);
    await settled();
    call(1).begin(200, json);
    call(1).send('{"id":');
    call(1).fail(new Error('reset'));
    expect((await asked).cacheStatus.kind).toBe('hit');
  });

  it.each([400, 401, 403, 404, 409, 422])(
    'a stale answer is not served when the provider answers %i',
    async (status) => {
      const { cache, provider, call } = await setUpWithStale(1000);
      const asked = cache.ask(chat(), provider);
      await settled();
      answer(call(1), apiError('no'), status);
      expect(await asked).toMatchObject({ status, cacheStatus: { kind: 'forward', reason: 'stale' } });
    },
  );

  it.each([
    ['the settings say 0', { staleIfErrorSeconds: 0 }, {}, 500],
    ['it is older than the settings allow', { staleIfErrorSeconds: 60 }, {}, 60_500],
    ['it is older than the request allows', {}, { staleIfError: 5 }, 5500],
    ['the request allows none', {}, { staleIfError: 0 }, 500],
    ['the request says no-cache', {}, { noCache: true }, 500],
    ['it has expired', {}, {}, 48 * hour],
  ])('a stale answer is not served for an error when %s', async (_name, settings, directives, staleMs) => {
    const { cache, provider, call } = await setUpWithStale(staleMs, settings);
    const asked = cache.ask(chat({ directives }), provider);
    await settled();
    answer(call(1), apiError('no'), 500);
    expect((await asked).status).toBe(500);
  });

  it('a stale answer is served for an error within the narrower of settings and request', async () => {
    const { cache, provider, call } = await setUpWithStale(59_000, { staleIfErrorSeconds: 60 });
    const asked = cache.ask(chat({ directives: { staleIfError: 3600 } }), provider);
    await settled();
    answer(call(1), apiError('no'), 500);
    expect((await asked).cacheStatus.kind).toBe('hit');
  });

  it('a stale answer invalidated while the provider was asked is not served for its error', async () => {
    const { cache, provider, call } = await setUpWithStale(500);
    const asked = cache.ask(chat(), provider);
    await settled();
    await cache.invalidate({ all: true });
    answer(call(1), apiError('no'), 500);
    expect((await asked).status).toBe(500);
  });

  it('a stale answer is not served when it was the caller that left', async () => {
    const { cache, provider, events } = await setUpWithStale(500);
    const leaving = new AbortController();
    const asked = cache.ask(chat(), provider, { signal: leaving.signal, fallback: () => undefined });
    await settled();
    leaving.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    expect(events.some(({ type }) => type === 'fallback')).toBe(false);
  });
});

describe('the caller’s fallback for a failing provider', () => {
  const template = () => ({ status: 200, headers: json, body: once('"sorry"') });

  it('a fallback answers a failure, is reported as such, and is neither stored nor shared', async () => {
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
    expect(events).toContainEqual(expect.objectContaining({ type: 'fallback', by: 'fallback' }));
    void cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it('a fallback gets the failure’s code when the provider did not answer', async () => {
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
    ['returns undefined', () => undefined],
    ['throws', () => Promise.reject(new Error('no template'))],
  ])('the provider’s failure is returned as it is when the fallback %s', async (_name, fallback) => {
    const { cache, provider, call } = setUpCache();
    const asked = cache.ask(chat(), provider, { fallback });
    await settled();
    answer(call(0), apiError('overloaded'), 503);
    expect((await asked).status).toBe(503);
  });

  it('a stale answer is served rather than the caller’s fallback', async () => {
    const { cache, provider, call } = await setUpWithStale(500);
    const asked = cache.ask(chat(), provider, { fallback: template });
    await settled();
    answer(call(1), apiError('no'), 500);
    expect((await asked).cacheStatus).toMatchObject({ kind: 'hit', detail: 'stale-if-error' });
  });
});
