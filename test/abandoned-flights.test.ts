import type { SettingsInput } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, chat, completion, events, sse } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

const streamed = { body: { stream: true } };
const gone = new Error('the client has gone');

describe('a client that leaves', () => {
  it('is not noticed by the others, also where it led', async () => {
    const { cache, provider, calls, call } = setUpCache({ settings: { abandoned: 'cancel' } });
    const leader = new AbortController();
    const asked = cache.ask(chat(), provider, { signal: leader.signal });
    const others = [cache.ask(chat(), provider), cache.ask(chat(), provider)];
    await settled();
    leader.abort(gone);
    await expect(asked).rejects.toBe(gone);
    expect(call(0).signal.aborted).toBe(false);
    answer(call(0));
    for (const other of others) expect(await textOf(await other)).toBe(completion());
    expect(calls.length).toBe(1);
  });

  it('is not noticed in the middle of a stream', async () => {
    const { cache, provider, call } = setUpCache({ settings: { abandoned: 'cancel' } });
    const [first = '', ...rest] = events(['a', 'b']);
    const leader = new AbortController();
    const leading = cache.ask(chat(streamed), provider, { signal: leader.signal });
    const following = cache.ask(chat(streamed), provider);
    await settled();
    call(0).begin(200, sse);
    const left = listen(await leading);
    const stayed = listen(await following);
    call(0).send(first);
    await settled();
    leader.abort(gone);
    for (const event of rest) call(0).send(event);
    call(0).end();
    await settled();
    expect([left.text, left.error]).toEqual([first, gone]);
    expect([stayed.text, stayed.ended]).toEqual([[first, ...rest].join(''), true]);
  });

  it('ends an iteration with its reason, where the body is iterated over', async () => {
    const { cache, provider, call } = setUpCache();
    const controller = new AbortController();
    const asked = cache.ask(chat(streamed), provider, { signal: controller.signal });
    await settled();
    call(0).begin(200, sse);
    const text = textOf(await asked);
    await settled();
    controller.abort(gone);
    await expect(text).rejects.toBe(gone);
  });

  it('frees its place when an iterator is given back before its first piece', async () => {
    const { cache, provider, call } = setUpCache({ settings: { abandoned: 'cancel' } });
    const asked = cache.ask(chat(streamed), provider);
    await settled();
    call(0).begin(200, sse);
    const { body } = await asked;
    if (body instanceof Uint8Array) throw new Error('the body is whole already');
    await body[Symbol.asyncIterator]().return?.();
    expect(call(0).signal.aborted).toBe(true);
  });

  it('frees its place when it leaves while it waits for the next piece', async () => {
    const { cache, provider, call } = setUpCache({ settings: { abandoned: 'cancel' } });
    const asked = cache.ask(chat(streamed), provider);
    await settled();
    call(0).begin(200, sse);
    const { body } = await asked;
    if (body instanceof Uint8Array) throw new Error('the body is whole already');
    const pieces = body[Symbol.asyncIterator]();
    const next = pieces.next();
    await settled();
    await pieces.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(call(0).signal.aborted).toBe(true);
  });

  it('cancels a call past the cache, and hears why', async () => {
    const { cache, provider, call } = setUpCache();
    const controller = new AbortController();
    const request = chat({ directives: { noStore: true } });
    const asked = cache.ask(request, provider, { signal: controller.signal });
    await settled();
    controller.abort(gone);
    await expect(asked).rejects.toBe(gone);
    expect(call(0).signal.aborted).toBe(true);
  });
});

