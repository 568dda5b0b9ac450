import { cacheStatusHeader, type SettingsInput } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, apiError, chat, completion, json } from './support/chat.ts';
import { type GatedCall, settled, textOf } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

const hour = 3_600_000;
const swr = { staleWhileRevalidate: true, staleDays: 1 / 24, ttlDays: 1 };

async function stale(settings: SettingsInput = {}) {
  const made = setUpCache({ settings: { ...swr, ...settings } });
  const { clock, events } = made;
  await made.stored({}, completion({ text: 'old' }));
  const created = clock.now();
  clock.advance(hour + 5000);
  const refreshes = () => events.flatMap((event) => (event.type === 'refresh' ? [event] : []));
  /** Moves time on in steps, in each of which everything happens that is due. */
  const pass = (ms: number) => made.pass(ms, 100);
  return { ...made, created, refreshes, pass };
}

describe('refreshing a stale answer', () => {
  it('a stale answer is served at once, and refreshed after its reader was answered', async () => {
    const { cache, clock, provider, call, calls, created, refreshes } = await stale();
    const reply = await cache.ask(chat(), provider);
    // The provider has not been asked yet: the reader did not wait for it.
    expect(calls.length).toBe(1);
    expect(await textOf(reply)).toContain('old');
    expect(cacheStatusHeader(reply.cacheStatus)).toBe('askonce; hit; ttl=-5; detail="memory"');
    expect(reply.age).toBe(3605);
    await settled();
    const refreshed = clock.now();
    answer(call(1), completion({ text: 'new' }));
    await settled();
    expect(refreshes().map(({ outcome }) => outcome)).toEqual(['started', 'succeeded']);
    const next = await cache.ask(chat(), provider);
    expect(await textOf(next)).toContain('new');
    expect(next.cacheStatus).toMatchObject({ kind: 'hit', ttl: 3600 });
    const entry = await cache.get(chat());
    expect(entry?.meta).toMatchObject({ created, refreshed, staleAfter: refreshed + hour });
    expect(calls.length).toBe(2);
  });

  it('a stale answer is refreshed once, however many read it meanwhile', async () => {
    const { cache, provider, call, calls, refreshes } = await stale();
    for (let reader = 0; reader < 100; reader++) {
      expect((await cache.ask(chat(), provider)).cacheStatus.kind).toBe('hit');
      if (reader % 10 === 0) await settled();
    }
    expect(calls.length).toBe(2);
    answer(call(1));
    await settled();
    expect(refreshes().filter(({ outcome }) => outcome === 'started').length).toBe(1);
    expect(refreshes().filter(({ outcome }) => outcome === 'skipped').length).toBe(99);
  });

  it('a stale answer is not refreshed unless stale-while-revalidate is on', async () => {
    const { cache, provider, calls } = await stale({ staleWhileRevalidate: false });
    const reply = await cache.ask(chat({ directives: { maxStale: 3600 } }), provider);
    expect(reply.cacheStatus).toMatchObject({ kind: 'hit', ttl: -5 });
    await settled();
    expect(calls.length).toBe(1);
  });

  it('a request that wants a fresh answer joins the refresh under way', async () => {
    const { cache, provider, call, calls } = await stale();
    await cache.ask(chat(), provider);
    await settled();
    const joining = cache.ask(chat({ directives: { minFresh: 1 } }), provider);
    await settled();
    expect(calls.length).toBe(2);
    answer(call(1), completion({ text: 'new' }));
    const reply = await joining;
    expect(await textOf(reply)).toContain('new');
    expect(reply.cacheStatus).toMatchObject({ collapsed: true });
  });

  it('a refresh goes on when its reader and a client that joined it leave', async () => {
    const { cache, provider, call, pass, refreshes } = await stale({ abandoned: 'cancel' });
    const leaving = new AbortController();
    await cache.ask(chat(), provider, { signal: leaving.signal });
    await settled();
    const joining = cache.ask(chat({ directives: { minFresh: 1 } }), provider, { signal: leaving.signal });
    joining.catch(() => {});
    await settled();
    leaving.abort();
    await pass(1000);
    expect(call(1).signal.aborted).toBe(false);
    answer(call(1));
    await settled();
    expect(refreshes().at(-1)).toMatchObject({ outcome: 'succeeded' });
  });

  it('a stale answer outlasts three failed attempts, which are reported, and a client that joined asks for itself', async () => {
    const { cache, provider, call, calls, pass, refreshes } = await stale();
    await cache.ask(chat(), provider);
    await settled();
    const joining = cache.ask(chat({ directives: { minFresh: 1 } }), provider);
    await settled();
    answer(call(1), apiError('overloaded'), 503);
    await settled();
    // The client that joined asks for itself.
    expect(calls.length).toBe(3);
    answer(call(2), completion({ text: 'length', finish: 'length' }));
    expect(await textOf(await joining)).toContain('length');
    await pass(1100);
    expect(calls.length).toBe(4);
    call(3).fail(new Error('refused'));
    await pass(2100);
    expect(calls.length).toBe(5);
    answer(call(4), apiError('slow down'), 429);
    await pass(60_000);
    expect(calls.length).toBe(5);
    expect(refreshes().map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['started', undefined],
      ['failed', 'status'],
    ]);
    expect(await textOf(await cache.ask(chat(), provider))).toContain('old');
  });

  it.each([
    ['to the first byte', async (_call: GatedCall) => {}],
    [
      'from byte to byte',
      async (call: GatedCall) => {
        call.begin(200, json);
        call.send('{');
      },
    ],
  ])('a refresh is given up when an attempt takes more than ten seconds %s', async (_name, begin) => {
    const { cache, provider, call, calls, pass, refreshes } = await stale({ refreshAttempts: 1 });
    await cache.ask(chat(), provider);
    await settled();
    await begin(call(1));
    await pass(9900);
    expect(refreshes().at(-1)).toMatchObject({ outcome: 'started' });
    await pass(200);
    expect(refreshes().at(-1)).toMatchObject({ outcome: 'failed', reason: 'provider_timeout' });
    expect(call(1).signal.aborted).toBe(true);
    expect(calls.length).toBe(2);
  });

  it('a refresh succeeds with an answer that is slow but never silent', async () => {
    const { cache, provider, call, pass, refreshes } = await stale();
    await cache.ask(chat(), provider);
    await settled();
    await pass(4000);
    call(1).begin(200, json);
    for (const piece of completion({ text: 'new' }).match(/.{1,80}/g) ?? []) {
      await pass(5000);
      call(1).send(piece);
      await pass(4000);
    }
    call(1).end();
    await settled();
    expect(refreshes().at(-1)).toMatchObject({ outcome: 'succeeded' });
  });

  it.each([
    ['an error that would come again', 404, apiError('no such model'), 'status'],
    ['an answer that is not fit to be stored', 200, completion({ finish: 'length' }), 'length'],
  ])('a refresh is not tried again after %s', async (_name, status, body, reason) => {
    const { cache, provider, call, calls, pass, refreshes } = await stale();
    await cache.ask(chat(), provider);
    await settled();
    answer(call(1), body, status);
    await pass(5000);
    expect(calls.length).toBe(2);
    expect(refreshes().at(-1)).toMatchObject({ outcome: 'failed', reason });
    expect(await textOf(await cache.ask(chat(), provider))).toContain('old');
    // No attempt is made for a while.
    await settled();
    expect(calls.length).toBe(2);
    await pass(6000);
    await cache.ask(chat(), provider);
    await settled();
    expect(calls.length).toBe(3);
  });

  it.each([401, 403])(
    'a stale answer is no longer served to a credential that its refresh shows to be refused (%i)',
    async (status) => {
      const { cache, provider, call, pass } = await stale();
      await cache.ask(chat(), provider);
      await settled();
      answer(call(1), apiError('bad key'), status);
      await pass(100);
      expect(await cache.explain(chat())).toMatchObject({ kind: 'miss', reason: 'credential' });
    },
  );

  it('a refresh refused for one credential is tried with the next that reads the answer', async () => {
    const { cache, provider, call, calls, refreshes } = await stale({ scope: 'shared' });
    const other = cache.ask(chat({ key: 'beta', question: 'Another?' }), provider);
    await settled();
    answer(call(1));
    await other;
    await cache.ask(chat(), provider);
    await settled();
    answer(call(2), apiError('bad key'), 401);
    await settled();
    expect(await textOf(await cache.ask(chat({ key: 'beta' }), provider))).toContain('old');
    await settled();
    expect(calls.length).toBe(4);
    answer(call(3), completion({ text: 'new' }));
    await settled();
    expect(refreshes().map(({ outcome }) => outcome)).toEqual(['started', 'failed', 'started', 'succeeded']);
    expect(await textOf(await cache.ask(chat({ key: 'beta' }), provider))).toContain('new');
  });

  it('a refresh is not tried again with a credential that the provider has refused meanwhile', async () => {
    const { cache, provider, call, calls, pass, refreshes } = await stale();
    await cache.ask(chat(), provider);
    await settled();
    call(1).fail(new Error('refused'));
    await settled();
    const asked = cache.ask(chat({ question: 'Another?' }), provider);
    await settled();
    answer(call(2), apiError('bad key'), 401);
    await asked;
    await pass(5000);
    expect(calls.length).toBe(3);
    expect(refreshes().at(-1)).toMatchObject({ outcome: 'failed', reason: 'credential' });
  });

  it.each(['during it', 'before it'])(
    'a refresh does not bring back an answer that was invalidated %s',
    async (when) => {
      const { cache, provider, call, calls } = await stale();
      const reading = cache.ask(chat(), provider);
      if (when === 'before it') await cache.invalidate({ all: true });
      await reading;
      await settled();
      if (when !== 'before it') await cache.invalidate({ all: true });
      answer(call(1), completion({ text: when === 'before it' ? 'new' : 'old' }));
      await settled();
      // What begins later may be stored.
      expect((await cache.explain(chat())).kind).toBe(when === 'before it' ? 'hit' : 'miss');
      expect(calls.length).toBe(2);
    },
  );

  it('a limited number of questions is refreshed at a time', async () => {
    const { cache, clock, provider, calls, call, refreshes } = await stale();
    for (let index = 0; index < 80; index++) {
      const asked = cache.ask(chat({ question: `question ${index}` }), provider);
      await settled();
      answer(call(index + 1));
      await asked;
    }
    clock.advance(hour);
    for (let index = 0; index < 80; index++)
      await cache.ask(chat({ question: `question ${index}` }), provider);
    await settled();
    expect(calls.length).toBe(81 + 64);
    expect(refreshes().filter(({ outcome }) => outcome === 'skipped').length).toBe(16);
  });

  it('closing the cache does not wait for a refresh that would be tried again', async () => {
    const { cache, provider, call, calls } = await stale();
    await cache.ask(chat(), provider);
    await settled();
    call(1).fail(new Error('refused'));
    await settled();
    // It would try again in a while.
    await cache.close();
    expect(calls.length).toBe(2);
  });
});