describe('an answer that nobody waits for any more', () => {
  /** A stream whose only reader has left after the first event. */
  async function abandoned(settings: SettingsInput) {
    const made = setUpCache({ settings });
    const asked = made.cache.ask(chat(streamed), made.provider);
    await settled();
    made.call(0).begin(200, sse);
    const heard = listen(await asked);
    const [first = '', ...rest] = events(['a', 'b']);
    made.call(0).send(first);
    await settled();
    heard.leave();
    await settled();
    return { ...made, rest };
  }

  it('is finished and kept', async () => {
    const { cache, provider, calls, call, rest } = await abandoned({});
    for (const event of rest) call(0).send(event);
    call(0).end();
    await settled();
    const again = await cache.ask(chat(streamed), provider);
    expect(again.cacheStatus.kind).toBe('hit');
    expect(await textOf(again)).toBe(events(['a', 'b']).join(''));
    expect(calls.length).toBe(1);
  });

  it('is given up after the time that is set, whatever the provider does then', async () => {
    const { cache, provider, clock, calls, call, rest } = await abandoned({ abandonedMs: 30_000 });
    clock.advance(29_999);
    expect(call(0).signal.aborted).toBe(false);
    clock.advance(1);
    expect(call(0).signal.aborted).toBe(true);
    for (const event of rest) call(0).send(event);
    call(0).end();
    await settled();
    expect(call(0).left).toBe(true);
    expect((await cache.statistics()).flights).toBe(0);
    void cache.ask(chat(streamed), provider);
    await settled();
    expect(calls.length).toBe(2);
  });

  it('is given up after the bytes that are set', async () => {
    const { cache, call } = await abandoned({ abandonedBytes: 100 });
    call(0).send('x'.repeat(100));
    await settled();
    expect(call(0).signal.aborted).toBe(false);
    call(0).send('x');
    await settled();
    expect(call(0).signal.aborted).toBe(true);
    expect((await cache.statistics()).flights).toBe(0);
  });

  it('goes on as ever once somebody is back aboard', async () => {
    const { cache, provider, clock, calls, call, rest } = await abandoned({
      abandonedMs: 1_000,
      abandonedBytes: 10,
    });
    clock.advance(999);
    const back = listen(await cache.ask(chat(streamed), provider));
    clock.advance(100_000);
    for (const event of rest) call(0).send(event);
    call(0).end();
    await settled();
    expect([back.text, back.ended]).toEqual([events(['a', 'b']).join(''), true]);
    expect(calls.length).toBe(1);
  });

  it('is cancelled at once where the settings say so', async () => {
    const { cache, call } = await abandoned({ abandoned: 'cancel' });
    expect(call(0).signal.aborted).toBe(true);
    expect((await cache.statistics()).flights).toBe(0);
  });

  it('is bounded while the provider has not even begun', async () => {
    const { cache, provider, clock, call } = setUpCache();
    const controller = new AbortController();
    const asked = cache.ask(chat(), provider, { signal: controller.signal });
    await settled();
    controller.abort(gone);
    await expect(asked).rejects.toBe(gone);
    clock.advance(30_000);
    await settled();
    expect(call(0).signal.aborted).toBe(true);
    expect((await cache.statistics()).flights).toBe(0);
  });
});

describe('closing', () => {
  it('waits for flights, takes no new requests, and gives what was asked', async () => {
    const { cache, provider, call } = setUpCache();
    const asked = cache.ask(chat(), provider);
    await settled();
    const closed = cache.close();
    await expect(cache.ask(chat(), provider)).rejects.toMatchObject({ code: 'closed' });
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    await settled();
    expect(isClosed).toBe(false);
    answer(call(0));
    expect(await textOf(await asked)).toBe(completion());
    await closed;
  });

  it('cancels what is not there after the grace', async () => {
    const { cache, provider, clock, call } = setUpCache();
    const body = cache.ask(chat(), provider);
    const stream = cache.ask(chat(streamed), provider);
    await settled();
    call(1).begin(200, sse);
    const heard = listen(await stream);
    const closed = Promise.all([cache.close(5_000), cache.close(5_000)]);
    await settled();
    clock.advance(5_000);
    await expect(body).rejects.toMatchObject({ code: 'shutting_down' });
    await closed;
    expect(heard.error).toMatchObject({ code: 'shutting_down' });
    expect([call(0).signal.aborted, call(1).signal.aborted]).toEqual([true, true]);
    expect((await cache.statistics()).flights).toBe(0);
  });
});
